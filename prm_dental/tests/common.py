from datetime import datetime, timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.addons.prm_core.tests.common import PrmCase
from odoo.tests import new_test_user


class DentalCase(PrmCase):
    """A practice with a hygiene recall, a hygienist and a kind of visit to offer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.practice.partner_id.tz = "Europe/Rome"
        cls.hygiene = cls.env.ref("prm_dental.prm_recall_type_hygiene")
        cls.hyg = cls.env.ref("prm_dental.prm_procedure_type_hyg")
        cls.perm = cls.env.ref("prm_dental.prm_procedure_type_perm")
        cls.fill = cls.env.ref("prm_dental.prm_procedure_type_fill2")
        cls.provider = cls.env["prm.provider"].create(
            {"name": "Elena Sala", "role": "hygienist", "company_id": cls.practice.id}
        )
        cls.visit = cls.env["prm.appointment.type"].create(
            {
                "name": "Hygiene visit",
                "duration": 45,
                "company_id": cls.practice.id,
                "provider_ids": [(6, 0, cls.provider.ids)],
            }
        )
        cls.other_visit = cls.env["prm.appointment.type"].create(
            {"name": "Filling", "duration": 30, "company_id": cls.practice.id}
        )
        cls.hygiene.with_company(cls.practice).appointment_type_id = cls.visit
        cls.plain_user = new_test_user(
            cls.env,
            "t_sees_patients",
            groups="prm_core.group_prm_user",
            company_id=cls.practice.id,
            company_ids=[(6, 0, cls.practice.ids)],
        )
        cls.today = fields.Date.today()

    @classmethod
    def _done(cls, patient, date, kind=None, state="completed", **vals):
        """A procedure of a patient, on a tooth where its kind asks for one."""
        return cls.env["prm.procedure"].create(
            {
                "patient_id": patient.id,
                "date": date,
                "state": state,
                **cls._kind_vals(kind or cls.hyg),
                **vals,
            }
        )

    @classmethod
    def _kind_vals(cls, kind):
        """Values of a procedure of some kind, with the place that the kind asks for."""
        return {
            "type_id": kind.id,
            "tooth": "16" if kind.scope in ("tooth", "surface") else False,
            "surfaces": "MO" if kind.scope == "surface" else False,
        }

    def _recall(self, patient, kind=None):
        kind = kind or self.hygiene
        return self.env["prm.recall"].search(
            [("patient_id", "=", patient.id), ("type_id", "=", kind.id)]
        )

    def _due_patient(self, **vals):
        """A patient who was here a year ago, and the recall."""
        vals = {"first_name": "Luca", "last_name": "Neri", "email": "luca@example.com", **vals}
        patient = self._patient(**vals)
        self._done(patient, self.today - timedelta(days=365))
        return patient, self._recall(patient)

    @classmethod
    def _stop_clock(cls):
        """A Monday noon in Rome, whatever the hour is: for tests of days and of opening hours."""
        clock = freeze_time("2026-06-01 10:00:00")
        clock.start()
        cls.addClassCleanup(clock.stop)

    def _book(self, patient, days=3, kind=None, **vals):
        """An appointment some days from now, at nine in the morning UTC."""
        day = self.today + timedelta(days=days)
        return self.env["calendar.event"]._prm_book(
            [
                {
                    "patient": patient,
                    "type": kind or self.visit,
                    "provider": self.provider,
                    "start": datetime(day.year, day.month, day.day, 9, 0),
                    **vals,
                }
            ]
        )
