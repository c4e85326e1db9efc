from odoo import models

from .prm_enrolment import OPEN


class PrmEnrolmentTakeBack(models.Model):
    """What is undone when a journey loses its point, or its date moves."""

    _inherit = "prm.enrolment"

    def _leave_nothing(self):
        """Take back what waits, and close tasks that the journey gave."""
        self._take_back("journey_left")
        self._close_tasks()

    def _take_back(self, reason):
        """Keep messages that wait from going out: what they say holds no longer.

        A message may speak for a whole family. Then the others are told anew, without what holds no
        longer.

        :param reason: code of why, for the messages of these people themselves.
        """
        if not self:
            return
        own = self._entries([("enrolment_id", "in", self.ids)]).message_id
        waiting = (own | own.merged_into_id)._call_back(reason)
        if not waiting:
            return
        others = self._entries(
            [("enrolment_id", "not in", self.ids), ("enrolment_id.state", "in", OPEN), "|",
             ("message_id", "in", waiting.ids), ("message_id.merged_into_id", "in", waiting.ids)]
        )  # fmt: skip
        (waiting - own).write({"reason": "family_changed"})
        others._take_anew()

    def _entries(self, domain):
        return self.env["prm.enrolment.entry"].sudo().search(domain)

    def _close_tasks(self):
        """Tasks and calls whose reason has gone close themselves."""
        entries = self._entries(
            [("enrolment_id", "in", self.ids), "|", ("activity_id", "!=", False),
             ("message_id.channel_id.code", "=", "phone")]
        )  # fmt: skip
        entries.activity_id.unlink()
        calls = self.env["prm.call"].sudo().search(
            [("message_id", "in", entries.message_id.ids), ("state", "=", "to_do")]
        )  # fmt: skip
        calls.write({"state": "done", "outcome": "called_off"})
        calls.message_id.write({"state": "suppressed", "reason": "journey_left"})


class PrmEnrolmentEntry(models.Model):
    _inherit = "prm.enrolment.entry"

    def _take_anew(self):
        """Take steps again whose message was taken back for no reason of their own."""
        for step, entries in self.grouped("step_id").items():
            people = entries.enrolment_id
            effects = people._take(step)
            for entry in entries:
                # The first message goes on saying what became of it.
                entry.write(effects[entry.enrolment_id.id])
