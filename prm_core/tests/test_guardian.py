from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from ..policy import ALLOW, SUPPRESS, Decision, merge
from .test_message import MessageCase


@tagged("post_install", "-at_install")
class TestGuardians(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.maria)
        cls.leo = cls._patient(
            first_name="Leo", last_name="Verdi", email="leo@example.com", lang="en_US",
            birth_date=cls.today - relativedelta(years=9),
        )  # fmt: skip
        cls.mother = cls.env["prm.guardian"].create(
            {"patient_id": cls.leo.id, "partner_id": cls.maria.partner_id.id, "relation": "mother"}
        )

    def test_the_guardian_reads_it_in_her_own_language(self):
        message = self.queue(self.leo)
        self.assertEqual((message.state, message.address), ("queued", "maria@example.com"))
        self.assertEqual(message.recipient_id, self.maria.partner_id)
        self.assertEqual(message.lang, "it")
        self.assertIn("Goes to the guardian", message.why)

    def test_who_gets_messages_is_a_choice(self):
        self.mother.receives = False
        self.assertEqual(self.queue(self.leo).address, "leo@example.com")

    def test_the_first_who_can_be_reached(self):
        father = self.env["res.partner"].create({"name": "Ugo", "email": "ugo@example.com"})
        self.env["prm.guardian"].create(
            {"patient_id": self.leo.id, "partner_id": father.id, "sequence": 20}
        )
        self.assertEqual(self.queue(self.leo).address, "maria@example.com")
        self.maria.email = False
        self.assertEqual(self.queue(self.leo).address, "ugo@example.com")

    def test_a_guardian_who_cannot_be_reached(self):
        self.maria.email = False
        message = self.queue(self.leo)
        self.assertEqual((message.state, message.reason), ("suppressed", "no_email"))

    def test_of_age_patients_get_their_own(self):
        self.leo.birth_date = self.today - relativedelta(years=18)
        self.assertEqual(self.queue(self.leo).address, "leo@example.com")
        self.mother.basis = "care"
        self.assertEqual(self.queue(self.leo).address, "maria@example.com")

    def test_whom_somebody_speaks_for(self):
        aunt = self._patient(first_name="Zia", last_name="Verdi", birth_date="1950-01-01")
        care = self.env["prm.guardian"].create(
            {"patient_id": aunt.id, "partner_id": self.maria.partner_id.id, "basis": "care"}
        )
        guardians = self.env["prm.guardian"]
        person = self.maria.partner_id
        self.assertEqual(guardians._spoken_for_by(person), self.leo | aunt)
        self.assertFalse(guardians._spoken_for_by(self.leo.partner_id))
        self.mother.receives = False
        self.assertEqual(guardians._spoken_for_by(person), aunt)
        self.mother.receives = True
        self.leo.birth_date = self.today - relativedelta(years=18)
        self.assertEqual(guardians._spoken_for_by(person), aunt)
        care.active = False
        self.assertFalse(guardians._spoken_for_by(person))
        self.leo.birth_date = self.today - relativedelta(years=17)
        self.assertEqual(guardians._spoken_for_by(person), self.leo)
        self.leo.active = False
        self.assertFalse(guardians._spoken_for_by(person))

    def test_who_reads_is_asked_again_before_it_goes(self):
        message = self.queue(self.leo)
        self.leo.birth_date = self.today - relativedelta(years=18)
        session = self.dispatch()
        self.assertEqual(message.state, "sent")
        self.assertEqual([mail["To"] for mail in session.taken], ["leo@example.com"])

    def test_nobody_guards_themselves(self):
        with self.assertRaises(ValidationError):
            self.mother.patient_id = self.maria

    def test_asked_anew_at_eighteen_once(self):
        consents = self.env["prm.consent"]
        news = self.env.ref("prm_core.prm_purpose_news")
        consents.create(
            {"patient_id": self.leo.id, "purpose_id": news.id, "state": "granted",
             "given_by_id": self.maria.partner_id.id}
        )  # fmt: skip
        self.assertTrue(consents._current(self.leo, news))
        self.leo.birth_date = self.today - relativedelta(years=18, days=2)
        grown = self._patient(first_name="Ida", birth_date=self.leo.birth_date)
        for _day in range(2):
            self.env["prm.guardian"]._cron_of_age()
        self.assertFalse(consents._current(self.leo, news))
        kind = self.env.ref("prm_core.mail_activity_of_age")
        self.assertEqual(
            len(self.leo.activity_ids.filtered(lambda a: a.activity_type_id == kind)), 1
        )
        codes = self.leo.event_ids.event_type_id.mapped("code")
        self.assertIn("came_of_age", codes)
        self.assertFalse(grown.activity_ids)

    def test_queries_do_not_grow_with_guardians(self):
        def cost(count):
            children = self.env["prm.patient"]
            for number in range(count):
                child = self._patient(
                    first_name=f"C{number}", birth_date=self.today - relativedelta(years=5)
                )
                person = self.env["res.partner"].create(
                    {"name": f"P{number}", "email": f"p{number}@example.com"}
                )
                self.env["prm.guardian"].create({"patient_id": child.id, "partner_id": person.id})
                children |= child
            self.env.flush_all()
            self.env.invalidate_all()
            requests = [self.request(child) for child in children]
            before = self.env.cr.sql_log_count
            self.env["prm.message"]._queue(requests)
            return self.env.cr.sql_log_count - before

        cost(1)
        few = cost(3)
        self.assertLessEqual(cost(40), few + 3)


