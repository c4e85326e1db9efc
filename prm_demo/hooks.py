from odoo import fields
from odoo.addons.prm_core.contact_hours import local_time

from .loader import ZONE, DemoLoader


def post_init_hook(env):
    """Fill the database with the demo practice, with dates relative to today, as it is there."""
    DemoLoader(env, local_time(fields.Datetime.now(), ZONE).date()).load()
