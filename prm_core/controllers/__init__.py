from . import gateway_webhook, odoo_sms_status, patient_link, portal
