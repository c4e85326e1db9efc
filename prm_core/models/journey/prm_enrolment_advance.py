from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ... import ladder
from ...bulk import insert, read_rows

BATCH_SIZE = 1000
#: Minutes after which people on a journey that broke are looked at again.
REST_MINUTES = 60
#: Days after its last step in which a journey may still claim that its goal was reached.
ECHO_DAYS = 60


class PrmEnrolmentAdvance(models.Model):
    """The engine: people whose next step is due take it, batch by batch.

    A step's effect (a message in the outbox, a task), the entry that records it and the place of
    the person are written in one transaction. Whatever dies, all of it stands or none, and several
    workers share the work.
    """

    _inherit = "prm.enrolment"

    let_in_at = fields.Datetime(readonly=True)

    @api.model
    def _cron_advance(self):
        """Take all steps that are due. Several workers may run this at the same time."""
        commit = self.env["ir.cron"]._commit_progress
        afresh = self.env["prm.message"]._try_afresh
        while count := afresh(self._advance_batch):
            if not commit(count, remaining=int(count == BATCH_SIZE)):
                return

    @api.model
    def _advance_batch(self):
        """Take the steps of one batch, in this transaction.

        :return: how many people were looked at.
        """
        batch = self._claim_due(BATCH_SIZE)
        for journey, people in batch._by_journey().items():
            if journey._safely(people._advance) is None:
                people._rest()
        return len(batch)

    @api.model
    def _claim_due(self, limit):
        """People whose next step is due; their rows are this transaction's until it ends."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id
                  FROM (SELECT id, journey_id FROM prm_enrolment
                         WHERE state = 'active' AND next_at <= %s
                      ORDER BY next_at, id
                         LIMIT %s
                           FOR UPDATE SKIP LOCKED) e
                  JOIN prm_journey j ON j.id = e.journey_id
              ORDER BY j.priority, e.id
                """,
                fields.Datetime.now(),
                limit,
            )
        )
        return self.sudo().browse(row[0] for row in rows)

    def _rest(self):
        """Leave the people of a journey that broke alone for a while."""
        self.env.execute_query(
            SQL(
                """
                UPDATE prm_enrolment SET next_at = %s + %s * interval '1 minute'
                 WHERE id = ANY(%s) RETURNING id
                """,
                fields.Datetime.now(), REST_MINUTES, self.ids,
            )
        )  # fmt: skip
        self.invalidate_recordset(["next_at"], flush=False)

    def _advance(self):
        """Have people of one journey take the step that is due.

        :return: how many were looked at.
        """
        now = fields.Datetime.now()
        self._follow_records()
        journey = self.journey_id
        rungs, steps = journey._rungs(), journey.step_ids
        climbers, outlooks, entries = self._climbers(), {}, []
        by_step = defaultdict(list)
        for number in self.ids:
            outlook = outlooks[number] = ladder.look_ahead(rungs, climbers[number], now)
            if outlook.index is not None and outlook.due <= now:
                by_step[outlook.index].append(number)
        effects = {}
        for index, ids in by_step.items():
            effects.update(self.browse(ids)._take(steps[index]))
        unheard = self._unheard(effects)
        places = []
        for number, whose in self._prepare_whose().items():
            outlook, climber, effect = outlooks[number], climbers[number], effects.get(number)
            skipped = list(outlook.skipped)
            if effect:
                entry = self._prepare_entry(whose, steps[outlook.index], now)
                entries.append({**entry, **effect})
                climber = _climbed(climber, outlook, now, number not in unheard)
                outlook = ladder.look_ahead(rungs, climber, now)
                skipped += outlook.skipped
            for index, reason in skipped:
                entries.append(self._prepare_entry(whose, steps[index], now, "skipped", reason))
            places.append(_place(number, outlook, climber, len(rungs)))
        insert(self.env["prm.enrolment.entry"].sudo(), entries, skip_existing=True)
        self._write_places(places)
        return len(self)

    def _prepare_whose(self):
        """``{id: what every entry of this person says}``"""
        rows = read_rows(self, ("patient_id", "company_id", "round"))
        return {number: {"enrolment_id": number, **row._asdict()} for number, row in rows.items()}

    @api.model
    def _prepare_entry(self, whose, step, now, outcome="taken", reason=False):
        """Values of one entry.

        :param whose: as `_prepare_whose` gives it.
        """
        return {
            **whose,
            "step_id": step.id,
            "happened_at": now,
            "outcome": outcome,
            "reason": reason,
            "message_id": False,
            "activity_id": False,
        }

    @api.model
    def _unheard(self, effects):
        """Ids of those whom a step told nothing: it sent nothing, or the gate held it back."""
        messages = {effect.get("message_id"): one for one, effect in effects.items()}
        held_back = self.env["prm.message"].sudo().search(
            [("id", "in", list(filter(None, messages))), ("state", "=", "suppressed"),
             ("merged_into_id", "=", False)]
        )  # fmt: skip
        silent = {one for one, effect in effects.items() if not effect.get("message_id")}
        return silent | {messages[message] for message in held_back.ids}

    @api.model
    def _write_places(self, rows):
        """Write where people stand, with one statement.

        :param rows: (id, position, previous_at, contact_at, next_at, state)
        """
        if not rows:
            return
        now = fields.Datetime.now()
        self.env.execute_query(
            SQL(
                """
                UPDATE prm_enrolment e
                   SET position = p.position, previous_at = p.previous_at,
                       contact_at = p.contact_at, next_at = p.next_at, state = p.state,
                       write_date = %s,
                       ended_at = CASE WHEN p.state = 'active' THEN NULL ELSE %s END
                  FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::timestamp[],
                              %s::timestamp[], %s::varchar[])
                       AS p(id, position, previous_at, contact_at, next_at, state)
                 WHERE e.id = p.id AND e.state = 'active'
             RETURNING e.id
                """,
                now, now, *map(list, zip(*rows, strict=True)),
            )
        )  # fmt: skip
        self.invalidate_model(
            [
                "position", "previous_at", "contact_at", "next_at", "state", "ended_at",
                "write_date",
            ],
            flush=False,
        )  # fmt: skip

    def _is_ended_by(self, event):
        """Whether an event ends this enrolment: it came after the start, about the same thing."""
        self.ensure_one()
        same_record = (event.res_model, event.res_id) == (self.res_model, self.res_id)
        about_another = event.res_model == self.res_model and not same_record
        if about_another and event.res_model and not event.event_type_id.creates_record:
            return False
        if self.event_id:
            return event.id > self.event_id.id
        return event.occurred_at >= self.started_at

    def _is_echo_over(self, event):
        """Whether an event comes too long after the last step to be its work."""
        self.ensure_one()
        same_record = (event.res_model, event.res_id) == (self.res_model, self.res_id)
        if self.state != "done" or (event.res_model and same_record):
            return False
        return event.occurred_at > self.ended_at + timedelta(days=ECHO_DAYS)


def _place(number, outlook, climber, end):
    """Where a person stands, in the order of `_write_places`.

    :param number: id of the enrolment; :param end: the position of those who are at the end.
    """
    ended = outlook.index is None
    place = end if ended else outlook.index
    state = "done" if ended else "active"
    return (number, place, climber.previous, climber.contact, outlook.due, state)


def _climbed(climber, outlook, now, heard):
    """Where somebody stands after the step that was due just now.

    :param heard: whether the patient hears something of the step.
    """
    contact = now if heard else climber.contact
    return ladder.Climber(
        outlook.index + 1, climber.anchor, climber.zone, now, contact, climber.since,
        climber.lasting,
    )  # fmt: skip
