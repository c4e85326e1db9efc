"""Doubles of providers: they check each request as the provider documents it, and answer alike."""

from .double import GatewayDouble
from .odoo_sms import OdooSmsDouble
from .generic import GenericDouble
from .twilio import TwilioDouble
from .whatsapp import WhatsappDouble
