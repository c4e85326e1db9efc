from odoo import fields, models
from odoo.addons.prm_core import policy
from odoo.addons.prm_core.bulk import read_rows
from odoo.addons.prm_core.models.messaging.prm_message_dispatch import Verdict


class PrmMessage(models.Model):
    _inherit = "prm.message"

    def _judge_forbidden(self, facts):
        """A reminder to take a medicine does not go when its time has passed: it would do harm."""
        now = fields.Datetime.now()
        late = self.browse(
            number
            for number, row in read_rows(self, ("res_model", "expires_at")).items()
            if row.res_model == "prm.intake" and row.expires_at and row.expires_at < now
        )
        verdicts = super(PrmMessage, self - late)._judge_forbidden(facts)
        return verdicts + [
            Verdict(
                message.id, "suppressed", reason="intake_past",
                facts=policy.to_plain(facts[message.id]),
            )
            for message in late
        ]  # fmt: skip
