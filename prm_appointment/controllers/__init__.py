from . import patient_link
