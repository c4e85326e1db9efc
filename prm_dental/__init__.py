from . import reasons, variables
from . import models
from . import wizards
