{%- set short = name | snake | replace("prm_", "", 1) -%}
from . import test_{{ short }}_finding
