from . import prm_procedure_type
from . import prm_aftercare
from . import prm_procedure
from . import prm_enrolment
from . import prm_link
from . import prm_patient
