from . import prm_appointment_cancel
