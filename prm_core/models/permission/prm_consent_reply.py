from odoo import api, models

#: Version of what a reply of one word stands for, kept in the ledger.
WORDING = "reply-2026-11"


class PrmConsent(models.Model):
    """Permission given and taken back by a reply: STOP and START."""

    _inherit = "prm.consent"

    @api.model
    def _stop(self, patient, channel):
        """The patient wants nothing more by a channel: withdrawn for all that was allowed there.

        :return: the new rows.
        """
        states = self._states_of(patient, channel)
        allowed = [
            purpose
            for purpose, state in states.items()
            if state == "granted" or (state is None and not purpose.opt_in)
        ]
        return self._record_reply(patient, channel, allowed, "withdrawn")

    @api.model
    def _stop_marketing(self, patient, channel):
        """The patient has chosen in the messenger to get no advertising from the practice.

        :return: the new rows.
        """
        states = self._states_of(patient, channel)
        allowed = [
            purpose for purpose, state in states.items() if purpose.opt_in and state == "granted"
        ]
        return self._record_reply(patient, channel, allowed, "withdrawn", "provider")

    @api.model
    def _restart(self, patient, channel, source="reply"):
        """The patient takes a STOP back: what it ended is allowed again, and nothing else.

        :param source: where the STOP came from: ``reply`` or ``provider``.
        :return: the new rows.
        """
        domain = [("patient_id", "=", patient.id), ("channel_id", "=", channel.id)]
        newest = {}
        for row in self.search(domain, order="recorded_at, id"):
            newest[row.purpose_id] = row
        ended = [
            purpose
            for purpose, row in newest.items()
            if row.state == "withdrawn" and row.source == source
        ]
        return self._record_reply(patient, channel, ended, "granted", source)

    @api.model
    def _states_of(self, patient, channel):
        """``{purpose: what holds for it on the channel, None when nothing was said}``"""
        purposes = self.env["prm.purpose"].search([("code", "!=", False)])
        current = self._current(patient, purposes)
        return {
            purpose: current.get((patient.id, purpose.id, channel.id))
            or current.get((patient.id, purpose.id, False))
            for purpose in purposes
        }

    @api.model
    def _record_reply(self, patient, channel, purposes, state, source="reply"):
        return self.create(
            [
                {
                    "patient_id": patient.id,
                    "purpose_id": purpose.id,
                    "channel_id": channel.id,
                    "state": state,
                    "source": source,
                    "wording": WORDING,
                    "lang": patient.lang,
                }
                for purpose in purposes
            ]
        )
