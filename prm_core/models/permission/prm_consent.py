from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PrmConsent(models.Model):
    """Ledger of permission to contact: who said yes or no, to what, when, and how we know.

    Append-only. What holds today is the newest row for a purpose and a channel. Consent to
    treatment is another thing and is kept as a document.
    """

    _name = "prm.consent"
    _description = "Permission to Contact"
    _order = "recorded_at desc, id desc"
    _rec_name = "purpose_id"

    patient_id = fields.Many2one("prm.patient", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="patient_id.company_id", store=True, precompute=True)
    purpose_id = fields.Many2one("prm.purpose", required=True, ondelete="restrict")
    channel_id = fields.Many2one(
        "prm.channel", ondelete="restrict", help="Empty: by every channel."
    )
    state = fields.Selection(
        [("granted", "Granted"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
        required=True,
    )
    source = fields.Selection(
        [
            ("desk", "At the desk"),
            ("paper", "On paper"),
            ("phone", "By phone"),
            ("portal", "Online"),
            ("reply", "By reply"),
            ("provider", "In the messenger"),
            ("import", "From an import"),
        ],
        required=True,
        default="desk",
    )
    wording = fields.Char(help="Version of the words that the patient was shown.")
    given_by_id = fields.Many2one(
        "res.partner",
        string="Given by",
        ondelete="restrict",
        help="The guardian, when it was not the patient.",
    )
    lang = fields.Char(string="Language", help="Language of the words that were shown.")
    attachment_id = fields.Many2one("ir.attachment", string="Scan", ondelete="restrict")
    recorded_at = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="By", default=lambda self: self.env.uid)

    _current_idx = models.Index("(patient_id, purpose_id, channel_id, recorded_at DESC, id DESC)")

    @api.model
    def _current(self, patients, purposes):
        """What holds now for many patients and purposes, in one query.

        What a guardian has allowed ends on the day on which the patient comes of age: from then on
        only the patient's own word counts as a yes. A guardian's no stays until the patient speaks.

        :return: ``{(patient id, purpose id, channel id or False): state}``.
        """
        if not patients or not purposes:
            return {}
        self.flush_model()
        patients.flush_model(["birth_date"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (c.patient_id, c.purpose_id, c.channel_id)
                       c.patient_id, c.purpose_id, c.channel_id, c.state
                  FROM prm_consent c
                  JOIN prm_patient p ON p.id = c.patient_id
                 WHERE c.patient_id = ANY(%(patients)s) AND c.purpose_id = ANY(%(purposes)s)
                   AND NOT (c.state = 'granted' AND c.given_by_id IS NOT NULL
                            AND p.birth_date <= %(adults_born)s)
              ORDER BY c.patient_id, c.purpose_id, c.channel_id, c.recorded_at DESC, c.id DESC
                """,
                patients=list(patients.ids),
                purposes=list(purposes.ids),
                adults_born=self.env["prm.guardian"]._born_for_adults(
                    fields.Date.context_today(self)
                ),
            )
        )
        return {(patient, purpose, channel or False): state
                for patient, purpose, channel, state in rows}  # fmt: skip

    def write(self, vals):
        raise UserError(
            self.env._(
                "A permission can't be changed afterwards. Record what holds now as a new one."
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("A permission can't be deleted. Record what holds now as a new one.")
        )
