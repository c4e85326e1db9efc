from odoo.addons.sms.controllers.main import SmsController
from odoo.http import request, route


class OdooSmsStatus(SmsController):
    """Where Odoo's SMS server reports; the address is Odoo's own.

    Nobody signs there. What protects it is that a report has to name the key of a message: 128
    random bits, which only Odoo's server was told.
    """

    @route()
    def update_sms_status(self, message_statuses):
        answer = super().update_sms_status(message_statuses)
        messages = request.env["prm.message"].sudo()
        for report in message_statuses:
            messages._note_odoo_report(report["sms_status"], report["uuids"])
        return answer
