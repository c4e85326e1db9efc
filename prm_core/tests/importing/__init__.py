from . import test_import
from . import test_import_changes
from . import test_import_duplicates
from . import test_normalise
from . import test_readers
from . import test_rules
