from . import prm_patient
from . import base_partner_merge
