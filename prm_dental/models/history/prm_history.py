from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import history_form


class PrmHistory(models.Model):
    """What one patient answered to the questions on their health, on one occasion.

    Begun, sent and reviewed. What nobody knew before becomes a health fact when it is sent, said by
    the patient; what differs from a known fact waits until a clinician has looked at it.
    """

    _name = "prm.history"
    _description = "Health History"
    _order = "submitted_at desc, id desc"
    _check_company_auto = True

    patient_id = fields.Many2one(
        "prm.patient", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        related="patient_id.company_id", string="Practice", store=True, precompute=True, index=True
    )
    form_id = fields.Many2one(
        "prm.history.form", string="Questions", required=True, ondelete="restrict"
    )
    state = fields.Selection(
        [("draft", "Begun"), ("submitted", "To review"), ("accepted", "Reviewed")],
        required=True,
        default="draft",
        readonly=True,
        index=True,
    )
    lang = fields.Char(string="Language", readonly=True)
    source = fields.Selection(
        [("link", "By link"), ("portal", "In the portal")], default="link", readonly=True
    )
    answers = fields.Json(readonly=True, groups="prm_core.group_prm_clinician")
    answer_ids = fields.One2many("prm.history.answer", "history_id", readonly=True)
    submitted_at = fields.Datetime(string="Sent", readonly=True)
    valid_until = fields.Date(readonly=True, help="After this day the patient is asked again.")
    reviewed_by_id = fields.Many2one("res.users", readonly=True)
    reviewed_at = fields.Datetime(string="Reviewed", readonly=True)
    difference_count = fields.Integer(
        string="Differences", compute="_compute_difference_count", compute_sudo=True
    )

    _draft_uniq = models.UniqueIndex("(patient_id) WHERE state = 'draft'")
    _valid_idx = models.Index("(patient_id, valid_until) WHERE state != 'draft'")

    @api.depends("patient_id", "submitted_at")
    def _compute_display_name(self):
        for history in self:
            day = history.submitted_at and fields.Date.to_string(history.submitted_at.date())
            name = history.patient_id.display_name
            history.display_name = f"{name}, {day}" if day else name

    @api.depends("answer_ids.differs")
    def _compute_difference_count(self):
        counts = dict(
            self.env["prm.history.answer"]._read_group(
                [("history_id", "in", self.ids), ("differs", "=", True)],
                ["history_id"],
                ["__count"],
            )
        )
        for history in self:
            history.difference_count = counts.get(history, 0)

    def write(self, vals):
        """People only say which answers are taken over; all else happens by what is done here."""
        if not self.env.su and set(vals) - {"answer_ids"}:
            raise UserError(self.env._("What a patient has answered stays as it is."))
        return super().write(vals)

    # === FILLING IN ===

    @api.model
    @api.private
    def _begun(self, patient, source="link", store=True):
        """What the patient has begun and not sent yet, or a new one.

        :param store: whether a new one is written; a page that is only opened changes nothing.
        :return: empty when the practice asks no questions.
        """
        histories = self.sudo()
        draft = histories.search([("patient_id", "=", patient.id), ("state", "=", "draft")])
        form = self.env["prm.history.form"]._of(patient.company_id)
        if draft or not form:
            return draft
        values = {
            "patient_id": patient.id,
            "form_id": form.id,
            "source": source,
            "lang": patient.lang,
            "answers": {},
        }
        return histories.create(values) if store else histories.new(values)

    def _questions(self):
        """The questions that this patient is asked: `prm.history.question`, in their order."""
        patient = self.patient_id
        age = patient.age if patient.birth_date else None
        return self.form_id.question_ids.filtered(
            lambda one: one._as_question().is_for(patient.gender, age)
        )

    def _keep(self, answers):
        """Note answers of what has been begun, so that nothing is lost on the way."""
        self.ensure_one()
        self.answers = {**(self.answers or {}), **answers}

    def _missing(self):
        """Questions without an answer: `prm.history.question`."""
        questions = self._questions()
        plain = [one._as_question() for one in questions]
        codes = {one.code for one in history_form.missing(plain, self.answers or {})}
        return questions.filtered(lambda one: one.code in codes)

    def _submit(self):
        """The patient sends the answers. Sent again, nothing happens.

        :raises UserError: when an answer is missing.
        """
        self.ensure_one()
        self.lock_for_update()
        if self.state != "draft":
            return
        if self._missing():
            raise UserError(self.env._("Some questions have no answer yet."))
        today = fields.Date.context_today(self.with_context(tz=self.company_id._prm_zone()))
        self.write(
            {
                "state": "submitted",
                "submitted_at": fields.Datetime.now(),
                "lang": self.env.context.get("lang") or self.lang,
                "valid_until": self.form_id._valid_until(today),
            }
        )
        new = self._compare()
        self.env["prm.health.fact"]._record(self.patient_id, new, source="history")
        self.env["prm.event"].emit(
            "history_submitted", [{"patient": self.patient_id, "record": self}]
        )

    def _compare(self):
        """Put what the patient says beside what is known, one line for each fact.

        :return: ``{code: value}`` of what nobody knew before.
        """
        plain = [one._as_question() for one in self._questions()]
        said = history_form.facts(plain, self.answers or {})
        facts = self.env["prm.health.fact"].sudo()
        known = facts._current(self.patient_id, said)[self.patient_id.id]
        kinds = self.env["prm.health.fact.type"]._by_code(said)
        self.env["prm.history.answer"].sudo().create(
            [
                {
                    "history_id": self.id,
                    "fact_type_id": kinds[code].id,
                    "said": {"value": value},
                    "known": {"value": known[code]} if code in known else False,
                    "differs": code in known and not history_form.same(known[code], value),
                    "take_over": True,
                }
                for code, value in said.items()
            ]
        )
        return {code: value for code, value in said.items() if code not in known}

    # === REVIEW ===

    def action_accept(self):
        """A clinician has looked at it: what differs is taken over where the line says so."""
        if not self.env.user.has_group("prm_core.group_prm_clinician"):
            raise UserError(self.env._("Only clinicians review what a patient has told."))
        self.check_access("write")
        for history in self.filtered(lambda one: one.state == "submitted"):
            lines = history.answer_ids
            accepted = {line.fact_type_id.code: line.said["value"]
                        for line in lines if not line.differs or line.take_over}  # fmt: skip
            facts = history.env["prm.health.fact"]
            facts._record(
                history.patient_id, accepted, source="history",
                on=history.submitted_at.date(), accepted=True,
            )  # fmt: skip
            history.sudo().write(
                {
                    "state": "accepted",
                    "reviewed_by_id": self.env.uid,
                    "reviewed_at": fields.Datetime.now(),
                }
            )

    # === WHO HAS ANSWERED ===

    @api.model
    @api.private
    def _states(self, patients, day=None):
        """How it stands with the questions; it is kept on the patients, so no query for each.

        :param date day: on which the answers have to be valid; default: today.
        :return: ``{patient id: "valid", "review", "expired" or "none"}``
        """
        day = day or fields.Date.context_today(self)
        found = {}
        for patient in patients.sudo():
            until = patient.history_valid_until
            if not until:
                found[patient.id] = "none"
            elif until < day:
                found[patient.id] = "expired"
            else:
                found[patient.id] = "review" if patient.history_to_review else "valid"
        return found

    @api.autovacuum
    def _gc_begun(self):
        """What was begun and never sent is nobody's business after a month."""
        month_ago = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        self.search([("state", "=", "draft"), ("write_date", "<", month_ago)], limit=1000).unlink()
