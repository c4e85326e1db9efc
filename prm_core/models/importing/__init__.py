from . import prm_import_kind
from . import prm_import_kind_patients
from . import prm_import_mapping
from . import prm_import
from . import prm_import_run
from . import prm_import_column
from . import prm_import_line
from . import prm_import_duplicate
