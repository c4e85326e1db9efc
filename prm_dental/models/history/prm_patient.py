from odoo import api, fields, models

from ... import mdas


class PrmPatient(models.Model):
    _inherit = "prm.patient"

    history_ids = fields.One2many("prm.history", "patient_id", string="Health Histories")
    history_valid_until = fields.Date(
        string="Health Questions Valid Until",
        compute="_compute_history_kept",
        compute_sudo=True,
        store=True,
        help="Empty: never answered.",
    )
    history_to_review = fields.Boolean(
        string="Health Questions to Review",
        compute="_compute_history_kept",
        compute_sudo=True,
        store=True,
    )
    is_very_anxious = fields.Boolean(
        string="Very Anxious",
        compute="_compute_is_very_anxious",
        compute_sudo=True,
        store=True,
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
        help="By the Modified Dental Anxiety Scale: 19 and above.",
    )
    history_state = fields.Selection(
        [("none", "Not asked yet"), ("expired", "Too old"), ("review", "To review"),
         ("valid", "Up to date")],
        string="Health Questions",
        compute="_compute_history_state",
    )  # fmt: skip
    barrier_text = fields.Char(
        string="Makes Care Hard",
        compute="_compute_barriers",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )
    barrier_help = fields.Text(
        string="What Helps",
        compute="_compute_barriers",
        groups="prm_core.group_prm_receptionist,prm_core.group_prm_clinician",
    )

    @api.depends("history_ids.state", "history_ids.valid_until")
    def _compute_history_kept(self):
        """What the newest answers say, kept where lists and boards read the patient anyway."""
        rows = self.env["prm.history"].search_read(
            [("patient_id", "in", self.ids), ("state", "!=", "draft")],
            ["patient_id", "state", "valid_until"],
            order="submitted_at, id",
            load="",
        )
        newest = {row["patient_id"]: row for row in rows}
        for patient in self:
            row = newest.get(patient.id, {})
            patient.history_valid_until = row.get("valid_until", False)
            patient.history_to_review = row.get("state") == "submitted"

    @api.depends("health_fact_ids.value_number", "health_fact_ids.ended_on")
    def _compute_is_very_anxious(self):
        known = self.env["prm.health.fact"]._current(self, ["dental_anxiety"])
        for patient in self:
            score = known.get(patient.id, {}).get("dental_anxiety", 0)
            patient.is_very_anxious = score >= mdas.HIGH

    @api.depends("history_valid_until", "history_to_review")
    def _compute_history_state(self):
        states = self.env["prm.history"]._states(self)
        for patient in self:
            patient.history_state = states.get(patient.id, "none")

    @api.depends("health_fact_ids")
    @api.depends_context("lang", "uid")
    def _compute_barriers(self):
        barriers = self._barriers()
        for patient in self:
            found = barriers.get(patient.id, self.env["prm.health.fact.type"])
            patient.barrier_text = ", ".join(found.mapped("name"))
            patient.barrier_help = "\n".join(text for text in found.mapped("help_desk") if text)

    def _barrier_help(self, languages):
        """What messages say to make coming easier, in two or three queries.

        :param languages: ``{patient id: language in which it is read}``
        :return: ``{patient id: words}``; nothing for whom nothing is known.
        """
        return {
            patient_id: "\n".join(
                filter(
                    None, kinds.with_context(lang=languages.get(patient_id)).mapped("help_patient")
                )
            )
            for patient_id, kinds in self.sudo()._barriers().items()
        }

    def _barriers(self):
        """What makes care hard for these patients, in one query, as far as the user may see it.

        :return: ``{patient id: prm.health.fact.type}``
        """
        facts = self.env["prm.health.fact"].search(
            [
                ("patient_id", "in", self.ids),
                ("ended_on", "=", False),
                ("type_id.is_barrier", "=", True),
                ("value_flag", "=", True),
            ]
        )
        found = {}
        for fact in facts:
            kinds = found.setdefault(fact.patient_id.id, self.env["prm.health.fact.type"])
            found[fact.patient_id.id] = kinds | fact.type_id
        return found

    def action_open_history(self):
        """What the patient has answered, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("prm_dental.prm_history_action")
        action["domain"] = [("patient_id", "=", self.id)]
        action["context"] = {"default_patient_id": self.id}
        return action

    def action_show_history_code(self):
        """A code that the patient scans, or the address for the practice's tablet."""
        self.ensure_one()
        self.check_access("write")
        shown = self.env["prm.history.show"].create({"patient_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Health questions of %s", self.display_name),
            "res_model": "prm.history.show",
            "res_id": shown.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _settle_for_merge(self, kept):
        """Of two sets of questions that are begun the one of who stays goes on."""
        super()._settle_for_merge(kept)
        drafts = self.env["prm.history"].sudo()
        drafts = drafts.search([("patient_id", "in", (self.id, kept.id)), ("state", "=", "draft")])
        if len(drafts) > 1:
            drafts.filtered(lambda draft: draft.patient_id == self).unlink()

    def _prm_prepare_history_list(self):
        """Plain values of the portal's list: whose questions they are, and how it stands."""
        states = self.env["prm.history"]._states(self)
        texts = {
            "none": self.env._("Not answered yet."),
            "expired": self.env._("Some time has passed. Please answer them again."),
            "review": self.env._("Thank you, your answers have come."),
            "valid": self.env._("Thank you, your answers have come."),
        }
        return [
            {
                "name": patient._salutation(),
                "text": texts[states[patient.id]],
                "open": states[patient.id] in ("none", "expired"),
                "address": f"/my/prm/history/{patient.id}",
            }
            for patient in self
        ]
