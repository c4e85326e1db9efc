from odoo import api, fields, models
from odoo.addons.prm_core.bulk import insert
from odoo.addons.prm_core.models.journey.prm_enrolment import OPEN
from odoo.tools.misc import format_date


class PrmAftercare(models.Model):
    """What a patient has to know and to be asked after the treatment of one day.

    One row for each patient and day, made in the transaction that completes a procedure, so that
    one message speaks of everything that was done. Journeys are about this row: it holds no texts,
    they are read from the catalogue when somebody reads them.
    """

    _name = "prm.aftercare"
    _description = "Aftercare"
    _order = "date desc, id desc"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    date = fields.Date(required=True, readonly=True, help="The day of the treatment.")
    due_from = fields.Datetime(
        string="Instructions Since",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
        help="When something was completed last that brings new instructions.",
    )
    procedure_ids = fields.One2many("prm.procedure", "aftercare_id", string="Done")
    has_instructions = fields.Boolean(string="With Instructions", readonly=True)
    call_next_day = fields.Boolean(string="Call the Next Day", readonly=True)
    instructions = fields.Text(compute="_compute_instructions")
    done_text = fields.Char(string="What was Done", compute="_compute_instructions")

    _day_uniq = models.UniqueIndex("(patient_id, date)")

    @api.depends("procedure_ids.type_id.aftercare", "procedure_ids.patient_label")
    @api.depends_context("lang")
    def _compute_instructions(self):
        for row in self:
            row.done_text = "; ".join(row.procedure_ids.sorted("id").mapped("patient_label"))
            row.instructions = "\n\n".join(part["text"] for part in row._parts())

    @api.depends("patient_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            day = format_date(self.env, row.date)
            row.display_name = f"{row.patient_id.display_name}, {day}"

    def _parts(self):
        """The instructions in the context's language, each text once.

        :return: list of dicts: ``names`` (what was done, for the patient) and ``text``
        """
        self.ensure_one()
        by_text = {}
        for procedure in self.procedure_ids.sorted("id"):
            if text := (procedure.type_id.aftercare or "").strip():
                by_text.setdefault(text, []).append(procedure.patient_label)
        return [
            {"names": "; ".join(dict.fromkeys(names)), "text": text}
            for text, names in by_text.items()
        ]

    # ------------------------------------------------------------
    # WHAT CHANGES WITH THE PROCEDURES
    # ------------------------------------------------------------

    def _content(self):
        """``{id: (texts, whether to call)}``: what the procedures of each row ask for."""
        rows = self.with_context(lang="en_US")
        return {
            row.id: (
                {part["text"] for part in row._parts()},
                any(row.procedure_ids.type_id.mapped("call_next_day")),
            )
            for row in rows
        }

    @api.model
    def _of_days(self, days):
        """The rows of some patients and days; those that there are not yet are made.

        :param days: set of (patient id, date).
        :return: ``{(patient id, date): row}``
        """
        patients = self.env["prm.patient"].browse({patient for patient, _day in days})
        companies = {patient.id: patient.company_id.id for patient in patients}
        now = fields.Datetime.now()
        insert(
            self,
            [
                {"patient_id": patient, "company_id": companies[patient], "date": day,
                 "due_from": now}
                for patient, day in sorted(days)
            ],
            skip_existing=True,
        )  # fmt: skip
        found = self.search(
            [("patient_id", "in", patients.ids), ("date", "in", [day for _patient, day in days])]
        )
        rows = {(row.patient_id.id, row.date): row for row in found}
        return {day: rows[day] for day in days}

    def _join(self, others):
        """Of days that others have as well, those rows are what stays.

        :param others: rows of the same person, who was entered twice.
        """
        by_day = {row.date: row for row in others}
        both = self.filtered(lambda row: row.date in by_day)
        for row in both:
            stays = by_day[row.date]
            row.procedure_ids.aftercare_id = stays
            stays.has_instructions |= row.has_instructions
            stays.call_next_day |= row.call_next_day
        people = self.env["prm.enrolment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", both.ids), ("state", "in", OPEN)]
        )  # fmt: skip
        people._end("stopped", "merged")
        both.unlink()

    def _settle(self, before):
        """Tell journeys what has changed for the patient.

        What is new is said (again) from now on. What was taken out is said again only while the
        message waits: nobody gets a second one because something was corrected later.

        :param before: what `_content` said before the change.
        """
        now, content = fields.Datetime.now(), self._content()
        waiting = self._with_waiting_message()
        due, withdrawn = self.browse(), self.browse()
        for row in self:
            texts, call = content[row.id]
            old_texts, old_call = before.get(row.id, (set(), False))
            row.write({"has_instructions": bool(texts), "call_next_day": call})
            if not row.procedure_ids:
                withdrawn |= row
            elif (
                texts - old_texts
                or (call and not old_call)
                or (texts != old_texts and row in waiting)
            ):
                due |= row
        due.write({"due_from": now})
        due._tell("aftercare_due")
        withdrawn._tell("aftercare_withdrawn")

    def _with_waiting_message(self):
        """Those of which a message waits in the outbox."""
        messages = self.env["prm.message"].sudo().search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "queued"),
            ]
        )  # fmt: skip
        return self.browse(messages.mapped("res_id"))

    def _tell(self, code):
        if self:
            self.env["prm.event"].emit(
                code,
                [
                    {"patient": row.patient_id, "company_id": row.company_id.id, "record": row}
                    for row in self
                ],
            )
