from odoo import fields

from .loader import DemoLoader


def post_init_hook(env):
    """Fill the database with the demo practice, with dates relative to today."""
    DemoLoader(env, fields.Date.today()).load()
