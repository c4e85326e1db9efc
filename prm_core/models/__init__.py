# The rooms in order: each uses only the ones before it.
from . import patient
from . import permission
from . import messaging
from . import journey
from . import importing
from . import merging
