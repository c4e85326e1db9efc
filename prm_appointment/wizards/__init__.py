from . import prm_appointment_cancel
from . import prm_booking_decline
from . import prm_visit_finder
