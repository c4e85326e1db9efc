"""Why a recall is not sent, in words for staff."""

from odoo.addons.prm_core.models.messaging.reasons import register_reason
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

register_reason("already_booked", _lt("The visit is already booked."))
register_reason("already_on_its_way", _lt("A message is already on its way."))
register_reason("recently_contacted", _lt("The patient was written to a few days ago."))
register_reason("recall_not_due", _lt("The recall is not due yet."))
register_reason("recall_disabled", _lt("The patient is not to be recalled for this."))
register_reason("recall_rides", _lt("It is done together with another visit of the patient."))
register_reason(
    "recall_not_set_up",
    _lt("This kind of recall has no message or no visit to offer yet; a manager can choose them."),
)
register_reason("intake_past", _lt("The time to take the medicine had passed."))
