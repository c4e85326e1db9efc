from . import patient_link
from . import booking
from . import kiosk
from . import portal
