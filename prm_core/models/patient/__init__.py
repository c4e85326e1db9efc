from . import prm_channel
from . import prm_household
from . import prm_event_type
from . import prm_event
from . import prm_patient_identifier
from . import prm_patient
from . import res_partner
from . import prm_guardian
