from . import res_company
from . import prm_operatory
from . import prm_provider
from . import prm_appointment_type
from . import calendar_event
from . import calendar_event_booking
from . import prm_patient
from . import prm_link
