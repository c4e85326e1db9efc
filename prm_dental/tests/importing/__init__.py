from . import test_catalogue
from . import test_import_dental
from . import test_procedures
from . import test_recalls_and_histories
