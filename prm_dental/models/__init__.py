from . import procedure
from . import health
from . import recall
from . import importing
