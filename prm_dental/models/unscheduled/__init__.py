from . import prm_follow_up
from . import prm_procedure
from . import prm_unscheduled_snooze
from . import prm_patient
from . import prm_patient_outreach
from . import prm_unscheduled
from . import prm_unscheduled_row
from . import prm_link
