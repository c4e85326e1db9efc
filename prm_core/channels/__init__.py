"""Adapters: one module for each way to reach a person, all with the contract of `base`."""

from . import base, email
from .base import Outcome, Outgoing, get_channel, registered_codes
