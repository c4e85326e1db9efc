from odoo import fields, models, tools


class PrmEventType(models.Model):
    """A kind of thing that can happen to a patient. Add-ons declare theirs as data."""

    _name = "prm.event.type"
    _description = "Kind of Event"
    _order = "name"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    icon = fields.Char(default="fa-circle-o", help="A Font Awesome name, for the timeline.")
    shown = fields.Char(
        string="Details Shown",
        help="Names of the payload's values that people read, in their order, apart by commas.",
    )

    _code_uniq = models.Constraint("unique(code)", "There is a kind of event with this code.")

    @tools.ormcache("code")
    def _id_of(self, code):
        """Database id of a code.

        :raises KeyError: for a code that no add-on declares: a fault of the program.
        """
        found = self.sudo().search([("code", "=", code)], limit=1)
        if not found:
            raise KeyError(f"No add-on declares an event type {code!r}.")
        return found.id
