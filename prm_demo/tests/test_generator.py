import re
from collections import Counter
from datetime import date, timedelta
from random import Random

from odoo.addons.prm_dental import teeth
from odoo.tests import BaseCase

from ..mouths import make_mouths
from ..people import PATIENTS, make_people
from ..visits import AHEAD, HISTORY, make_visits

DAYS = (date(2026, 11, 23), date(2026, 2, 28), date(2028, 2, 29), date(2027, 1, 1))


def _practice(today):
    random = Random(19)
    people = make_people(random, today)
    return people, make_visits(random, people, today)


class TestGenerator(BaseCase):
    """What is invented is whole, on whatever day it is invented."""

    def test_same_seed_same_practice(self):
        self.assertEqual(_practice(DAYS[0]), _practice(DAYS[0]))

    def test_nobody_real(self):
        people, _visits = _practice(DAYS[0])
        self.assertEqual(len(people), PATIENTS)
        for person in people:
            self.assertTrue(not person.email or person.email.endswith("@example.com"))
            # 555-0100 to 555-0199 are reserved for fiction.
            self.assertTrue(not person.mobile or re.fullmatch(r"\+1\d{3}55501\d\d", person.mobile))
        mobiles = [person.mobile for person in people if person.mobile]
        self.assertEqual(len(mobiles), len(set(mobiles)))

    def test_families(self):
        people, _visits = _practice(DAYS[0])
        sizes = Counter(person.household for person in people)
        self.assertGreater(len(sizes), 180)
        self.assertGreater(sum(size > 1 for size in sizes.values()), 120)

    def test_visits_fit_into_the_practice(self):
        for today in DAYS:
            people, visits = _practice(today)
            places = Counter((visit.provider, visit.start) for visit in visits)
            self.assertEqual(max(places.values()), 1)
            chairs = Counter((visit.chair, visit.start) for visit in visits)
            self.assertEqual(max(chairs.values()), 1)
            for visit in visits:
                day = visit.start.date()
                self.assertLessEqual(today - timedelta(days=HISTORY), day)
                self.assertLessEqual(day, today + timedelta(days=AHEAD))
                self.assertLess(day.weekday(), 5)
                self.assertTrue(people[visit.person].comes)
                if day >= today:
                    self.assertIn(visit.status, ("booked", "confirmed"))
                    self.assertFalse(visit.procedures)
                    self.assertEqual(people[visit.person].status, "active")
                else:
                    self.assertEqual(bool(visit.procedures), visit.status == "completed")

    def test_always_work_on_the_screens(self):
        for today in DAYS:
            people, visits = _practice(today)
            last, ahead = {}, set()
            for visit in visits:
                if any(code in ("HYG", "PERM") for code, _tooth, _surfaces in visit.procedures):
                    last[visit.person] = visit.start.date()
                if visit.start.date() >= today and visit.kind == "hygiene":
                    ahead.add(visit.person)
            due = [
                number
                for number, day in last.items()
                if day + timedelta(days=184) < today and people[number].status == "active"
            ]
            self.assertGreater(len(set(due) - ahead), 80, today)
            self.assertGreater(len(ahead), 10, today)

    def test_mouths_are_whole(self):
        for today in DAYS:
            people, visits = _practice(today)
            findings, work = make_mouths(Random(19), people, visits, today)
            self.assertEqual((findings, work), make_mouths(Random(19), people, visits, today))
            self.assertGreater(len(findings), 300)
            self.assertGreater(sum(one.state == "planned" for one in work), 60)
            for one in (*findings, *work):
                written = teeth.surfaces(teeth.TEETH[one.tooth], one.surfaces)
                self.assertEqual(written, one.surfaces)
                self.assertLess(one.day, today)

    def test_nothing_is_done_on_a_tooth_that_is_gone(self):
        for today in DAYS:
            _people, visits = _practice(today)
            gone = set()
            for visit in visits:
                for code, tooth, _surfaces in visit.procedures:
                    self.assertNotIn((visit.person, tooth), gone)
                    if code == "EXT":
                        gone.add((visit.person, tooth))
