"""Adapters: one module for each way to reach a person, all with the contract of `base`."""

from . import base, email, twilio, generic_http, whatsapp_cloud
from .base import (
    Outcome,
    Outgoing,
    ProviderEvent,
    get_channel,
    get_provider,
    registered_codes,
    registered_providers,
)
