from . import prm_gateway
from . import prm_template
from . import prm_template_body
from . import prm_message
from . import prm_message_gate
from . import prm_message_dispatch
from . import prm_link
from . import prm_patient
