from . import hooks, loader, people, visits
from .hooks import post_init_hook
