from datetime import date, datetime

from .common import DentalCase
from .recall_reference import Kind

#: The clock of these tests: Monday, noon in Rome.
TODAY = date(2026, 6, 1)

KINDS = [
    Kind("perio", ("PERM",), 3, "month", sequence=5, group="hygiene"),
    Kind("hygiene", ("HYG",), 6, "month", sequence=10, group="hygiene"),
    Kind("bitewings", ("BWX",), 2, "year", sequence=20, host="hygiene", ride_days=60),
    Kind("sealant", ("SEAL",), 12, "month", sequence=30, min_age=6, max_age=15),
    Kind("exam", ("EXAM", "NEWEX"), 1, "year", sequence=40, min_age=18, first_days=30),
    Kind("fluoride", ("FLUOR",), 26, "week", sequence=50),
]


class RecallCase(DentalCase):
    """A practice that uses every rule of recalls, with the clock stopped."""

    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        cls.today = TODAY
        cls.codes = cls.env["prm.procedure.type"]._ids_by_code(cls.practice)
        kinds = cls.env["prm.recall.type"].with_context(active_test=False)
        kinds.search([("code", "!=", "hygiene")]).active = False
        cls.kinds = {}
        for kind in KINDS:
            vals = {
                "name": kind.code.capitalize(),
                "code": kind.code if kind.code == "hygiene" else f"t_{kind.code}",
                "sequence": kind.sequence,
                "interval_number": kind.number,
                "interval_unit": kind.unit,
                "trigger_type_ids": [(6, 0, [cls.codes[code] for code in kind.triggers])],
                "switch_group": kind.group,
                "min_age": kind.min_age,
                "max_age": kind.max_age,
                "ride_days": kind.ride_days,
                "extra_minutes": 10,
                "rides_with_id": cls.kinds[kind.host].id if kind.host else False,
                "first_from": "created" if kind.first_days is not None else False,
                "first_days": kind.first_days or 0,
            }
            if kind.code == "hygiene":
                cls.hygiene.write(vals)
                cls.kinds["hygiene"] = cls.hygiene
            else:
                cls.kinds[kind.code] = cls.env["prm.recall.type"].create(vals)
        perio = cls.kinds["perio"].with_company(cls.practice)
        perio.appointment_type_id = cls.env["prm.appointment.type"].create(
            {"name": "Gum maintenance", "duration": 60, "company_id": cls.practice.id,
             "provider_ids": [(6, 0, cls.provider.ids)]}
        )  # fmt: skip

    def _row(self, patient, code):
        return self._recall(patient, self.kinds[code])

    def _said(self, patient, code, **vals):
        """A word of staff on a recall, which is made if there is none."""
        recall = self._row(patient, code)
        if recall:
            recall.write(vals)
        else:
            recall = self.env["prm.recall"].create(
                {"patient_id": patient.id, "type_id": self.kinds[code].id, **vals}
            )
        return recall

    def _joined(self, patient, day):
        """The patient was taken on at noon of another day."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE prm_patient SET create_date = %s WHERE id = %s",
            [datetime(day.year, day.month, day.day, 12), patient.id],
        )
        patient.invalidate_recordset()
        self.env["prm.recall"]._mark_stale(patient)