@tagged("post_install", "-at_install")
class TestFamilies(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.family = cls.env["prm.household"].create({"name": "Verdi"})
        cls.leo, cls.ida = (
            cls._patient(
                first_name=name, last_name="Verdi", email="maria@example.com", lang="it_IT"
            )
            for name in ("Leo", "Ida")
        )
        (cls.maria | cls.leo | cls.ida).household_id = cls.family
        cls.reminder = cls.env["prm.template"].create(
            {
                "name": "Visits",
                "purpose_id": cls.env.ref("prm_core.prm_purpose_care").id,
                "body_ids": [(0, 0, {
                    "lang": "it", "subject": "Visite",
                    "body": "{% for line in family.lines %}{{ line }}\n{% endfor %}",
                })],
            }
        )  # fmt: skip

    def wish(self, patient, hour, day="2026-12-01", **options):
        return self.request(
            patient, purpose="care", template=self.reminder, merge_key=day,
            merge_line=f"{patient.first_name}: {hour}", **options,
        )  # fmt: skip

    def test_one_message_for_the_visits_of_a_day(self):
        messages = self.env["prm.message"]._queue(
            [self.wish(self.maria, 9), self.wish(self.leo, 10), self.wish(self.ida, 11)]
        )
        self.assertEqual(messages.mapped("state"), ["queued", "suppressed", "suppressed"])
        self.assertEqual(messages[1:].mapped("reason"), ["merged", "merged"])
        self.assertEqual(messages[1:].merged_into_id, messages[0])
        for line in ("Maria: 9", "Leo: 10", "Ida: 11"):
            self.assertIn(line, messages[0].body)

    def test_what_comes_later_joins_what_waits(self):
        first = self.env["prm.message"]._queue([self.wish(self.maria, 9)])
        second = self.env["prm.message"]._queue([self.wish(self.leo, 10)])
        self.assertEqual((second.reason, second.merged_into_id), ("merged", first))
        self.assertIn("Leo: 10", first.body)
        self.assertIn("Maria: 9", first.body)

    def test_the_text_that_ships_names_all_visits_and_no_link_of_one(self):
        """Whoever joins later must be able to: a text with a link can't be written again."""
        self.reminder = self.env.ref("prm_core.prm_template_library_family")
        for body in self.reminder.body_ids:
            self.assertFalse(body._link_actions(), body.lang)
        first = self.env["prm.message"]._queue([self.wish(self.maria, 9), self.wish(self.leo, 10)])[
            0
        ]
        self.assertIn("Gentile Maria,", first.body)
        self.assertIn("- Maria: 9\n- Leo: 10\n\nVa tutto bene", first.body)
        self.env["prm.message"]._queue([self.wish(self.ida, 11)])
        self.assertIn("- Maria: 9\n- Leo: 10\n- Ida: 11\n\nVa tutto bene", first.body)

    def test_what_has_gone_is_joined_by_nothing(self):
        first = self.env["prm.message"]._queue([self.wish(self.maria, 9)])
        first.state = "sent"
        self.assertEqual(self.env["prm.message"]._queue([self.wish(self.leo, 10)]).state, "queued")

    def test_other_days_other_people_other_addresses(self):
        stranger = self._patient(first_name="Eva", email="maria@example.com", lang="it_IT")
        self.ida.email = "ida@example.com"
        messages = self.env["prm.message"]._queue(
            [
                self.wish(self.maria, 9),
                self.wish(self.leo, 9, day="2026-12-02"),
                self.wish(stranger, 9),
                self.wish(self.ida, 9),
            ]
        )
        self.assertEqual(set(messages.mapped("state")), {"queued"})


class TestMerge(BaseCase):
    def test_who_speaks_for_whom(self):
        yes = Decision(ALLOW, "ok", "email", "a@example.com")
        other = Decision(ALLOW, "ok", "sms", "+1")
        no = Decision(SUPPRESS, "refused")
        wishes = [(yes, "k"), (no, "k"), (yes, "k"), (other, "k"), (yes, None), (yes, None)]
        self.assertEqual(merge(wishes), [0, 1, 0, 3, 4, 5])
