from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...bulk import insert
from ...lookup import Lookup


class PrmEvent(models.Model):
    """The patient's timeline: what happened, when, about which record.

    Append-only, and written in the same transaction as the fact itself: either both stand or
    neither does. Add-ons do not call each other; they emit events.
    """

    _name = "prm.event"
    _description = "Timeline Event"
    _order = "occurred_at desc, id desc"
    _rec_name = "event_type_id"
    #: When and by whom is said by the fields below, and nothing is ever changed.
    _log_access = False

    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True)
    event_type_id = Lookup("prm.event.type", required=True, ondelete="restrict")
    icon = fields.Char(related="event_type_id.icon")
    occurred_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    res_model = fields.Char(string="Record Model")
    res_id = fields.Many2oneReference(string="Record", model_field="res_model")
    payload = fields.Json(
        help="Plain values that describe what happened; never free text on health."
    )
    detail = fields.Char(compute="_compute_detail")
    user_id = fields.Many2one(
        "res.users", string="By", help="Empty for what happened by itself.",
        default=lambda self: self.env.uid != SUPERUSER_ID and self.env.uid,
    )  # fmt: skip

    _patient_idx = models.Index("(patient_id, occurred_at DESC, id DESC)")
    _type_idx = models.Index("(event_type_id, occurred_at)")

    @api.depends("payload", "event_type_id.shown")
    def _compute_detail(self):
        for event in self:
            payload = event.payload or {}
            # The database keeps no order of a payload's values, so the kind of event names it.
            shown = (event.event_type_id.shown or "").split(",")
            values = [payload.get(key.strip()) for key in shown]
            event.detail = " · ".join(str(value) for value in values if value not in (None, ""))

    @api.model
    @api.private
    def emit(self, code, entries):
        """Record that something happened to one or many patients, in one INSERT.

        :param str code: a declared event type.
        :param entries: dicts with ``patient`` (record or id), and optionally ``company_id``,
            ``record`` (what it is about), ``occurred_at`` (UTC, naive; default now) and
            ``payload`` (plain values).
        :return: the events.
        :raises KeyError: when no add-on declares the code.
        """
        type_id = self.env["prm.event.type"]._id_of(code)
        now = fields.Datetime.now()
        patients = self.env["prm.patient"].sudo()
        patients = patients.browse([int(entry["patient"]) for entry in entries])
        vals_list = []
        for entry, patient in zip(entries, patients, strict=True):
            record = entry.get("record")
            vals_list.append(
                {
                    "patient_id": patient.id,
                    "company_id": entry.get("company_id") or patient.company_id.id,
                    "event_type_id": type_id,
                    "occurred_at": entry.get("occurred_at") or now,
                    "res_model": record._name if record else False,
                    "res_id": record.id if record else False,
                    "payload": entry.get("payload") or False,
                }
            )
        return insert(self.sudo(), vals_list)

    def write(self, vals):
        raise UserError(self.env._("What has happened can't be changed: the timeline is a record."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What has happened can't be deleted: the timeline is a record."))

    def action_open_record(self):
        """Open what the event is about."""
        self.ensure_one()
        if not self.res_model or not self.res_id or self.res_model not in self.env:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
