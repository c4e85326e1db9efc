from collections import defaultdict
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.addons.prm_core.contact_hours import local_time
from odoo.tools import SQL

from .. import slots, slots_together, time_blocks


class PrmAppointmentType(models.Model):
    """When a kind of visit can be booked: what the slot search needs, read in few queries."""

    _inherit = "prm.appointment.type"

    @api.private
    def _free_slots(self, date_from, date_to, providers=None, wish=None, moved=None, extra=0):
        """Times at which this kind of visit can be booked. Six queries at most.

        :param datetime date_from: earliest start, UTC; :param datetime date_to: latest end, UTC.
        :param providers: only these `prm.provider`; default: all who do it.
        :param wish: a `slot_wishes.Wish`; default: everything suits.
        :param moved: the visit that is to be moved: it does not stand in its own way.
        :param int extra: minutes that the visit takes longer than usual.
        :return: list of `slots.Slot`, by start, then in the practice's order of providers.
        """
        self.ensure_one()
        self.check_access("read")
        found = slots.find_slots(
            *self._search_input(date_from, date_to, providers, moved, extra),
            not_before=date_from,
            not_after=date_to,
        )
        return wish.choose(found) if wish else found

    @api.private
    def _search_slots(self, date_from, date_to, providers=None, moved=None):
        """The same as a `slots.Search`, for who asks about parts of the time between.

        :rtype: slots.Search
        """
        self.ensure_one()
        self.check_access("read")
        return slots.Search(*self._search_input(date_from, date_to, providers, moved))

    @api.model
    @api.private
    def _free_together(self, wants, date_from, date_to, gap=None, mode="either", **options):
        """Times for several patients who come together. Six queries for each of them at most.

        :param wants: list of (kind of visit, providers or None), one for each patient.
        :param timedelta gap: the longest wait in between; default: 15 minutes.
        :param mode: see `slots_together`.
        :param options: ``wish``, a `slot_wishes.Wish` that holds for each of them (whose provider
            comes first says it not); ``limit``, so many at most.
        :return: list of tuples of `slots.Slot`, in the order of the patients.
        """
        wish, limit = options.get("wish"), options.get("limit")
        parties = []
        for kind, providers in wants:
            kind.check_access("read")
            diaries, duration, chairs = kind._search_input(date_from, date_to, providers)
            parties.append(slots_together.Party(tuple(diaries), duration, chairs))
        return slots_together.find_together(
            parties,
            timedelta(minutes=15) if gap is None else gap,
            mode,
            not_before=date_from,
            not_after=date_to,
            suits=wish.suits if wish else None,
            limit=limit,
        )

    @api.private
    def _is_regular(self, slot):
        """Whether a slot would be offered if nobody had booked anything: so it was not made up."""
        diaries, duration, chairs = self._search_input(slot.start, slot.stop)
        idle = [replace(diary, busy=()) for diary in diaries]
        rooms = None if chairs is None else dict.fromkeys(chairs, ())
        found = slots.find_slots(idle, duration, rooms, not_before=slot.start, not_after=slot.stop)
        return any(item.provider_id == slot.provider_id for item in found)

    def _search_input(self, date_from, date_to, providers=None, moved=None, extra=0):
        """What `slots.find_slots` wants to know: diaries, duration and chairs."""
        self.env.flush_all()
        # Whole days, and one more at each end: the grid starts where working time starts.
        date_from, date_to = date_from - timedelta(days=1), date_to + timedelta(days=1)
        staff = self._read_staff(providers)
        chairs = self._read_chairs()
        working = self._read_working(staff, date_from, date_to)
        held = self._read_held(staff, date_from, date_to)
        provider_busy, chair_busy = self._read_busy(staff, chairs or (), date_from, date_to, moved)
        diaries = [
            slots.Diary(
                person.id,
                tuple(working[person.id]),
                tuple(provider_busy[person.id]),
                tuple(held[person.id]),
                timedelta(minutes=person.duration + extra),
                timedelta(minutes=person.buffer_before),
                timedelta(minutes=person.buffer_after),
            )
            for person in staff
        ]
        if chairs is not None:
            chairs = {operatory_id: chair_busy[operatory_id] for operatory_id in chairs}
        # How long it takes each diary says itself.
        return diaries, None, chairs

    def _read_staff(self, providers):
        """Who does it, with what is needed of their resource and calendar, in one query."""
        only = SQL("TRUE")
        if providers is not None:
            only = SQL("provider.id = ANY(%s)", providers.ids)
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT provider.id, resource.id AS resource_id, resource.tz, resource.company_id,
                       resource.calendar_id, calendar.flexible_hours, calendar.two_weeks_calendar,
                       users.partner_id,
                       COALESCE(line.duration, kind.duration) AS duration,
                       COALESCE(line.buffer_before, kind.buffer_before, 0) AS buffer_before,
                       COALESCE(line.buffer_after, kind.buffer_after, 0) AS buffer_after
                  FROM prm_provider provider
                  JOIN prm_appointment_type kind ON kind.id = %(type)s
                  JOIN resource_resource resource ON resource.id = provider.resource_id
             LEFT JOIN resource_calendar calendar ON calendar.id = resource.calendar_id
             LEFT JOIN res_users users ON users.id = resource.user_id
             LEFT JOIN prm_appointment_type_provider line
                    ON line.type_id = kind.id AND line.provider_id = provider.id
                 WHERE resource.active AND provider.company_id = kind.company_id AND %(only)s
                   AND (EXISTS (SELECT FROM prm_appointment_type_provider_rel rel
                                 WHERE rel.type_id = %(type)s AND rel.provider_id = provider.id)
                        OR NOT EXISTS (SELECT FROM prm_appointment_type_provider_rel rel
                                        WHERE rel.type_id = %(type)s))
              ORDER BY provider.sequence, provider.name, provider.id
                """,
                only=only,
                type=self.id,
            )
        )
        return [_Person(row) for row in rows]

    def _read_chairs(self):
        """Ids of the chairs in which it can be done; None when it needs none."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT operatory.id, operatory.active
                  FROM prm_appointment_type_operatory_rel rel
                  JOIN prm_operatory operatory ON operatory.id = rel.operatory_id
                 WHERE rel.type_id = %s
              ORDER BY operatory.sequence, operatory.name, operatory.id
                """,
                self.id,
            )
        )
        return [operatory_id for operatory_id, active in rows if active] if rows else None

    def _read_working(self, staff, date_from, date_to):
        """``{provider id: working intervals}``; absences are not taken out here.

        Timetables are read for all providers at once, because `resource.calendar` asks several
        queries for each of them. Flexible hours, which have no timetable, are left to it.
        """
        result, timetables = {}, {}
        plain = [person for person in staff if person.calendar_id and not person.flexible_hours]
        shifts = self._read_shifts(plain)
        first_day, last_day = date_from.date(), date_to.date()
        for person in plain:
            key = (person.calendar_id, person.tz)
            if key not in timetables:
                timetables[key] = slots.expand_shifts(
                    shifts[person.calendar_id], person.tz, first_day, last_day
                )
            result[person.id] = timetables[key]
        for person in staff:
            if person.flexible_hours:
                result[person.id] = self._read_flexible_working(person, date_from, date_to)
            elif not person.calendar_id:
                # Odoo reads this as "always"; no patient is asked to come at three at night.
                result[person.id] = []
        return result

    def _read_shifts(self, staff):
        """``{calendar id: [Shift]}``"""
        two_weeks = {person.calendar_id: person.two_weeks_calendar for person in staff}
        result = defaultdict(list)
        if not two_weeks:
            return result
        rows = self.env.execute_query(
            SQL(
                """
                SELECT calendar_id, dayofweek, hour_from, hour_to, week_type
                  FROM resource_calendar_attendance
                 WHERE calendar_id = ANY(%s) AND display_type IS NULL AND day_period <> 'lunch'
                """,
                list(two_weeks),
            )
        )
        for calendar_id, weekday, hour_from, hour_to, week in rows:
            week = int(week or 0) if two_weeks[calendar_id] else None
            result[calendar_id].append(slots.Shift(int(weekday), hour_from, hour_to, week))
        return result

    def _read_flexible_working(self, person, date_from, date_to):
        resource = self.env["resource.resource"].sudo().browse(person.resource_id)
        intervals = resource.calendar_id._work_intervals_batch(
            pytz.utc.localize(date_from), pytz.utc.localize(date_to), resource, compute_leaves=False
        )[resource.id]
        return slots.merge(
            tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in interval[:2])
            for interval in intervals
        )

    def _read_held(self, staff, date_from, date_to):
        """``{provider id: intervals}`` that are kept for other kinds of visit."""
        blocks = self.env["prm.time.block"]._read_blocks(self.id, date_from, date_to)
        result, found = {}, {}
        now = fields.Datetime.now()
        for person in staff:
            mine = tuple(block for block in blocks if block.provider_id in (None, person.id))
            key = (mine, person.tz)
            if key not in found:
                found[key] = time_blocks.held_from(
                    self.id,
                    mine,
                    person.tz,
                    date_from.date(),
                    date_to.date(),
                    local_time(now, person.tz).date(),
                )
            result[person.id] = found[key]
        return result

    def _read_busy(self, staff, chairs, date_from, date_to, moved=None):
        """Visits, other meetings and absences.

        :param moved: a visit that does not count.

        :return: ``{provider id: intervals}`` and ``{operatory id: intervals}``
        """
        by_provider, by_chair = defaultdict(list), defaultdict(list)
        for provider_id, operatory_id, start, stop in self._query_visits(
            staff, chairs, date_from, date_to, moved
        ):
            stretch = (start, stop)
            by_provider[provider_id].append(stretch)
            by_chair[operatory_id].append(stretch)
        zones = {person.id: person.tz for person in staff}
        for provider_id, start, stop, whole_days in self._query_absences(staff, date_from, date_to):
            if whole_days:
                start, stop = _whole_days(start.date(), stop.date(), zones[provider_id])
            by_provider[provider_id].append((start, stop))
        return by_provider, by_chair

    def _query_visits(self, staff, chairs, date_from, date_to, moved):
        return self.env.execute_query(
            SQL(
                """
                SELECT prm_provider_id, prm_operatory_id,
                       LEAST(prm_busy_start, start), GREATEST(prm_busy_stop, stop)
                  FROM calendar_event
                 WHERE active AND prm_status <> 'cancelled' AND id <> ALL(%(moved)s)
                   AND start < %(stop)s AND stop > %(start)s
                   AND (prm_provider_id = ANY(%(providers)s) OR prm_operatory_id = ANY(%(chairs)s))
              ORDER BY start
                """,
                providers=[person.id for person in staff],
                chairs=list(chairs),
                moved=moved.ids if moved else [],
                start=date_from,
                stop=date_to,
            )
        )

    def _query_absences(self, staff, date_from, date_to):
        """Leave, public holidays, and what else stands in a provider's own Odoo calendar.

        :return: rows (provider id, start, stop, whether it is meant as whole days of the clock)
        """
        if not staff:
            return []
        people = SQL(
            "(VALUES %s) AS person (id, resource_id, calendar_id, company_id, partner_id)",
            SQL(", ").join(person.as_sql_row() for person in staff),
        )
        return self.env.execute_query(
            SQL(
                """
                SELECT person.id, leave.date_from, leave.date_to, FALSE
                  FROM %(people)s
                  JOIN resource_calendar_leaves leave
                    ON leave.resource_id = person.resource_id
                    OR (leave.resource_id IS NULL AND leave.company_id = person.company_id)
                 WHERE leave.time_type = 'leave'
                   AND (leave.calendar_id IS NULL OR leave.calendar_id = person.calendar_id)
                   AND leave.date_from < %(stop)s AND leave.date_to > %(start)s
             UNION ALL
                SELECT person.id, meeting.start, meeting.stop, meeting.allday
                  FROM %(people)s
                  JOIN calendar_attendee attendee ON attendee.partner_id = person.partner_id
                  JOIN calendar_event meeting ON meeting.id = attendee.event_id
                 WHERE meeting.active AND meeting.show_as = 'busy' AND attendee.state <> 'declined'
                   AND meeting.prm_provider_id IS DISTINCT FROM person.id
                   AND meeting.start < %(stop)s AND meeting.stop > %(start)s
                """,
                people=people,
                start=date_from,
                stop=date_to,
            )
        )


class _Person:
    """A provider as the search needs them."""

    def __init__(self, row):
        self.__dict__.update(row)

    def as_sql_row(self):
        return SQL(
            "(%s, %s::int, %s::int, %s::int, %s::int)",
            self.id,
            self.resource_id,
            self.calendar_id,
            self.company_id,
            self.partner_id,
        )


def _whole_days(first_day, last_day, zone):
    """Days of the wall clock as an interval in UTC."""
    zone = pytz.timezone(zone)
    midnight = time.min
    start = zone.localize(datetime.combine(first_day, midnight))
    stop = zone.localize(datetime.combine(last_day + timedelta(days=1), midnight))
    return tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in (start, stop))
