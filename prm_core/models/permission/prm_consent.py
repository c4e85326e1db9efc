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
            ("import", "From an import"),
        ],
        required=True,
        default="desk",
    )
    wording = fields.Char(help="Version of the words that the patient was shown.")
    lang = fields.Char(string="Language", help="Language of the words that were shown.")
    given_by_id = fields.Many2one("res.partner", string="Given by (guardian)", ondelete="restrict")
    attachment_id = fields.Many2one("ir.attachment", string="Scan", ondelete="restrict")
    recorded_at = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="By", default=lambda self: self.env.uid)

    _current_idx = models.Index("(patient_id, purpose_id, channel_id, recorded_at DESC, id DESC)")

    @api.model
    def _current(self, patients, purpose):
        """What holds now for many patients and one purpose, in one query.

        :return: ``{(patient id, channel id or False): state}``.
        """
        if not patients:
            return {}
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (patient_id, channel_id) patient_id, channel_id, state
                  FROM prm_consent
                 WHERE patient_id = ANY(%s) AND purpose_id = %s
              ORDER BY patient_id, channel_id, recorded_at DESC, id DESC
                """,
                list(patients.ids),
                purpose.id,
            )
        )
        return {(patient, channel or False): state for patient, channel, state in rows}

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
