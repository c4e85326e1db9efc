from . import models


def post_init_hook(env):
    """What patients owe already, from the books as they are."""
    env["prm.patient"]._update_balances()
