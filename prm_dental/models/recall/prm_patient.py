from odoo import api, fields, models
from odoo.tools import SQL

#: Fields on which recalls depend.
RECALL_FIELDS = {
    "active", "status", "birth_date", "household_id", "open_balance", "first_visit_date",
    "company_id",
}  # fmt: skip


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    recall_ids = fields.One2many("prm.recall", "patient_id", string="Recalls")
    recall_count = fields.Integer(compute="_compute_recall_count")
    open_balance = fields.Monetary(
        string="Amount Open",
        readonly=True,
        copy=False,
        currency_field="balance_currency_id",
        groups="prm_core.group_prm_receptionist",
        help="What the patient owes. Written by whatever keeps the practice's accounts.",
    )
    balance_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Practice"
    )

    def _compute_recall_count(self):
        counts = dict(
            self.env["prm.recall"]._read_group(
                [("patient_id", "in", self.ids)], ["patient_id"], ["__count"]
            )
        )
        for patient in self:
            patient.recall_count = counts.get(patient, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Some recalls begin with becoming a patient."""
        patients = super().create(vals_list)
        if self.env["prm.recall.type"]._rules_in_use() & {"created", "first_visit"}:
            self.env["prm.recall"]._mark_stale(patients)
        return patients

    def write(self, vals):
        if not RECALL_FIELDS.intersection(vals):
            return super().write(vals)
        families = self.sudo().household_id.member_ids if "household_id" in vals else self.browse()
        result = super().write(vals)
        if {"household_id", "open_balance"}.intersection(vals):
            families |= self.sudo().household_id.member_ids
        self.env["prm.recall"]._mark_stale(self | families)
        return result

    def _family_balances(self):
        """What the families of these patients owe, in one query; add-ons that know of money may
        answer otherwise.

        :return: ``{patient id: amount}``
        """
        self.env["prm.patient"].flush_model(["open_balance", "household_id"])
        self.env.cr.execute(
            """
            SELECT id, SUM(open_balance)
              FROM (SELECT p.id, m.open_balance
                      FROM prm_patient p
                      JOIN prm_patient m ON m.household_id = p.household_id
                     WHERE p.id = ANY(%(ids)s) AND m.open_balance <> 0
                     UNION ALL
                    SELECT id, open_balance
                      FROM prm_patient
                     WHERE id = ANY(%(ids)s) AND household_id IS NULL AND open_balance <> 0
                   ) owed
          GROUP BY id
            """,
            {"ids": list(self.ids)},
        )
        return dict(self.env.cr.fetchall())

    def _last_words(self):
        """What each of these patients has written last within a year, in one query.

        :return: ``{patient id: (day, text)}``; nothing for whoever may not read messages.
        """
        messages = self.env["prm.message"]
        if not messages.has_access("read"):
            return {}
        messages.flush_model(["patient_id", "direction", "body"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, m.create_date::date, m.body
                  FROM unnest(%s::int[]) AS p(id)
            CROSS JOIN LATERAL (
                       SELECT create_date, body FROM prm_message
                        WHERE patient_id = p.id AND direction = 'in' AND body <> ''
                          AND company_id = ANY(%s)
                          AND create_date > now() AT TIME ZONE 'UTC' - interval '1 year'
                     ORDER BY create_date DESC, id DESC LIMIT 1
                       ) m
                """,
                list(self.ids),
                list(self.env.companies.ids),
            )
        )
        return {number: (day, text) for number, day, text in rows}

    def _worklist_barriers(self):
        """What keeps patients away, and what helps, in words for the desk: fear, cost, transport.

        As far as the user may see it, in one query for all.

        :return: ``{patient id: [words]}``
        """
        return {
            patient_id: [
                f"{kind.name}: {kind.help_desk}" if kind.help_desk else kind.name for kind in kinds
            ]
            for patient_id, kinds in self._barriers().items()
        }

    def action_open_recalls(self):
        """The patient's recalls, due or not."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_recall_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action
