{%- set short = name | snake | replace("prm_", "", 1) -%}
from . import prm_{{ short }}_finding
from . import prm_patient
