from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models

from .. import forecast, policy
from ..models.journey.prm_journey_step import HEARD
from ..models.messaging import explanation
from ..models.messaging.gathered_facts import GatheredFacts
from ..models.messaging.reasons import reason_text
from ..outbox import Request
from .prm_gate_check import BATCH_PAIRS


class PrmJourneyForecastLine(models.TransientModel):
    """One step that one patient would come to, and what the gate would say."""

    _name = "prm.journey.forecast.line"
    _description = "Who Gets What: Line"
    _order = "moment, id"
    _rec_name = "patient_id"

    forecast_id = fields.Many2one("prm.journey.forecast", index=True, ondelete="cascade")
    outlook_id = fields.Many2one("prm.journey.patient", index=True, ondelete="cascade")
    what_if = fields.Boolean()
    moment = fields.Datetime(string="When", required=True)
    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    journey_id = fields.Many2one("prm.journey", required=True, ondelete="cascade")
    step_id = fields.Many2one("prm.journey.step", required=True, ondelete="cascade")
    do_text = fields.Char(string="What", related="step_id.do_text")
    starts = fields.Boolean(string="Not on It Yet")
    outcome = fields.Selection(
        [
            ("allow", "Goes"),
            ("defer", "Goes later"),
            ("suppress", "Held back"),
            ("staff", "In-house"),
            ("skipped", "Left out"),
        ],
        string="Then",
        required=True,
    )
    reason = fields.Char()
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    channel_id = fields.Many2one("prm.channel", string="By", ondelete="cascade")
    until = fields.Datetime(string="Goes From")
    facts = fields.Json()
    why = fields.Html(compute="_compute_why", sanitize=False)

    @api.depends("reason")
    def _compute_reason_text(self):
        words = self.env["prm.enrolment.entry"]._reason_words()
        for line in self:
            if line.outcome == "allow":
                line.reason_text = False
            else:
                line.reason_text = words.get(line.reason) or reason_text(self.env, line.reason)

    @api.depends("facts")
    def _compute_why(self):
        for line in self:
            line.why = line.facts and explanation.to_html(self.env, policy.from_plain(line.facts))

    @api.model
    def _prepare_lines(self, foreseen):
        """Values of lines, with what the gate would say about messages.

        The gate is asked about the moment of the message, by what is known today; of several that
        would come, those before count against the limits of those after them.

        :param foreseen: list of (enrolment, step, `forecast.Prospect`) in the order of time.
        """
        vals_list = [
            {
                "moment": prospect.moment,
                "patient_id": one.patient_id.id,
                "journey_id": step.journey_id.id,
                "step_id": step.id,
                "starts": not one._origin,
                "outcome": "skipped" if prospect.outcome == forecast.SKIPPED else "staff",
                "reason": prospect.reason,
                "channel_id": False,
                "until": False,
                "facts": False,
            }
            for one, step, prospect in foreseen
        ]
        heard = [
            index
            for index, (_one, step, prospect) in enumerate(foreseen)
            if step.action in HEARD and prospect.outcome != forecast.SKIPPED
        ]
        planned = defaultdict(list)
        for start in range(0, len(heard), BATCH_PAIRS):
            page = heard[start : start + BATCH_PAIRS]
            self._ask_gate([(vals_list[index], *foreseen[index][:2]) for index in page], planned)
        return vals_list

    @api.model
    def _ask_gate(self, rows, planned):
        """Write the gate's answers into values of lines.

        :param rows: (values, enrolment, step), in the order of time.
        :param planned: ``{patient id: [(moment, channel code)]}`` of what goes before; added to.
        """
        patients = self.env["prm.patient"].browse([vals["patient_id"] for vals, *_rest in rows])
        requests = [
            Request(
                patient=patient,
                purpose=step.journey_id.purpose_id.code,
                template=step.template_id,
                channels=step._channel_codes(),
            )
            for (_vals, _one, step), patient in zip(rows, patients, strict=True)
        ]
        gathered = GatheredFacts(self.env, requests)
        for (vals, _one, _step), request in zip(rows, requests, strict=True):
            facts, before = gathered.of(request), planned[request.patient.id]
            facts = replace(facts, now=vals["moment"])
            if facts.caps:
                facts = replace(facts, contacts=(*facts.contacts, *before))
            decision = policy.decide(facts)
            if decision.allowed:
                before.append((decision.until or facts.now, decision.channel))
            vals.update(
                outcome=decision.outcome,
                reason=decision.reason,
                channel_id=gathered.channel_ids.get(decision.channel) or False,
                until=decision.until or False,
                facts=policy.to_plain(facts),
            )
