from . import prm_import
from . import prm_import_kind_patients
from . import prm_import_kind_procedures
from . import prm_import_kind_procedure_types
from . import prm_import_kind_of_people
from . import prm_import_kind_recalls
from . import prm_import_kind_histories
