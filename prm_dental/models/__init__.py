from . import procedure
from . import recall
from . import importing
