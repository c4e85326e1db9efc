"""Adapters: one module for each way to reach a person, all with the contract of `base`."""

from . import base, email, twilio, generic_http, odoo_sms, whatsapp_cloud, letter, phone
from .base import (
    Outcome,
    Outgoing,
    ProviderEvent,
    get_channel,
    get_provider,
    manual_codes,
    registered_codes,
    registered_providers,
)
