from odoo import api, models
from odoo.tools import SQL


class PrmRecallEngine(models.Model):
    """The recall engine: from procedures and appointments to who is due when.

    Set-based. One statement works out what every recall should say, compares it with what the table
    says, and writes the differences only: reading 200,000 rows is cheap, writing them is not.

    When it runs, `prm.derived` says.
    """

    _inherit = "prm.recall"

    @api.model
    @api.private
    def _recompute(self, patients=None):
        """Bring recalls in line with procedures and appointments.

        :param patients: `prm.patient` records whose recalls are computed; default: everybody's.
        :return: dict with the numbers of rows ``written`` and ``deleted``.
        """
        if patients is not None and not patients:
            return {"written": 0, "deleted": 0}
        self._flush_sources()
        triggers = self.env.execute_query(
            SQL("SELECT array_agg(DISTINCT procedure_type_id) FROM prm_recall_type_trigger_rel")
        )[0][0]
        rows = self._execute_hashed(self._get_recompute_query(triggers or [], patients))
        counts = {word: number for word, number, *_rest in rows if word != "booked"}
        if any(counts.values()):
            self.invalidate_model()
        self._emit_booked([row for row in rows if row[0] == "booked"])
        return counts

    @api.model
    def _execute_hashed(self, query):
        """Rows of a query that joins by hashing.

        PostgreSQL can't estimate the joins on either of two columns, and now and then sorts all
        recalls to merge them, which doubles the time.
        """
        self.env.cr.execute("SET LOCAL enable_mergejoin = off")
        rows = self.env.execute_query(query)
        self.env.cr.execute("SET LOCAL enable_mergejoin = on")
        return rows

    @api.model
    def _flush_sources(self):
        """Have in the database what the statement reads."""
        self.flush_model()
        for model, names in (
            ("prm.procedure", ["patient_id", "company_id", "type_id", "date", "state"]),
            ("prm.recall.type", None),
            (
                "calendar.event",
                ["prm_patient_id", "prm_type_id", "prm_status", "start", "active"],
            ),
            ("prm.patient", None),
            ("res.partner", ["tz"]),
            ("resource.calendar", ["tz"]),
        ):
            self.env[model].flush_model(names)

    @api.model
    def _emit_booked(self, rows):
        """Tell the timeline of recalls that have become booked.

        :param rows: rows of the statement: word, recall, patient, type, appointment.
        """
        if not rows:
            return
        kinds = self.env["prm.recall.type"].sudo().browse({row[3] for row in rows})
        codes = {kind.id: kind.code for kind in kinds}
        events = self.env["calendar.event"].sudo()
        self.env["prm.event"].emit(
            "recall_booked",
            [
                {
                    "patient": row[2],
                    "record": events.browse(row[4]),
                    "payload": {"recall": codes[row[3]]},
                }
                for row in rows
            ],
        )
