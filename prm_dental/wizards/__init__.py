from . import prm_recall_send
from . import prm_recall_send_line
from . import prm_treatment_desk
from . import prm_treatment_desk_line
