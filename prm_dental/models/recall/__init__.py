from . import prm_recall_type
from . import prm_recall
from . import prm_recall_engine
from . import prm_recall_outreach
from . import prm_patient
from . import calendar_event
from . import prm_link
from . import prm_enrolment
