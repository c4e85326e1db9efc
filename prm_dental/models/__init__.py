from . import procedure
from . import health
from . import history
from . import chart
from . import aftercare
from . import plan
from . import recall
from . import importing
