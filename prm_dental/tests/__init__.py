from . import importing
from . import test_access
from . import test_procedure
from . import test_recall_engine
from . import test_recall_list
from . import test_recall_reference
from . import test_recall_send
from . import test_recall_words
