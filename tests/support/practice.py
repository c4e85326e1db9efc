"""A small practice, as an administrator sets it up on an empty database."""

from .server import shell

SETUP = """
company = env.ref("base.main_company")
company.write({{
    "name": "Test Dental", "email": "desk@test-dental.example.com", "phone": "+1 303-555-0150",
    "city": "Boulder", "country_id": env.ref("base.us").id,
}})
company.partner_id.tz = "{zone}"
# Tests run at any hour of the day; what the hours do is tested with the gate.
env["prm.purpose"].search([]).write({{"hour_from": 0, "hour_to": 24, "sundays": True}})

def user(login, group):
    return env["res.users"].with_context(no_reset_password=True).create({{
        "name": login.title(), "login": login, "password": login, "tz": "{zone}",
        "email": login + "@test-dental.example.com",
        "group_ids": [(6, 0, env.ref(group).ids)],
    }})

user("receptionist", "prm_core.group_prm_receptionist")
hygienist = user("hygienist", "prm_core.group_prm_clinician")
hours = env["resource.calendar"].create({{
    "name": "Hours", "tz": "{zone}", "company_id": company.id,
    "attendance_ids": [(5, 0, 0)] + [
        (0, 0, {{"name": "Day", "dayofweek": str(day), "hour_from": start, "hour_to": stop,
                "day_period": period}})
        for day in range(5)
        for start, stop, period in ((9, 12, "morning"), (13, 17, "afternoon"))
    ],
}})
provider = env["prm.provider"].create({{
    "name": "Hanna Lindgren", "user_id": hygienist.id, "role": "hygienist", "tz": "{zone}",
    "resource_calendar_id": hours.id, "company_id": company.id,
}})
chair = env["prm.operatory"].create({{"name": "Chair 1", "company_id": company.id}})
# OdooBot greets whoever is new in a chat that covers the whole screen of a phone.
env["res.users"].search([]).odoobot_state = "disabled"
kind = env["prm.appointment.type"].create({{
    "name": "Hygiene visit", "duration": 45, "company_id": company.id,
    "provider_ids": [(6, 0, provider.ids)], "operatory_ids": [(6, 0, chair.ids)],
}})
env.ref("prm_dental.prm_recall_type_hygiene").appointment_type_id = kind
"""


def set_up(database, zone="America/Denver"):
    """One hygienist with one chair, a receptionist, and a hygiene visit that can be booked."""
    shell(database, SETUP.format(zone=zone))
