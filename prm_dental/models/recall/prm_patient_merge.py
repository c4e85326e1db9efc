from odoo import models
from odoo.addons.prm_core.models.journey.prm_enrolment import OPEN

#: What people decided on a recall, with what belongs to it; taken over as one.
_DECISIONS = (
    ("manual_due_date", "manual_reason"),
    ("interval_number", "interval_unit", "interval_reason", "interval_source", "interval_risk"),
    ("disabled", "disabled_reason"),
    ("disabled_until", "disabled_reason"),
    ("disabled_above", "disabled_reason"),
)


class PrmPatient(models.Model):
    """Recalls of a patient who was entered twice: one of each kind, with all that was decided."""

    _inherit = "prm.patient"

    def _settle_for_merge(self, kept):
        """Recalls that both have become one; the dates are worked out anew afterwards."""
        super()._settle_for_merge(kept)
        recalls = self.env["prm.recall"].sudo()
        recalls = recalls.search([("patient_id", "in", (self.id, kept.id))])
        over = recalls.browse()
        for pair in recalls.grouped("type_id").values():
            if len(pair) < 2:
                continue
            mine = pair.filtered(lambda recall: recall.patient_id == self)
            (pair - mine)._take_decisions(mine)
            over |= mine
        people = self.env["prm.enrolment"].sudo()
        people.search(
            [("res_model", "=", "prm.recall"), ("res_id", "in", over.ids), ("state", "in", OPEN)]
        )._end("stopped", "merged")
        over.unlink()

    def _give_to(self, kept):
        super()._give_to(kept)
        self.env["prm.recall"]._mark_stale(kept)


class PrmRecall(models.Model):
    _inherit = "prm.recall"

    def _take_decisions(self, other):
        """What was decided on the recall of the other record and not on this one holds here.

        A date by hand holds until the next visit after those that were known when it was set, as
        ever: a later one of either record has used it up.
        """
        self.ensure_one()
        values = {}
        for first, *rest in _DECISIONS:
            if other[first] and not self[first]:
                values.update({name: other[name] for name in (first, *rest)})
        contacts = [recall for recall in (self, other) if recall.last_contact_at]
        latest = max(contacts, key=lambda recall: recall.last_contact_at, default=self)
        if latest == other:
            values.update(
                last_message_id=other.last_message_id.id, last_contact_at=other.last_contact_at
            )
        if values:
            self.write(values)
        if "manual_due_date" in values:
            self.manual_previous_date = other.manual_previous_date
