from . import prm_recall_send
from . import prm_recall_send_line
from . import prm_treatment_desk
from . import prm_treatment_desk_line
from . import prm_visit_finder
from . import prm_follow_up_send
from . import prm_follow_up_send_line
from . import prm_unscheduled_answer
