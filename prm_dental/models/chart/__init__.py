from . import prm_patient
