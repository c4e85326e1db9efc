from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.prm_core import templating
from odoo.addons.prm_core.outbox import Request
from odoo.exceptions import AccessError, UserError

from ..models.unscheduled.prm_patient_outreach import TEMPLATES

OUTCOMES = [
    ("no_answer", "No answer: again tomorrow"),
    ("later", "Not now: ask again on a day"),
    ("declined", "Doesn't want it"),
    ("wrong_number", "Wrong number"),
]


class PrmUnscheduledAnswer(models.TransientModel):
    """A call about open treatment, or to who has long been away: what it needs, and the answer."""

    _name = "prm.unscheduled.answer"
    _description = "What the Patient Says"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [("work", "Open treatment"), ("lapsed", "Long away")], required=True, readonly=True
    )
    called = fields.Boolean(readonly=True, help="Somebody calls; else the patient has said it.")
    procedure_ids = fields.Many2many(
        "prm.procedure",
        "prm_unscheduled_answer_procedure_rel",
        string="Treatment",
        help="Take out what the answer is not about.",
    )
    speaker = fields.Char(string="Ask for", compute="_compute_phone")
    phone = fields.Char(compute="_compute_phone")
    verdict = fields.Selection(
        [("allow", "Go ahead"), ("defer", "Later"), ("suppress", "Don't call")],
        compute="_compute_verdict",
    )
    verdict_text = fields.Char(compute="_compute_verdict")
    script = fields.Text(string="What to Say", compute="_compute_script")
    barrier_help = fields.Text(string="What Helps", compute="_compute_barrier_help")
    outcome = fields.Selection(OUTCOMES, string="What Came of It")
    said = fields.Selection(OUTCOMES[1:3], string="Answer", default="later")
    until = fields.Date(string="Ask Again on")
    reason_id = fields.Many2one("prm.decline.reason", string="Why not", ondelete="cascade")
    note = fields.Char(help="For the team. No health details.")

    @api.depends("patient_id")
    def _compute_phone(self):
        spoken_to = self.patient_id._spoken_to()
        for answer in self:
            answer.speaker, answer.phone = spoken_to.get(answer.patient_id.id, ("", ""))

    @api.depends("patient_id")
    def _compute_barrier_help(self):
        for answer in self:
            answer.barrier_help = "\n".join(
                answer.patient_id._worklist_barriers().get(answer.patient_id.id, [])
            )

    @api.depends("patient_id", "called")
    @api.depends_context("lang", "tz")
    def _compute_verdict(self):
        for answer in self:
            patient = answer.patient_id
            request = Request(
                patient, "care", text=patient.name or "", record=answer.procedure_ids[:1]
            )
            [verdict] = patient._call_verdicts([request])
            answer.verdict, answer.verdict_text = verdict

    @api.depends("patient_id", "procedure_ids")
    def _compute_script(self):
        """What the practice has people say on the phone, in the language of who answers."""
        for answer in self:
            answer.script = answer._render_script()

    def _render_script(self):
        patient, work = self.patient_id, self.procedure_ids
        stage = work._furthest_stage() if self.kind == "work" else self.kind
        template = self.env["prm.template"]._by_code(TEMPLATES[stage], patient.company_id)
        receivers = self.env["prm.guardian"].sudo()._receivers(patient)
        reader = receivers.get(patient.id, self.env["prm.guardian"])[:1].partner_id
        lang = (reader or patient.partner_id).lang
        body = template and template._pick_body(lang, ("phone",))
        if not body:
            return False
        [values] = patient._follow_up_values(
            {patient.id: template}, {patient.id: work}, {patient.id: lang}
        ).values()
        known = self.env["prm.message"]._patient_variables(patient, reader or None)
        known |= self.env["prm.link"]._example_urls()
        try:
            return body._render(known | values["variables"])["body"]
        except templating.TemplateError:
            return False

    # === FROM THE LIST ===

    @api.model
    def _prepare(self, patient, kind, called=False):
        """The dialog about one patient.

        :param kind: ``work`` or ``lapsed``
        :raises UserError: when there is nothing to ask about any more.
        """
        patient.ensure_one()
        self._check_desk(patient)
        work = patient._waiting_work().get(patient.id, self.env["prm.procedure"])
        if kind == "work" and not work:
            raise UserError(
                self.env._("Nothing of this patient waits any more: a colleague has seen to it.")
            )
        answer = self.create(
            {
                "patient_id": patient.id,
                "kind": kind,
                "called": called,
                "procedure_ids": [(6, 0, work.ids)],
            }
        )
        title = self.env._("Call %s") if called else self.env._("What does %s say?")
        return {
            "type": "ir.actions.act_window",
            "name": title % patient.name,
            "res_model": self._name,
            "res_id": answer.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _check_desk(self, patient):
        patient.check_access("read")
        if not self.env.user.has_group("prm_core.group_prm_receptionist"):
            raise AccessError(self.env._("Only the front desk notes down what patients say."))

    # === ANSWERS ===

    def action_book(self):
        """The patient comes: find a time."""
        self.ensure_one()
        self._check_desk(self.patient_id)
        if self.called:
            self._note_call(self.env._("Wants a visit"))
        return self.patient_id.action_book_waiting()

    def action_note(self):
        """Take down the answer, with what follows from it.

        :raises UserError: with a sentence that says what is missing.
        """
        self.ensure_one()
        self._check_desk(self.patient_id)
        answer = self.outcome if self.called else self.said
        if not answer:
            raise UserError(self.env._("Choose the answer first."))
        getattr(self, f"_take_{answer}")()
        if self.called:
            labels = dict(self._fields["outcome"]._description_selection(self.env))
            self._note_call(labels[self.outcome])
        return {"type": "ir.actions.act_window_close"}

    def _take_no_answer(self):
        tomorrow = fields.Date.context_today(self) + timedelta(days=1)
        self._put_off(tomorrow, self.env._("No answer"))

    def _take_later(self):
        self._put_off(self.until, self.note)

    def _put_off(self, until, reason):
        snoozes = self.env["prm.unscheduled.snooze"]
        snoozes._put_off(self.patient_id, self.kind, until, reason)

    def _take_declined(self):
        """The patient's word counts, and a receptionist may take it down."""
        if self.kind == "lapsed":
            snoozes = self.env["prm.unscheduled.snooze"]
            snoozes._put_off(self.patient_id, self.kind, reason=self.reason_id.name or self.note)
            return
        if not self.reason_id:
            raise UserError(self.env._("Choose the reason why the patient doesn't want it."))
        waiting = self.patient_id._waiting_work().get(self.patient_id.id)
        declined = self.procedure_ids & waiting if waiting else self.env["prm.procedure"]
        if not declined:
            raise UserError(self.env._("Choose the treatment that the patient doesn't want."))
        declined.sudo().write({"state": "declined", "decline_reason_id": self.reason_id.id})

    def _take_wrong_number(self):
        self.patient_id._block_phone()

    def _note_call(self, words):
        """One line in the timeline, which is the last contact of the list as well."""
        payload = {"outcome": words}
        if self.outcome == "declined":
            payload["reason"] = self.reason_id.name
        if note := (self.note or "").strip():
            payload["note"] = note[:200]
        entry = {"patient": self.patient_id, "company_id": self.patient_id.company_id.id}
        record = self.procedure_ids[:1]
        self.env["prm.event"].emit(
            "treatment_called" if self.kind == "work" else "lapsed_called",
            [{**entry, "record": record, "payload": payload}],
        )
