from . import controllers, models, redaction, wizards
from .hooks import pre_init_hook

redaction.install()
