from odoo import api, fields, models
from odoo.tools import frozendict, ormcache


class PrmChannel(models.Model):
    """A way to reach a patient."""

    _name = "prm.channel"
    _description = "Channel"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)

    _code_uniq = models.Constraint("unique(code)", "There is a channel with this code.")

    @api.model
    @ormcache()
    def _ids_by_code(self):
        """``{code: database id}`` of all channels: there are a few, and every message asks."""
        return frozendict((channel.code, channel.id) for channel in self.sudo().search([]))

    @api.model
    def _codes_by_id(self):
        """The same the other way round."""
        return {number: code for code, number in self._ids_by_code().items()}

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
