from babel.dates import format_date
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import file_path

from ... import letter_pdf
from ...outbox import Request
from .prm_message_outcome import Verdict

#: Letters of one print run: a stack that a person can look through.
LETTERS_PER_RUN = 200


class PrmMessageLetter(models.Model):
    """Letters: they wait until a person prints them, and pass the same states as all messages."""

    _inherit = "prm.message"

    by_hand = fields.Boolean(
        required=True, default=False, readonly=True, help="A person sends it, not the dispatcher."
    )
    letter_batch_id = fields.Many2one(
        "prm.letter.batch", string="Print run", readonly=True, copy=False, index="btree_not_null",
        ondelete="set null",
    )  # fmt: skip
    _letters_idx = models.Index("(company_id, scheduled_at) WHERE state = 'queued' AND by_hand")

    @api.model
    def _get_letters_due_domain(self):
        return [
            ("by_hand", "=", True),
            ("channel_id.code", "=", "letter"),
            ("state", "=", "queued"),
            ("scheduled_at", "<=", fields.Datetime.now()),
        ]

    def action_print_letters(self):
        """Make one PDF of the chosen letters that may go, or of all that are due.

        The gate is asked again, as it is before every message: who has said no, has moved or has
        died since gets none.
        """
        self._check_receptionist()
        domain = self._get_letters_due_domain()
        chosen = self or self.search(domain, limit=LETTERS_PER_RUN, order="scheduled_at, id")
        allowed = chosen.sudo()._claim_letters()._let_letters_pass()
        batches = self.env["prm.letter.batch"]
        for company, letters in allowed.grouped("company_id").items():
            pdf = letters._render_letters(company)
            batches |= batches._make(company, letters, pdf)
        return self._open_runs(batches, len(chosen) - len(allowed))

    def _claim_letters(self):
        """Take those that wait out of everybody else's reach."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE prm_message
                   SET state = 'sending', claimed_at = %(now)s, attempts = attempts + 1,
                       write_date = %(now)s
                 WHERE id IN (
                       SELECT id FROM prm_message
                        WHERE id = ANY(%(ids)s) AND state = 'queued' AND by_hand
                          FOR UPDATE SKIP LOCKED)
             RETURNING id
                """,
                now=fields.Datetime.now(),
                ids=self.ids,
            )
        )
        self.invalidate_model(["state", "claimed_at", "attempts"], flush=False)
        claimed = {row[0] for row in rows}
        return self.filtered(lambda letter: letter.id in claimed)

    def _let_letters_pass(self):
        """Those that the gate lets go now; what it says of the others is recorded."""
        facts, broken = self._each_by_itself(self._gather_claimed_facts)
        asked = self - broken
        held_back = asked._judge_forbidden(facts)
        self._record([*held_back, *broken._judge_broken()])
        left = {verdict.message_id for verdict in held_back}
        allowed = asked.filtered(lambda letter: letter.id not in left).sorted("id")
        allowed._find_recipients(facts)
        return allowed

    def _find_recipients(self, facts):
        """Who gets each letter on this day: the patient, or who speaks for the patient now.

        :param facts: ``{message id: policy.Facts}``
        """
        requests = [Request(letter.patient_id, letter.purpose_id.code) for letter in self]
        found = self._with_recipients(requests, [facts[letter.id] for letter in self])
        for letter, request in zip(self, found, strict=True):
            recipient = request.recipient or self.env["res.partner"]
            if letter.recipient_id != recipient:
                letter.recipient_id = recipient

    def _render_letters(self, company):
        """One PDF with a sheet or more for each; name and address are those of who gets it."""
        head = company._prepare_letterhead()
        letters = []
        for message in self:
            message.address = message.patient_id._postal_address(message.recipient_id)
            name = (message.recipient_id or message.patient_id).name
            day = fields.Date.context_today(message)
            letters.append(
                letter_pdf.Letter(
                    address=(name, *message.address.splitlines()),
                    day=format_date(day, "long", locale=message.lang or "en"),
                    subject=message.subject or "",
                    body=message.body or "",
                    **head,
                )
            )
        return letter_pdf.render(letters, file_path("web/static/fonts/google/Roboto"))

    def _open_runs(self, batches, left_out):
        """Ask how it went; or say that nothing could be printed."""
        if not batches:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "message": self.env._(
                        "There is no letter that may go now. What was held back says why."
                    )
                    if left_out
                    else self.env._("No letter is due."),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        action = self.env["ir.actions.actions"]._for_xml_id("prm_core.prm_letter_batch_action")
        if len(batches) == 1:
            return {**action, "views": [(False, "form")], "res_id": batches.id}
        return {**action, "domain": [("id", "in", batches.ids)]}

    def action_put_back_letter(self):
        """One sheet was spoilt: this letter waits again, the others of the run don't."""
        self._check_receptionist()
        letters = self.sudo().try_lock_for_update()
        letters = letters.filtered(lambda letter: letter.by_hand and letter.state == "sending")
        if not letters:
            raise UserError(self.env._("Only letters that are being printed can be put back."))
        letters._put_back()

    def _put_back(self):
        """Let letters wait again, as if nobody had printed them."""
        now = fields.Datetime.now()
        self._record(
            [
                Verdict(letter.id, "queued", scheduled_at=now, attempts=letter.attempts - 1)
                for letter in self
            ]
        )
        self.letter_batch_id = False
