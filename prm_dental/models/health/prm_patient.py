from odoo import api, fields, models


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    health_fact_ids = fields.One2many(
        "prm.health.fact",
        "patient_id",
        string="Health Facts",
        domain=[("ended_on", "=", False)],
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )
    health_alert = fields.Char(
        compute="_compute_health_alert",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
        help="What to watch out for, as far as you may see it.",
    )

    @api.depends("health_fact_ids")
    @api.depends_context("uid", "lang")
    def _compute_health_alert(self):
        alerts = self.env["prm.health.fact"]._alerts(self)
        for patient in self:
            patient.health_alert = " · ".join(alerts.get(patient.id, ()))

    def _settle_for_merge(self, kept):
        """Of two standing facts one goes on: a warning before none, then the newer one. What both
        list in words, such as allergies, is put together: a warning must not get lost.
        """
        super()._settle_for_merge(kept)
        facts = self.env["prm.health.fact"].sudo()
        standing = facts.search(
            [("patient_id", "in", (self.id, kept.id)), ("ended_on", "=", False)]
        )
        together = {}
        for kind, pair in standing.grouped("type_id").items():
            if len(pair) < 2:
                continue
            entries = "\n".join(filter(None, pair.mapped("value_text"))).splitlines()
            if entries:
                pair.action_end()
                together[kind.code] = list(dict.fromkeys(entries))
                continue
            best = max(
                pair, key=lambda fact: (fact.is_alert, fact.noted_on, fact.patient_id == kept)
            )
            over = pair - best
            over.ended_on = max(best.noted_on, over.noted_on)
        facts.flush_model(["ended_on"])
        facts._record(kept, together, source="import")

    def action_open_health_history(self):
        """Everything that was ever recorded of the patient's health, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_health_fact_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action
