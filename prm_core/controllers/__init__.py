from . import gateway_webhook, patient_link, portal
