from . import prm_procedure_type
from . import prm_procedure
from . import prm_patient
