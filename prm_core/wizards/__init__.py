from . import prm_gate_check
from . import prm_gate_check_line
from . import prm_message_assign
