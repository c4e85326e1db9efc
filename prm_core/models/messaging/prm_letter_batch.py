import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from .prm_message_outcome import Verdict


class PrmLetterBatch(models.Model):
    """Letters that were printed at one go, as one PDF.

    While nobody has said how it went, its letters are ``sending``. They are ``sent`` when somebody
    has seen them on paper, and wait again when they were put back.
    """

    _name = "prm.letter.batch"
    _description = "Print Run of Letters"
    _order = "id desc"

    company_id = fields.Many2one("res.company", string="Practice", required=True, index=True)
    state = fields.Selection(
        [("open", "Did it print well?"), ("printed", "Printed"), ("put_back", "Put Back")],
        required=True,
        default="open",
    )
    pdf = fields.Binary("Letters", attachment=True, readonly=True)
    pdf_name = fields.Char(compute="_compute_pdf_name")
    message_ids = fields.One2many("prm.message", "letter_batch_id", readonly=True)
    letter_count = fields.Integer("Number of letters", readonly=True)
    ended_at = fields.Datetime("Answered", readonly=True)

    @api.depends("create_date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for batch in self:
            moment = batch.create_date or fields.Datetime.now()
            day = fields.Datetime.context_timestamp(batch, moment).strftime("%Y-%m-%d %H:%M")
            batch.display_name = self.env._("Letters of %s", day)

    def _compute_pdf_name(self):
        for batch in self:
            batch.pdf_name = f"letters-{batch.id}.pdf"

    @api.model
    def _make(self, company, messages, pdf):
        """A batch of letters that were claimed.

        :param pdf: bytes, with the letters in the order of the messages.
        """
        batch = self.sudo().create(
            {
                "company_id": company.id,
                "pdf": base64.b64encode(pdf),
                "letter_count": len(messages),
            }
        )
        messages.sudo().letter_batch_id = batch
        return batch.with_env(self.env)

    def action_open_pdf(self):
        """The letters in a window of their own, ready for the printer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/pdf/{self.pdf_name}",
            "target": "new",
        }

    def action_printed(self):
        """All of it is on paper: now the letters count as sent."""
        now = fields.Datetime.now()
        letters = self._end("printed")
        letters._record([Verdict(letter.id, "sent", sent_at=now) for letter in letters])
        return self._next_action()

    def action_put_back(self):
        """Nothing useful came out: the letters wait again."""
        self._end("put_back")._put_back()
        return self._next_action()

    def _end(self, state):
        """Close batches that are open: their letters that nobody has said anything about."""
        letters = self.env["prm.message"]
        letters._check_receptionist()
        self.check_access("read")
        runs = self.sudo().try_lock_for_update().filtered(lambda batch: batch.state == "open")
        if not runs:
            raise UserError(self.env._("Somebody has answered for these letters already."))
        letters = runs.message_ids.filtered(lambda letter: letter.state == "sending")
        runs.write({"state": state, "ended_at": fields.Datetime.now()})
        return letters

    def _next_action(self):
        """Back to what still waits."""
        action = self.env["ir.actions.actions"]._for_xml_id("prm_core.prm_letter_action")
        return {**action, "target": "main"}
