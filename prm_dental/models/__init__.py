from . import procedure
from . import health
from . import history
from . import chart
from . import recall
from . import unscheduled
from . import importing
