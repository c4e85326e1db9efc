from odoo import fields, models
from odoo.addons.prm_core import policy
from odoo.addons.prm_core.models.messaging.prm_message_dispatch import Verdict


class PrmMessage(models.Model):
    _inherit = "prm.message"

    def _judge_forbidden(self, facts):
        """A reminder to take a medicine does not go when its time has passed: it would do harm."""
        now = fields.Datetime.now()
        late = self.filtered(
            lambda one: one.res_model == "prm.intake" and one.expires_at and one.expires_at < now
        )
        verdicts = super(PrmMessage, self - late)._judge_forbidden(facts)
        return verdicts + [
            Verdict(
                message.id, "suppressed", reason="intake_past",
                facts=policy.to_plain(facts[message.id]),
            )
            for message in late
        ]  # fmt: skip
