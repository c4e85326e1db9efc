from . import prm_purpose
from . import prm_policy_rule
from . import prm_consent
from . import prm_patient
from . import prm_address_block
from . import prm_consent_reply
from . import prm_guardian
