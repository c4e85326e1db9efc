from . import prm_recall_send
from . import prm_recall_send_line
