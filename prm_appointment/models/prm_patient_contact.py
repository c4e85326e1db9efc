from odoo import fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    waiting_proposal_ids = fields.One2many(
        "prm.contact.proposal",
        "patient_id",
        string="New Contact Details",
        domain=[("state", "=", "proposed")],
    )

    def _prm_propose_contacts(self, values, kiosk):
        """Keep new contacts of a patient for the front desk; what is known already is left out.

        :param values: ``{"mobile": …, "email": …}`` in their normal form.
        :return: the proposals that were made.
        """
        self.ensure_one()
        proposals = self.env["prm.contact.proposal"]
        news = {field: value for field, value in values.items() if value != (self[field] or "")}
        earlier = proposals.search(
            [
                ("patient_id", "=", self.id),
                ("state", "=", "proposed"),
                ("field", "in", list(news)),
            ]
        )
        earlier.write({"state": "replaced", "decided_at": fields.Datetime.now()})
        earlier.flush_recordset()
        made = proposals.create(
            [
                {
                    "patient_id": self.id,
                    "field": field,
                    "old_value": self[field],
                    "new_value": value,
                    "source": "kiosk",
                    "kiosk_id": kiosk.id,
                }
                for field, value in news.items()
            ]
        )
        made._tell("contact_proposed")
        return made

    def _prm_with_proposals(self):
        """Those of whom a new number or address waits for the front desk; one query for all."""
        found = self.env["prm.contact.proposal"]._read_group(
            [("patient_id", "in", self.ids), ("state", "=", "proposed")], ["patient_id"]
        )
        return self.browse([patient.id for (patient,) in found])

    def _settle_for_merge(self, kept):
        """Of two new numbers or addresses that wait for the front desk the later one goes on."""
        super()._settle_for_merge(kept)
        proposals = self.env["prm.contact.proposal"].sudo()
        waiting = proposals.search(
            [("patient_id", "in", (self.id, kept.id)), ("state", "=", "proposed")], order="id desc"
        )
        for same in waiting.grouped("field").values():
            same[1:].write({"state": "replaced", "decided_at": fields.Datetime.now()})
