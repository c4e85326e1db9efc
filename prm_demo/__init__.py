from . import hooks, journeys, loader, people, visits
from .hooks import post_init_hook
