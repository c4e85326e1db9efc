from collections import defaultdict

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .prm_procedure import NOT_COMING, SOURCES


class PrmPatient(models.Model):
    """What of a patient's treatment waits for a visit, and what it takes to get it booked."""

    _inherit = "prm.patient"

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(SOURCES[self._name]):
            self.env["prm.open.work"]._mark_stale(self)
        return result

    def _waiting_work(self):
        """Open work without a visit, the most urgent first, in one query.

        :return: ``{patient id: prm.procedure}``; nothing for who has none.
        """
        procedures = self.env["prm.procedure"]
        # A visit's status is not for everybody who sees what has to be done.
        waiting = procedures.sudo().search(
            procedures._get_waiting_domain() & Domain("patient_id", "in", self.ids),
            order="urgency desc, date, id",
        )
        found = defaultdict(list)
        for procedure in waiting:
            found[procedure.patient_id.id].append(procedure.id)
        return {
            patient_id: procedures.browse(ids).with_prefetch(waiting._prefetch_ids)
            for patient_id, ids in found.items()
        }

    def _visits_around(self):
        """The last visit and the next one, in one query.

        :return: ``{patient id: (moment or None, moment or None)}``, UTC; the last is one that was
            not missed.
        """
        self.env["calendar.event"].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT prm_patient_id, max(start) FILTER (WHERE start <= %(now)s),
                       min(start) FILTER (WHERE start > %(now)s)
                  FROM calendar_event
                 WHERE prm_patient_id = ANY(%(ids)s) AND active
                   AND NOT prm_status = ANY(%(not_coming)s)
              GROUP BY prm_patient_id
                """,
                now=now,
                ids=list(self.ids),
                not_coming=list(NOT_COMING),
            )
        )
        return {patient_id: (last, following) for patient_id, last, following in rows}

    def _follow_up_kind(self):
        """The kind of visit that the practice has chosen for open treatment, or none."""
        follow_up = self.env["prm.follow.up"].sudo()
        return follow_up.search([("company_id", "=", self.company_id.id)]).visit_type_id

    def action_book_waiting(self):
        """Find a time for what waits, long enough for all of it; booked there, it is scheduled."""
        self.ensure_one()
        work = self._waiting_work().get(self.id, self.env["prm.procedure"])
        finders = self.env["prm.visit.finder"].with_context(default_patient_id=self.id)
        vals = {"company_id": self.company_id.id, "procedure_ids": [(6, 0, work.ids)]}
        if kind := self._follow_up_kind():
            vals["type_id"] = kind.id
        if provider := work.provider_id[:1]:
            kinds = self.env["prm.appointment.type"].search(
                [("company_id", "=", self.company_id.id), ("provider_ids", "in", provider.ids)]
            )
            default = vals.get("type_id") or finders.default_get(["type_id"]).get("type_id")
            if kinds and default not in kinds.ids:
                vals["type_id"] = kinds[0].id
            if kinds:
                vals |= {"with_whom": "one", "provider_id": provider.id}
        return finders.create(vals).action_look()

    def _settle_for_merge(self, kept):
        """Who was put off twice stays put off as who stays was."""
        super()._settle_for_merge(kept)
        snoozes = self.env["prm.unscheduled.snooze"].sudo()
        standing = snoozes.search([("patient_id", "in", (self.id, kept.id))])
        about = set(standing.filtered(lambda one: one.patient_id == kept).mapped("about"))
        standing.filtered(lambda one: one.patient_id == self and one.about in about).active = False
        # There is one row of open work for a patient; what it says is worked out anew afterwards.
        self.env["prm.open.work"].sudo().search([("patient_id", "=", self.id)]).unlink()

    def _give_to(self, kept):
        super()._give_to(kept)
        self.env["prm.open.work"]._mark_stale(kept)
