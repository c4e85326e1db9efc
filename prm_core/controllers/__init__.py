from . import patient_link, portal
