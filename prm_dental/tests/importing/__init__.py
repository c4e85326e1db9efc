from . import test_catalogue
from . import test_import_dental
from . import test_procedures
