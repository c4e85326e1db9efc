from datetime import timedelta
from itertools import pairwise

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..exceptions import SlotTaken
from .test_waitlist import WaitlistCase


@tagged("post_install", "-at_install")
class TestVisitFinder(WaitlistCase):
    """Tuesday noon in Rome: the front desk looks for a time while the patient is on the phone."""

    def _finder(self, patient=None, user=None, **wishes):
        """What the button on the patient opens; with wishes, after looking again."""
        patient = self.as_user(user or self.receptionist, patient or self.luca)
        finder = patient.env["prm.visit.finder"].browse(patient.action_find_time()["res_id"])
        form = Form(finder)
        form.type_id = self.hygiene
        for name, value in wishes.items():
            setattr(form, name, value)
        finder = form.save()
        finder.action_look()
        return finder

    def test_the_first_times_a_few_of_each_day(self):
        lines = self._finder().line_ids
        self.assertEqual(len(lines), 15)
        self.assertEqual(lines.mapped("start"), sorted(lines.mapped("start")))
        days = [one.start.date() for one in lines]
        self.assertEqual(max(days.count(day) for day in days), 3)
        starts = lines.mapped("start")
        apart = [later - before for before, later in pairwise(starts)]
        self.assertGreaterEqual(min(apart), timedelta(hours=1))
        free = self.hygiene._free_slots(self._at(11, days=1), self._at(23, days=3))
        self.assertEqual(lines[0].start, free[0].start)

    def test_book(self):
        finder = self._finder(source="desk")
        line = finder.line_ids[4]
        action = line.action_book()
        [visit] = self.env["calendar.event"].search([("prm_patient_id", "=", self.luca.id)])
        self.assertEqual((visit.start, visit.prm_provider_id), (line.start, line.provider_id))
        self.assertEqual((visit.prm_source, visit.prm_status), ("desk", "booked"))
        self.assertTrue(visit.prm_operatory_id or not self.hygiene.operatory_ids)
        self.assertIn("Luca", action["params"]["message"])
        with self.assertRaises(SlotTaken):
            line.action_book()

    def test_wishes(self):
        morning = self._finder(part="morning", weekday="4").line_ids
        self.assertTrue(morning)
        for line in morning:
            local = line.start.hour + 1
            self.assertLess(local, 12)
            self.assertEqual(line.start.weekday(), 4)
        later = self._finder(date_from=self._at(0, days=10).date()).line_ids
        self.assertGreaterEqual(later[0].start, self._at(0, days=9, minutes=60 * 23))
        other = self.giulia.copy({"name": "Sam"})
        self.hygiene.provider_ids |= other
        only = self._finder(with_whom="one", provider_id=other).line_ids
        self.assertEqual(only.provider_id, other)

    def test_whom_they_know_first(self):
        other = self.giulia.copy({"name": "Sam"})
        self.hygiene.provider_ids |= other
        self._book(self._at(9, days=10), self.luca)
        self.assertEqual(self._finder().usual_provider_id, self.giulia)
        lines = self._finder(with_whom="usual").line_ids
        self.assertEqual(lines.provider_id, self.giulia)

    def test_with_my_child(self):
        finder = self._finder(other_patient_id=self.maria)
        line = finder.line_ids[0]
        self.assertTrue(line.other_start)
        self.assertIn(self.giulia.name, line.other_text)
        line.action_book()
        visits = self.env["calendar.event"].search(
            [("prm_patient_id", "in", (self.luca | self.maria).ids), ("id", "!=", self.visit.id)]
        )
        self.assertEqual(len(visits), 2)
        first, second = visits.sorted("start")
        self.assertEqual(first.stop, second.start)
        with self.assertRaises(SlotTaken):
            line.action_book()

    def test_what_is_booked_is_what_is_shown(self):
        """Wishes may have been changed since the last look."""
        finder = self._finder()
        line = finder.line_ids[0]
        finder.write({"patient_id": self.maria.id, "part": "evening"})
        line.action_book()
        visit = self.env["calendar.event"].search([("start", "=", line.start)])
        self.assertEqual(visit.prm_patient_id, self.luca)

    def test_nothing_free(self):
        self.hygiene.provider_ids.active = False
        self.assertFalse(self._finder().line_ids)

    def test_the_kind_is_that_of_the_last_visit(self):
        kinds = self.env["prm.appointment.type"]
        brief = kinds.create({"name": "Look", "company_id": self.practice.id})
        brief.write({"provider_ids": self.giulia.ids, "duration": 15})
        wish = {"patient": self.luca, "type": brief, "provider": self.giulia}
        self.env["calendar.event"]._prm_book([{**wish, "start": self._at(9, days=10)}])
        luca = self.as_user(self.receptionist, self.luca)
        finder = luca.env["prm.visit.finder"].browse(luca.action_find_time()["res_id"])
        self.assertEqual(finder.type_id, brief)
        self.assertTrue(finder.line_ids)

    def test_who_may(self):
        for user in (self.outsider, self.portal):
            with self.assertRaises(AccessError):
                self._finder(user=user)
        finder = self._finder()
        with self.assertRaises(AccessError):
            self.as_user(self.clinician, finder).read(["patient_id"])
