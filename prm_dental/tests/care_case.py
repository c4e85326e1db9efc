from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields

from .common import DentalCase


class CareCase(DentalCase):
    """A Monday noon in Rome, a patient who reads Italian, and journeys that run by hand."""

    #: External ids of the journeys that are live in a test.
    LIVE = ()

    @classmethod
    def setUpClass(cls):
        cls._stop_clock()
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("it_IT")
        cls.practice.partner_id.phone = "+39 02 5500 0000"
        cls.env["prm.journey"].search([]).filtered(lambda one: one.state != "draft").state = "ended"
        for name in cls.LIVE:
            cls.env.ref(name).action_go_live()
        cls.extraction = cls.env.ref("prm_dental.prm_procedure_type_ext")
        cls.luca = cls._patient(
            first_name="Luca", last_name="Neri", email="luca@example.com", lang="it_IT",
            phone="+39 333 000 0001",
        )  # fmt: skip

    def run_engine(self, **passed):
        """Let time pass, and have the engine do what is due."""
        if passed:
            clock = freeze_time(fields.Datetime.now() + timedelta(**passed))
            clock.start()
            self.addCleanup(clock.stop)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60):
            self.env["prm.journey"]._cron_listen()
            self.env["prm.enrolment"]._cron_advance()
        self.env.flush_all()
        self.env.invalidate_all()

    def messages(self, patient):
        return self.env["prm.message"].search(
            [("patient_id", "=", patient.id), ("direction", "=", "out")], order="id"
        )

    def waiting(self, patient):
        return self.messages(patient).filtered(lambda one: one.state == "queued")

    def people(self, patient, journey):
        return self.env["prm.enrolment"].search(
            [("patient_id", "=", patient.id), ("journey_id", "=", self.env.ref(journey).id)]
        )
