from odoo import api, models
from odoo.tools import SQL

#: Key under which a transaction remembers whose recalls have to be computed again.
STALE = "prm_recall_stale"


class PrmRecallEngine(models.Model):
    """The recall engine: from procedures and appointments to who is due when.

    Set-based. One statement works out what every recall should say, compares it with what the table
    says, and writes the differences only: reading 200,000 rows is cheap, writing them is not.

    It runs when something that recalls depend on has changed, once for all patients concerned: at
    the end of the transaction, or before somebody reads recalls in the same transaction.
    """

    _inherit = "prm.recall"

    # === WHEN ===

    @api.model
    @api.private
    def _mark_stale(self, patients=None):
        """Remember that recalls have to be computed again.

        :param patients: `prm.patient` records; default: those of everybody.
        """
        if patients is not None and not patients:
            return
        data = self.env.cr.precommit.data
        if STALE not in data:
            # What is in the cache may be outdated from here on. Nothing can get into it again
            # before the recomputation, because reading flushes first.
            self.invalidate_model()
            data[STALE] = set()
            self.env.cr.precommit.add(self.sudo()._recompute_stale)
        if patients is None:
            data[STALE] = None
        elif data[STALE] is not None:
            data[STALE].update(patients.ids)

    @api.model
    def _recompute_stale(self):
        """Do what `_mark_stale` has put off."""
        data = self.env.cr.precommit.data
        if STALE not in data:
            return
        ids = data.pop(STALE)
        self._recompute(None if ids is None else self.env["prm.patient"].browse(sorted(ids)))

    def flush_model(self, fnames=None):
        """Reading recalls flushes them first, and flushing computes what is stale."""
        self._recompute_stale()
        return super().flush_model(fnames)

    def exists(self):
        """Records that are there once the engine has taken away what nothing speaks for."""
        self._recompute_stale()
        return super().exists()

    @api.model
    def _search(self, *args, **kwargs):
        # A query with no condition on a field of this table would not flush it.
        self._recompute_stale()
        return super()._search(*args, **kwargs)

    # === HOW ===

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
