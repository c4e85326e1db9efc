from . import importing
from . import test_link
from . import test_message
from . import test_patient
from . import test_patient_search
from . import test_policy
from . import test_replies
from . import test_templating
