from . import portal
from . import plan
