from . import prm_procedure_type
from . import prm_procedure
from . import prm_patient
from . import account_move
from . import account_partial_reconcile
from . import prm_treatment_plan
