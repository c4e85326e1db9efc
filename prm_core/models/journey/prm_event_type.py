from odoo import fields, models


class PrmEventType(models.Model):
    """What journeys need to know about a kind of event."""

    _inherit = "prm.event.type"

    starts_journeys = fields.Boolean(help="Journeys may start when this happens.")
    creates_record = fields.Boolean(
        help="Each time it is about a new record, so that it counts for the patient as a whole."
    )
    undone_type_ids = fields.Many2many(
        "prm.event.type", "prm_event_type_undoes_rel", "event_type_id", "undone_id",
        string="Undoes",
        help="Journeys about its record that ended by one of these go on.",
    )  # fmt: skip
    record_model = fields.Char(
        string="Is About", help="Technical name of the model of the record that it is about."
    )
