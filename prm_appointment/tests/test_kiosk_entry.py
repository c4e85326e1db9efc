from datetime import date, datetime, timedelta

import hypothesis
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import kiosk_entry as ke
from .. import visit_status as vs

TODAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 10)


class TestNames(BaseCase):
    def _fits(self, typed, first="Anna-Maria", last="De la Cruz Müller", preferred="Annie"):
        return ke.name_fits(typed, first, last, preferred)

    def test_forgiving(self):
        for typed in (
            "Anna-Maria", "anna maria", "ANNAMARIA", "Anna", "maria", "Müller", "mueller",
            "MULLER", "de la cruz müller", "De la Cruz", "Cruz", " Annie ", "Annie Mueller",
            "Anna-Maria De la Cruz Müller", "De la Cruz Müller, Anna-Maria", "Müller Anna",
        ):  # fmt: skip
            self.assertTrue(self._fits(typed), typed)

    def test_not_too_forgiving(self):
        for typed in ("", "-", "Ann", "Mari", "Anna Rossi", "Rossi", "Cruzmüll", "m", "%", "_"):
            self.assertFalse(self._fits(typed), typed)

    def test_other_scripts_and_single_names(self):
        for typed in ("小明", "王", "王小明", "小明王", "王 小明"):
            self.assertTrue(ke.name_fits(typed, "小明", "王"), typed)
        self.assertTrue(ke.name_fits("o'brien", "Ann", "O’Brien"))
        self.assertTrue(ke.name_fits("lukasz", "Łukasz", None))
        self.assertFalse(ke.name_fits("None", "Łukasz", None))

    @hypothesis.given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=12))
    def test_whatever_is_typed(self, typed, first, last):
        ke.name_fits(typed, first, last)
        if any(char.isalnum() for char in first):
            self.assertTrue(ke.name_fits(first, first, last))


class TestBirthDates(BaseCase):
    def _read(self, day, month, year):
        return ke.read_birth_date({"day": day, "month": month, "year": year}, TODAY)

    def test_sensible_entries(self):
        for typed in (("3", "7", "1985"), ("03", "07", "85"), ("3.", "7月", "1985"),
                      ("３", "７", "１９８５")):  # fmt: skip
            self.assertEqual(self._read(*typed), date(1985, 7, 3), typed)
        self.assertEqual(self._read("3", "27", "1985"), date(1985, 3, 27))
        self.assertEqual(self._read("27", "3", "1985"), date(1985, 3, 27))
        self.assertEqual(self._read("4", "5", "26"), TODAY)
        self.assertEqual(self._read("4", "5", "27"), date(1927, 5, 4))

    def test_no_dates(self):
        for typed in (("31", "2", "1985"), ("0", "1", "1985"), ("1", "1", ""), ("", "", ""),
                      ("x", "y", "z"), ("1", "1", "985"), ("5", "5", "2026"), ("1", "1", "1850"),
                      ("13", "13", "1985"), ("1", "1", "19855")):  # fmt: skip
            self.assertIsNone(self._read(*typed), typed)

    @hypothesis.given(st.dates(date(1928, 1, 1), TODAY))
    def test_every_date_in_its_fields(self, born):
        fields = (str(born.day), str(born.month))
        self.assertEqual(self._read(*fields, str(born.year)), born)
        self.assertEqual(self._read(*fields, f"{born.year % 100:02}"), born)

    def test_what_is_missing_is_named(self):
        typed = ke.as_typed({"name": " - ", "day": "1\x00"})
        self.assertEqual(ke.read(typed, TODAY), (None, {"name": "empty", "born": "date"}))
        self.assertEqual(ke.read(ke.as_typed({"name": "A"}), TODAY)[1], {"born": "empty"})


class TestJudge(BaseCase):
    def _visit(self, minutes, status=vs.BOOKED, number=1, waits=False, length=30):
        start = NOW + timedelta(minutes=minutes)
        return ke.Visit(number, start, start + timedelta(minutes=length), status, waits)

    def _judge(self, *visits):
        return ke.judge(list(visits), NOW)

    def test_one_visit(self):
        for minutes, verdict in ((10, ke.READY), (120, ke.READY), (121, ke.EARLY), (0, ke.READY),
                                 (-5, ke.READY), (-6, ke.LATE), (-29, ke.LATE),
                                 (-30, ke.OVER), (-90, ke.OVER)):  # fmt: skip
            for status in (vs.BOOKED, vs.CONFIRMED):
                self.assertEqual(self._judge(self._visit(minutes, status)), (verdict, [1]), minutes)

    def test_by_status(self):
        for status, verdict in ((vs.ARRIVED, ke.HERE), (vs.CANCELLED, ke.CANCELLED),
                                (vs.IN_CHAIR, ke.DESK), (vs.COMPLETED, ke.DESK),
                                (vs.NO_SHOW, ke.DESK)):  # fmt: skip
            self.assertEqual(self._judge(self._visit(10, status))[0], verdict, status)
        self.assertEqual(self._judge(self._visit(10, waits=True)), (ke.DESK, []))
        self.assertEqual(self._judge(), (ke.DESK, []))

    def test_visits_in_a_row_go_together_and_later_ones_wait(self):
        first, second = self._visit(15), self._visit(45, number=2)
        third, evening = self._visit(160, number=3), self._visit(480, number=4)
        self.assertEqual(self._judge(evening, second, third, first), (ke.READY, [1, 2, 3]))

    def test_what_stands_goes_before_what_is_over(self):
        cancelled = self._visit(5, vs.CANCELLED, number=2)
        self.assertEqual(self._judge(cancelled, self._visit(30)), (ke.READY, [1]))
        self.assertEqual(self._judge(cancelled, self._visit(300)), (ke.EARLY, [1]))
        arrived = self._visit(5, vs.ARRIVED, number=3)
        self.assertEqual(self._judge(arrived, self._visit(300)), (ke.HERE, [3]))
        self.assertEqual(self._judge(arrived, self._visit(30)), (ke.READY, [1]))
        self.assertEqual(self._judge(self._visit(-90), self._visit(30, number=2))[1], [2])


class TestContacts(BaseCase):
    def test_masks_show_their_owner_enough_and_others_nothing(self):
        self.assertEqual(ke.mask_phone("+39 333 123-4567"), "•••• 567")
        self.assertEqual(ke.mask_phone("112"), "••••")
        self.assertEqual(ke.mask_email("maria@example.com"), "m•••@e•••.com")

    def test_new_contacts(self):
        read = ke.read_contacts
        self.assertEqual(
            read({"mobile": "333 123 4567", "email": " Mia@Example.com "}, "IT"),
            ({"mobile": "+393331234567", "email": "mia@example.com"}, {}),
        )
        self.assertEqual(read({"mobile": "", "email": ""}, "IT"), ({}, {}))
        found, errors = read({"mobile": "12", "email": "x@"}, None)
        self.assertEqual((found, errors), ({}, {"mobile": "mobile", "email": "email"}))
