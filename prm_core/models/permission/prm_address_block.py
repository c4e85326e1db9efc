from odoo import api, fields, models

from ...bulk import insert


class PrmAddressBlock(models.Model):
    """An address to which a practice must not write, whoever it belongs to, and why."""

    _name = "prm.address.block"
    _description = "Blocked Address"
    _order = "blocked_at desc, id desc"
    _rec_name = "address"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", default=lambda self: self.env.company
    )
    channel_id = fields.Many2one("prm.channel", required=True, ondelete="restrict")
    address = fields.Char(required=True)
    reason = fields.Selection(
        [
            ("bounced", "Bounced"),
            ("complained", "Complained"),
            ("wrong_person", "Wrong Person"),
            ("stop", "Asked to Stop"),
        ],
        required=True,
    )
    blocked_at = fields.Datetime(required=True, default=fields.Datetime.now)
    active = fields.Boolean(default=True)

    _address_uniq = models.UniqueIndex(
        "(company_id, channel_id, address) WHERE active", "This address is blocked already."
    )
    _address_idx = models.Index("(company_id, address)")

    @api.model
    def _block(self, company, channel_code, address, reason):
        """Block an address; the block that stands, if there is one, is kept as it is."""
        found = self._find_active(company, channel_code, address)
        if found:
            return found
        channel = self.env["prm.channel"].search([("code", "=", channel_code)], limit=1)
        return self.sudo().create(
            {
                "company_id": company.id,
                "channel_id": channel.id,
                "address": self._normalise(address),
                "reason": reason,
            }
        )

    @api.model
    def _block_many(self, rows):
        """Block many addresses with one statement; blocks that stand are kept as they are.

        :param rows: list of (company, channel, address, reason).
        """
        vals_list = [
            {"company_id": company.id, "channel_id": channel.id, "reason": reason,
             "address": self._normalise(address)}
            for company, channel, address, reason in rows
        ]  # fmt: skip
        self.flush_model()
        return insert(self.sudo(), vals_list, skip_existing=True)

    @api.model
    def _lift(self, company, channel_code, address, reason=None):
        """Let an address be written to again; that it was blocked stays on record.

        :param reason: only a block for this reason.
        """
        found = self._find_active(company, channel_code, address)
        if reason is None or found.reason == reason:
            found.active = False

    @api.model
    def _find_active(self, company, channel_code, address):
        domain = [
            ("company_id", "=", company.id),
            ("channel_id.code", "=", channel_code),
            ("address", "=", self._normalise(address)),
        ]
        return self.sudo().search(domain, limit=1)

    @api.model
    def _reasons(self, companies, addresses):
        """Why nothing goes to some of many addresses, in one query.

        :param addresses: as `_normalise` makes them.
        :return: ``{(company id, channel id, address): reason}``
        """
        rows = self.sudo()._read_group(
            [("company_id", "in", companies.ids), ("address", "in", list(addresses))],
            ["company_id", "channel_id", "address", "reason"],
        )
        return {
            (company.id, channel.id, address): reason for company, channel, address, reason in rows
        }

    @api.model
    def _normalise(self, address):
        return address.strip().lower()
