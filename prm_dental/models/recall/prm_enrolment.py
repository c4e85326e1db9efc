from odoo import models

from .prm_recall_outreach import LINK_ACTION


class PrmEnrolment(models.Model):
    """What journeys know of recalls."""

    _inherit = "prm.enrolment"

    def _request_values(self, template, records):
        result = super()._request_values(template, records)
        about = self.filtered(lambda one: one.res_model == "prm.recall")
        recalls = {one.id: records.get((one.res_model, one.res_id)) for one in about}
        found = (
            self.env["prm.recall"].sudo().browse(recall.id for recall in recalls.values() if recall)
        )
        setups = found._get_setups()
        payloads = found._link_payloads(setups)
        wants_link = self._link_action(template) == LINK_ACTION
        languages = about._languages()
        for one in about:
            recall = recalls[one.id]
            if not recall:
                continue
            values = result.setdefault(one.id, {})
            lang = languages[one.id]
            known = recall._prepare_variables((lang or "en")[:2])
            values["variables"] = {**values.get("variables", {}), **known}
            _template, visit = setups[recall.type_id, recall.company_id]
            if wants_link and not visit:
                values["blocks"] = (*values.get("blocks", ()), "recall_not_set_up")
            elif wants_link:
                values["link_payload"] = payloads[recall.id]
        return result

    def _act_message(self, step):
        """The worklist shows when a patient was last asked, whoever asked."""
        effects = super()._act_message(step)
        messages = self.env["prm.message"].sudo()
        for one in self.filtered(lambda one: one.res_model == "prm.recall"):
            message = messages.browse(effects[one.id].get("message_id"))
            if message.state == "queued":
                recall = self.env["prm.recall"].sudo().browse(one.res_id).exists()
                recall.last_message_id = message
        return effects
