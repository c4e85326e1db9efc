from . import test_import_dental
from . import test_procedures
