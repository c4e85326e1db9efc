from collections import Counter, defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..messaging.reasons import reason_text
from .prm_enrolment import UNDER_WAY

ON_ITS_WAY = ("draft", "queued", "sending")
SENT = ("sent", "delivered", "read", "acted")
READ = ("read", "acted")
HELD_BACK = ("suppressed", "failed", "unknown")
LEFT = ("exited", "stopped")


class PrmJourney(models.Model):
    """The figures of a journey, step by step. Each number comes with how to find its rows."""

    _inherit = "prm.journey"

    @api.readonly
    def get_funnel(self, all_versions=False):
        """How many came how far: for the journey's screen.

        A number is ``{"count", "model", "domain"}``. The first row is the start, then come the
        steps of this version; steps that only other versions have stand together in the last one.

        :param all_versions: whether people on the other versions count as well.
        :return: dict with ``versions`` (how many there are) and ``rows``.
        """
        self.ensure_one()
        self.check_access("read")
        family = self.with_context(active_test=False).search(
            [("root_id", "=", self._root().id)], order="version"
        )
        chosen = family if all_versions else self
        rows = self._funnel_rows(chosen)
        self._count_people(chosen, rows)
        self._count_entries(rows)
        return {
            "versions": len(family),
            "rows": [row.to_plain(self.env) for row in rows if row.is_shown()],
        }

    def _funnel_rows(self, chosen):
        """The rows: the start, this version's steps, and what other versions have besides."""
        words = {"start": self.env._("Start"), "gone": self.env._("Steps of other versions")}
        rows = [
            _Row("start", words["start"]),
            *(_Row(step.id, step=step) for step in self.step_ids),
        ]
        by_step = {}
        for row in rows[1:]:
            step = row.step
            while step:
                by_step[step.id] = row
                step = step.previous_id
        others = _Row("gone", words["gone"])
        for journey in chosen:
            places = [rows[0]]
            for step in journey.step_ids:
                # Versions that came after this one know its steps by theirs.
                row, older = by_step.get(step.id), step.previous_id
                while not row and older:
                    row, older = by_step.get(older.id), older.previous_id
                row = row or others
                row.step_ids.append(step.id)
                places.append(row)
            for position, row in enumerate(places):
                row.after.append((journey.id, position))
                if position < len(journey.step_ids):
                    places[position + 1].before.append((journey.id, position))
        return [*rows, others]

    def _count_people(self, chosen, rows):
        """Who started, waits, reached the goal or left: one query."""
        after = {place: row for row in rows for place in row.after}
        before = {place: row for row in rows for place in row.before}
        groups = self.env["prm.enrolment"]._read_group(
            [("journey_id", "in", chosen.ids)],
            ["journey_id", "state", "reason", "position"], ["__count"],
        )  # fmt: skip
        for journey, state, reason, position, count in groups:
            place = (journey.id, min(position, len(journey.step_ids)))
            rows[0].reached += count
            if state == "held":
                rows[0].waiting += count
            elif state in UNDER_WAY and place in before:
                before[place].waiting += count
            elif state == "goal":
                after[place].goal += count
            elif state in LEFT:
                after[place].left[reason or ""] += count
        rows[0].journey_ids = chosen.ids

    def _count_entries(self, rows):
        """What became of the steps and of their messages: one query."""
        by_step = {step_id: row for row in rows for step_id in row.step_ids}
        entries = self.env["prm.enrolment.entry"]
        entries.flush_model()
        self.env["prm.message"].flush_model(["state", "reason"])
        query = entries._search([("step_id", "in", list(by_step))])
        message = query.left_join(query.table, "message_id", "prm_message", "id", "message")
        terms = [SQL.identifier(query.table, name) for name in ("step_id", "outcome", "reason")] + [
            SQL.identifier(message, name) for name in ("state", "reason")
        ]
        query.groupby = SQL(", ").join(terms)
        for step_id, outcome, reason, state, why, count in self.env.execute_query(
            query.select(*terms, SQL("COUNT(*)"))
        ):
            row = by_step[step_id]
            row.reached += count
            if outcome == "skipped":
                row.held["skipped", reason or ""] += count
            elif state in HELD_BACK:
                row.held["message", why or ""] += count
            elif state in ON_ITS_WAY:
                row.on_its_way += count
            else:
                row.sent += count
                row.read += count if state in READ else 0
                row.acted += count if state == "acted" else 0


