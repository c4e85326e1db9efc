from odoo import api, fields, models
from odoo.addons.prm_core.bulk import insert
from odoo.addons.prm_core.models.journey.prm_enrolment import OPEN

from ... import intake_times


class PrmIntake(models.Model):
    """A moment at which a patient takes medicines and is reminded of it, whatever they are.

    Journeys start by these rows. They are made when a prescription starts, and those that are still
    to come go when it stops: one row for each patient and moment, so that several drugs at one time
    are one message.
    """

    _name = "prm.intake"
    _description = "Time to Take Medicines"
    _order = "at, id"
    _rec_name = "at"

    patient_id = fields.Many2one("prm.patient", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    at = fields.Datetime(string="When", required=True, readonly=True, index=True)

    _moment_uniq = models.UniqueIndex("(patient_id, at)")

    @api.model
    def _plan(self, patients):
        """Have the rows that are to come, or just came, as the running prescriptions say now.

        :param patients: `prm.patient`, all their prescriptions that run and remind count.
        """
        since = fields.Datetime.now() - intake_times.HOLDS
        running = self.env["prm.prescription"].sudo().search(
            [
                ("patient_id", "in", patients.ids),
                ("state", "=", "active"),
                ("remind", "=", True),
            ]
        )  # fmt: skip
        zones = patients._zones()
        wanted = {
            (patient.id, moment)
            for patient, group in running.grouped("patient_id").items()
            for moment in group._moments(zones[patient.id], since)
        }
        known = self.search([("patient_id", "in", patients.ids), ("at", ">=", since)])
        known.filtered(lambda row: (row.patient_id.id, row.at) not in wanted)._call_off()
        companies = {patient.id: patient.company_id.id for patient in patients}
        insert(
            self,
            [
                {"patient_id": patient, "company_id": companies[patient], "at": moment}
                for patient, moment in sorted(wanted)
            ],
            skip_existing=True,
        )
        self._have_journeys_look()

    def _call_off(self, reason="prescription_stopped"):
        """These are not taken any more: nobody is reminded, and what waits is taken back.

        :param reason: code of why, for the people on the journey.
        """
        people = self.env["prm.enrolment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", OPEN)]
        )  # fmt: skip
        people._end("exited", reason)
        self.unlink()

    @api.model
    def _have_journeys_look(self):
        """A journey looks for dates once a day; of new moments today it has to know now."""
        source = self.env.ref("prm_dental.prm_journey_source_intake", raise_if_not_found=False)
        if source:
            journeys = self.env["prm.journey"].sudo().search(
                [("source_id", "=", source.id), ("state", "=", "live")]
            )  # fmt: skip
            journeys.write({"scanned_on": False})
            self.env.ref("prm_core.prm_journey_listen_cron").sudo()._trigger()

    @api.autovacuum
    def _gc_past(self):
        """Moments that have long passed are of no use to anybody."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=60)
        self.search([("at", "<", limit)], limit=10_000).unlink()
