from . import prm_no_show_model
from . import calendar_event
from . import prm_enrolment
from . import prm_patient
