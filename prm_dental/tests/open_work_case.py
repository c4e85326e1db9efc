from . import open_work_reference
from .common import DentalCase


class OpenWorkCase(DentalCase):
    """Patients whose kept rows are held against plain Python."""

    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        cls.crown = cls.env.ref("prm_dental.prm_procedure_type_crown")
        cls.reason = cls.env.ref("prm_dental.prm_decline_reason_afraid")
        cls.providers = cls.provider | cls.env["prm.provider"].create(
            {"name": "Dr Conti", "role": "dentist", "company_id": cls.practice.id}
        )
        cls.kept = cls.env["prm.open.work"]

    def setUp(self):
        super().setUp()
        self.patients = self.env["prm.patient"].union(
            *(self._patient(first_name=name) for name in ("Anna", "Bo", "Cy"))
        )

    def _compare(self, told=None):
        """The list says what plain Python says.

        :param told: what has happened, for the message of a failure.
        """
        patients = self.patients.sudo()
        expected = open_work_reference.rows(patients)
        listed = self.env["prm.unscheduled"].sudo().search([("patient_id", "in", patients.ids)])
        self.assertEqual(
            {
                row["id"]: {name: row[name] for name in expected.get(row["id"], {})}
                for row in listed.read(load="")
            },
            expected,
            told,
        )

    def _differences(self):
        """How many rows are kept otherwise than facts say at this moment."""
        return sum(self.kept.sudo()._recompute().values())