class _Row:
    """One row of the figures while it is counted.

    :param key: ``start``, ``gone`` or the id of a step.
    """

    def __init__(self, key, label="", step=None):
        self.key, self.label, self.step = key, label, step
        self.step_ids, self.journey_ids = [], []
        #: (journey, position) of those who wait for it, and of those who have it behind them.
        self.before, self.after = [], []
        self.reached = self.waiting = self.goal = 0
        self.on_its_way = self.sent = self.read = self.acted = 0
        self.held, self.left = Counter(), Counter()

    def is_shown(self):
        return self.key != "gone" or self.reached or self.waiting

    def to_plain(self, env):
        people, entries = "prm.enrolment", "prm.enrolment.entry"
        start = self.key == "start"
        mine = Domain("step_id", "in", self.step_ids)
        waiting = Domain("state", "in", ("active", "paused")) & _places(self.before)
        reached = mine
        if start:
            waiting = Domain("state", "=", "held") & Domain("journey_id", "in", self.journey_ids)
            reached = Domain("journey_id", "in", self.journey_ids)
        taken = mine & Domain("outcome", "=", "taken")
        sent = taken & (Domain("message_id", "=", False) | Domain("message_id.state", "in", SENT))
        after = _places(self.after)
        return {
            "key": self.key,
            "label": self.label,
            "when": self.step.when_text if self.step else "",
            "only_if": self.step.only_if_text if self.step else "",
            "do": self.step.do_text if self.step else "",
            "reached": _number(self.reached, people if start else entries, reached),
            "waiting": _number(self.waiting, people, waiting),
            "on_its_way": _number(
                self.on_its_way, entries, taken & Domain("message_id.state", "in", ON_ITS_WAY)
            ),
            "sent": _number(self.sent, entries, sent),
            "read": _number(self.read, entries, taken & Domain("message_id.state", "in", READ)),
            "acted": _number(self.acted, entries, taken & Domain("message_id.state", "=", "acted")),
            "goal": _number(self.goal, people, after & Domain("state", "=", "goal")),
            "held": self._held_numbers(env, mine),
            "left": self._left_numbers(env, after),
        }

    def _held_numbers(self, env, mine):
        words, found = env["prm.enrolment.entry"]._reason_words(), []
        for (kind, reason), count in self.held.most_common():
            if kind == "skipped":
                domain = Domain("outcome", "=", "skipped") & Domain("reason", "=", reason or False)
            else:
                domain = (
                    Domain("outcome", "=", "taken")
                    & Domain("message_id.state", "in", HELD_BACK)
                    & Domain("message_id.reason", "=", reason or False)
                )
            label = words.get(reason) if kind == "skipped" else reason_text(env, reason)
            number = _number(count, "prm.enrolment.entry", mine & domain)
            found.append({"label": label or reason or env._("No reason given."), **number})
        return found

    def _left_numbers(self, env, after):
        words, found = env["prm.enrolment"]._reason_words(self.left), []
        for reason, count in self.left.most_common():
            domain = after & Domain("state", "in", LEFT) & Domain("reason", "=", reason or False)
            number = _number(count, "prm.enrolment", domain)
            found.append({"label": words.get(reason) or reason or "", **number})
        return found


def _number(count, model, domain):
    return {"count": count, "model": model, "domain": list(domain)}


def _places(places):
    """Domain of people at some (journey, position)."""
    by_journey = defaultdict(list)
    for journey_id, position in places:
        by_journey[journey_id].append(position)
    return Domain.OR(
        Domain("journey_id", "=", journey_id) & Domain("position", "in", positions)
        for journey_id, positions in by_journey.items()
    )
