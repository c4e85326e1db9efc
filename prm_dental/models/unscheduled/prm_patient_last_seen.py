from odoo import api, fields, models
from odoo.tools import SQL

#: Visits to which the patient came.
CAME = ("arrived", "in_chair", "completed")


class PrmPatient(models.Model):
    """When a patient was last here, kept so that who has lapsed is found at once."""

    _inherit = "prm.patient"

    last_seen_on = fields.Date(
        string="Last Here",
        readonly=True,
        copy=False,
        help="The last visit to which the patient came, or the last completed procedure.",
    )

    is_lapsed = fields.Boolean(
        string="Lapsed",
        compute="_compute_is_lapsed",
        search="_search_is_lapsed",
        help="Not here for as many months as the practice says, and nothing booked.",
    )

    _last_seen_idx = models.Index("(last_seen_on, id) WHERE active AND status = 'active'")

    @api.depends("last_seen_on")
    def _compute_is_lapsed(self):
        lapsed = self.env["prm.lapsed"].sudo().search([("patient_id", "in", self.ids)]).patient_id
        for patient in self:
            patient.is_lapsed = patient in lapsed

    def _search_is_lapsed(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return [("id", "in", self.env["prm.lapsed"].sudo()._search([]))]

    def _recompute_last_seen(self):
        """Bring `last_seen_on` of these patients in line with visits and procedures."""
        if not self:
            return
        self.env["calendar.event"].flush_model(["prm_patient_id", "prm_status", "start", "active"])
        self.env["prm.procedure"].flush_model(["patient_id", "date", "state"])
        self.env["prm.patient"].flush_model(["first_visit_date"])
        self.env.execute_query(
            SQL(
                """
                UPDATE prm_patient p SET last_seen_on = seen.day
                  FROM (SELECT i.id, GREATEST(
                               i.first_visit_date,
                               (SELECT max(v.start)::date FROM calendar_event v
                                 WHERE v.prm_patient_id = i.id AND v.active
                                   AND v.prm_status = ANY(%(came)s)),
                               (SELECT max(o.date) FROM prm_procedure o
                                 WHERE o.patient_id = i.id AND o.state = 'completed')) AS day
                          FROM prm_patient i
                         WHERE i.id = ANY(%(ids)s)) seen
                 WHERE p.id = seen.id AND p.last_seen_on IS DISTINCT FROM seen.day
             RETURNING p.id
                """,
                came=list(CAME),
                ids=list(self.ids),
            )
        )
        self.env["prm.patient"].invalidate_model(["last_seen_on"], flush=False)
