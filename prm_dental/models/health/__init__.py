from . import prm_health_fact_type
from . import prm_health_fact_choice
from . import prm_health_fact
from . import prm_patient
