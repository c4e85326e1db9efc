from datetime import datetime, timedelta

from odoo.addons.prm_core.tests.common import PrmCase

#: A Monday far from any clock change; tests freeze nothing, so it is in the future.
MONDAY = datetime(2035, 2, 5)


class AppointmentCase(PrmCase):
    """A practice in Rome with a hygienist who uses Odoo, a dentist who doesn't, and two chairs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.partner_id.write(
            {"tz": "Europe/Rome", "street": "Via Garibaldi 1", "zip": "20121", "city": "Milano",
             "lang": "en_US"}
        )  # fmt: skip
        cls.calendar = cls._calendar()
        cls.giulia = cls._provider(
            name="Giulia Bianchi", role="hygienist", user_id=cls.clinician.id, sequence=1
        )
        cls.marco = cls._provider(name="Marco Neri", role="dentist", sequence=2)
        cls.chair_1, cls.chair_2 = cls.env["prm.operatory"].create(
            [{"name": f"Chair {number}", "company_id": cls.practice.id} for number in (1, 2)]
        )
        cls.hygiene = cls.env["prm.appointment.type"].create(
            {
                "name": "Dental hygiene",
                "duration": 45,
                "company_id": cls.practice.id,
                "provider_ids": [(6, 0, cls.giulia.ids)],
                "operatory_ids": [(6, 0, (cls.chair_1 | cls.chair_2).ids)],
                "min_notice": 60,
            }
        )
        cls.luca = cls._patient(first_name="Luca", last_name="Ferri", email="luca@example.com")

    @classmethod
    def _calendar(cls, **vals):
        """Working hours: Monday to Friday, 8 to 12 and 13 to 17."""
        lines = [
            (0, 0, {"name": f"{day} {start}", "dayofweek": str(day), "hour_from": start,
                    "hour_to": start + 4, "day_period": period})
            for day in range(5)
            for start, period in ((8, "morning"), (13, "afternoon"))
        ]  # fmt: skip
        return cls.env["resource.calendar"].create(
            {
                "name": "Surgery hours",
                "tz": "Europe/Rome",
                "company_id": cls.practice.id,
                "attendance_ids": [(5, 0, 0), *lines],
                **vals,
            }
        )

    @classmethod
    def _provider(cls, **vals):
        return cls.env["prm.provider"].create(
            {
                "company_id": cls.practice.id,
                "resource_calendar_id": cls.calendar.id,
                "tz": "Europe/Rome",
                **vals,
            }
        )

    @classmethod
    def _wish(cls, start, patient=None, **vals):
        return {
            "patient": patient or cls.maria,
            "type": cls.hygiene,
            "provider": cls.giulia,
            "start": start,
            **vals,
        }

    @classmethod
    def _book(cls, start, patient=None, **vals):
        return cls.env["calendar.event"]._prm_book([cls._wish(start, patient, **vals)])

    @staticmethod
    def _at(hours, minutes=0, days=0):
        """A time on the test Monday (or days later), UTC."""
        return MONDAY + timedelta(days=days, hours=hours, minutes=minutes)
