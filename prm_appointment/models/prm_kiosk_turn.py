import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import kiosk_entry

#: Seconds in which somebody has to go on: a little more than the pages take to leave by themselves.
SECONDS = 180
#: Entries that open nothing, at one kiosk: (minutes, how many).
LIMITS = ((1, 6), (60, 40))
_LOCK = 7_360_005


class PrmKioskTurn(models.Model):
    """One person's turn at a kiosk: what the next page shows, kept here and not in its address.

    Each page has a code of its own that shows it once. So neither going back nor opening an
    address again shows the next person anything of the one before. A turn is over after minutes;
    of an entry that opened nothing only the moment is kept, for an hour, to count it.
    """

    _name = "prm.kiosk.turn"
    _description = "Turn at a Kiosk"
    _order = "id desc"
    _rec_name = "step"

    kiosk_id = fields.Many2one("prm.kiosk", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="kiosk_id.company_id", store=True, precompute=True)
    patient_id = fields.Many2one("prm.patient", index="btree_not_null", ondelete="cascade")
    step = fields.Char(required=True)
    lang = fields.Char()
    data = fields.Json()
    failed = fields.Boolean()
    begun_at = fields.Datetime(required=True, default=fields.Datetime.now)
    code_hash = fields.Char(required=True, groups="base.group_system")
    former_hash = fields.Char(
        groups="base.group_system", help="Of the page before: it may be sent twice."
    )
    shown = fields.Boolean()
    expires_at = fields.Datetime(required=True)

    _code_uniq = models.UniqueIndex("(code_hash)")

    @api.model
    def _may_try(self, kiosk):
        """Whether one more entry is read at a kiosk: names and birth dates are not to be tried."""
        # Two entries at once are counted one after the other.
        self.env.execute_query(SQL("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK, kiosk.id))
        now = fields.Datetime.now()
        wrong = [("kiosk_id", "=", kiosk.id), ("failed", "=", True)]
        return all(
            self.search_count([*wrong, ("begun_at", ">", now - timedelta(minutes=minutes))]) < most
            for minutes, most in LIMITS
        )

    @api.model
    def _begin(self, kiosk, step, data, patient=None, failed=False):
        """Begin a turn.

        :return: the code of its page.
        """
        code = secrets.token_urlsafe(18)
        self.create(
            {
                "kiosk_id": kiosk.id,
                "patient_id": patient.id if patient else False,
                "step": step,
                "lang": kiosk.env.lang,
                "data": data,
                "failed": failed,
                "code_hash": self._hash(code),
                "expires_at": fields.Datetime.now() + timedelta(seconds=SECONDS),
            }
        )
        return code

    @api.model
    def _hash(self, code):
        return hashlib.sha256(code.encode()).hexdigest()

    @api.model
    def _find(self, kiosk, code):
        """The turn of a page, for what is posted from it; empty when it is over.

        :return: (the turn, whether its page was sent before)
        """
        digest = self._hash(code or "")
        turn = self.search(
            [
                ("kiosk_id", "=", kiosk.id),
                ("expires_at", ">", fields.Datetime.now()),
                "|",
                ("code_hash", "=", digest),
                ("former_hash", "=", digest),
            ],
            limit=1,
        )
        return turn, bool(turn) and turn.code_hash != digest

    @api.model
    def _show(self, kiosk, code):
        """The turn whose page a code opens; empty when it has been seen, or is over."""
        turn, again = self._find(kiosk, code)
        if not turn or again or turn.shown:
            return self.browse()
        turn.shown = True
        return turn

    def _go(self, step, **data):
        """Go on to another page.

        :param data: what it shows, beside what is known.
        :return: its code.
        """
        self.ensure_one()
        code = secrets.token_urlsafe(18)
        self.write(
            {
                "step": step,
                "data": {**(self.data or {}), **data},
                "former_hash": self.code_hash,
                "code_hash": self._hash(code),
                "shown": False,
                "expires_at": fields.Datetime.now() + timedelta(seconds=SECONDS),
            }
        )
        return code

    def _repeat(self):
        """The page once more: its form was sent twice, and only the second answer is seen.

        :return: its code.
        """
        code = secrets.token_urlsafe(18)
        self.write({"code_hash": self._hash(code), "shown": False})
        return code

    # ------------------------------------------------------------
    # WHAT IS DONE
    # ------------------------------------------------------------

    def _visits(self):
        """The visits that the page is about, as they are now."""
        events = self.env["calendar.event"].with_context(active_test=False)
        ids = (self.data or {}).get("visits") or []
        found = events.browse(ids).exists()
        return found.filtered(lambda visit: visit.prm_patient_id == self.patient_id).sorted("start")

    def _check_in(self):
        """The patient is here.

        :return: the code of the next page.
        """
        verdict, ids = kiosk_entry.judge(
            self._visits()._prm_as_kiosk_visits(), fields.Datetime.now()
        )
        if verdict not in (kiosk_entry.READY, kiosk_entry.LATE):
            # The front desk was quicker, or the page was open for long.
            if verdict == kiosk_entry.DESK:
                return self._go("desk", verdict=verdict, visits=[])
            return self._go("visit", verdict=verdict, visits=ids)
        visits = self.env["calendar.event"].browse(ids)
        visits.with_context(prm_kiosk_id=self.kiosk_id.id)._prm_set_status("arrived")
        return self._go("here", verdict=verdict, visits=ids)

    def _may_propose(self):
        """Whether it makes sense to ask for the patient's own phone and email.

        For whom somebody else gets the messages, the contacts that count are not their own.
        """
        return not self.env["prm.guardian"]._receivers(self.patient_id)

    def _propose(self, params):
        """Note new contacts, for the front desk to accept.

        :return: the code of the next page.
        """
        typed = {
            name: str(params.get(name) or "").replace("\x00", "").strip()[: kiosk_entry.MAX_TYPED]
            for name in ("mobile", "email")
        }
        country = self.company_id.country_id.code or None
        found, errors = kiosk_entry.read_contacts(typed, country)
        if errors:
            return self._go("change", typed=typed, errors=errors)
        made = self.patient_id._prm_propose_contacts(found, kiosk=self.kiosk_id)
        return self._go("thanks", noted=bool(made), typed={}, errors={})

    @api.autovacuum
    def _gc_turns(self):
        """Forget turns: at once when they are over, an entry that opened nothing after an hour."""
        now = fields.Datetime.now()
        longest = timedelta(minutes=max(minutes for minutes, _most in LIMITS))
        over = [("failed", "=", False), ("expires_at", "<", now)]
        counted = [("failed", "=", True), ("begun_at", "<", now - longest)]
        self.search(["|", "&", *over, "&", *counted], limit=10_000).unlink()

    @api.model
    def _forget_over(self, kiosk):
        """Forget who was at a kiosk before."""
        over = [("kiosk_id", "=", kiosk.id), ("failed", "=", False)]
        self.search([*over, ("expires_at", "<", fields.Datetime.now())]).unlink()
