from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models.journey.prm_journey_step import WEEKDAYS
from .test_journey_engine import JourneyCase


class ScreenCase(JourneyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.birthday = cls.env.ref("prm_core.prm_journey_source_birthday")
        cls.has_email = cls.env.ref("prm_core.prm_journey_condition_has_email").id

    @classmethod
    def _birthdays(cls, *steps, **vals):
        """A journey before a birthday."""
        vals = {"start_type_id": False, "source_id": cls.birthday.id, "reentry": "date", **vals}
        return cls._journey(*steps, **vals)

    def _born(self, name, days, email=True, **vals):
        """A patient whose birthday is so many days from now."""
        day = date(2026, 6, 1) + timedelta(days=days)
        mail = f"{name.lower()}@example.com" if email else False
        return self._patient(first_name=name, email=mail, birth_date=day.replace(year=1980), **vals)

    def lines(self, journey=None, user=None, **vals):
        user = user or self.receptionist
        forecast = self.as_user(user, self.env["prm.journey.forecast"]).create(
            {"journey_id": journey.id if journey else False, **vals}
        )
        forecast.action_show()
        return forecast.line_ids

    def told(self, lines):
        """(first name, day of June, place of the step, outcome, reason)"""
        return [
            (line.patient_id.first_name, line.moment.day,
             line.journey_id.step_ids.ids.index(line.step_id.id), line.outcome, line.reason or "")
            for line in lines
        ]  # fmt: skip


@tagged("post_install", "-at_install")
class TestLadderScreen(ScreenCase):
    """What the ladder and its dialog show."""

    def test_columns(self):
        journey = self._journey(
            (1, "weeks", "after", {"sat": False, "sun": False, "hour_from": 10, "hour_to": 12,
             "condition_ids": [(0, 0, {"condition_id": self.has_email})]}),
            live=False,
        )  # fmt: skip
        step = journey.step_ids
        self.assertEqual(
            (step.when_text, step.only_if_text, step.do_text),
            ("1 week after “Became a patient” (Monday to Friday, 10:00 – 12:00)",
             "the patient has an email address", "send “Hello” (as the patient prefers)"),
        )  # fmt: skip

    def test_the_preview_follows_what_is_typed(self):
        journey = self._journey((1, "days", "after"), live=False)
        with Form(journey) as form, form.step_ids.edit(0) as step:
            self.assertFalse(step.own_hours)
            step.own_hours = True
            self.assertEqual((step.hour_from, step.hour_to), (9, 18))
            step.amount = 3
            self.assertIn("3 days after “Became a patient” (09:00 – 18:00)", step.sentence)
            step.own_hours = False
            self.assertEqual((step.hour_from, step.hour_to), (0, 24))
        self.assertEqual((journey.step_ids.amount, journey.step_ids.hour_to), (3, 24))

    def test_weekdays_in_words(self):
        """Any set of days; all of them need no word, and none at all is refused."""
        journey = self._journey((1, "days", "after"), live=False)
        step = journey.step_ids
        for chosen, words in (
            ("mon tue wed thu fri sat sun", ""),
            ("mon tue wed thu fri", " (Monday to Friday)"),
            ("tue thu", " (on Tuesdays and Thursdays)"),
            ("mon wed fri sun", " (on Mondays, Wednesdays, Fridays and Sundays)"),
            ("sat", " (on Saturdays)"),
        ):
            with self.subTest(chosen):
                step.write({name: name in chosen.split() for name in WEEKDAYS})
                self.assertEqual(step.when_text, f"1 day after “Became a patient”{words}")
        with self.assertRaisesRegex(ValidationError, "at least one weekday"):
            step.sat = False

    def test_a_step_waits_for_its_weekday(self):
        days = {name: name in ("tue", "thu") for name in WEEKDAYS}
        journey = self._journey((2, "days", "after", days))
        self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        # It began on a Monday: two days later is a Wednesday.
        self.assertEqual([line.moment.day for line in self.lines(journey)], [4])
        self.assertEqual(self.people(journey).next_at.day, 4)

    def test_dates_to_count_from(self):
        journey = self._birthdays((1, "days", "after"), live=False)
        names = [name for name, _label in journey.anchor_choices]
        self.assertIn("birth_date", names)
        self.assertNotIn("create_date", names)
        self.assertFalse(self._journey((1, "days", "after"), live=False).anchor_choices)

    def test_channels_to_choose_from(self):
        journey = self._journey((1, "days", "after"), live=False)
        choices = {choice["code"]: choice for choice in journey.step_ids.channel_choices}
        self.assertTrue(choices["email"]["usable"] and choices["email"]["has_text"])
        self.assertFalse(choices["sms"]["usable"] or choices["sms"]["has_text"])

    def test_advice(self):
        journey = self._journey(live=False)
        self.assertIn("has no steps yet", journey.advice)
        whole = self._journey((1, "days", "after"), live=False)
        self.assertNotIn("no steps", whole.advice or "")
        self.env["res.lang"]._activate_lang("es_ES")
        whole.invalidate_recordset(["advice"])
        self.assertIn("“Hello” has no text in", whole.advice)


@tagged("post_install", "-at_install")
class TestWhatIsBroken(ScreenCase):
    """A filter whose field is gone after an upgrade."""

    def setUp(self):
        super().setUp()
        self.whole = self._birthdays((0, "days", "after"), name="Whole")
        self.broken = self._birthdays((0, "days", "after"), name="Broken")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE prm_journey SET patient_domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", self.broken.id],
        )
        self.env.invalidate_all()
        self._born("Anna", 5)

    def test_it_is_said_and_the_others_are_shown(self):
        self.assertIn("can't be read", self.broken.advice)
        self.assertEqual(self.lines().journey_id, self.whole)
        with self.assertRaisesRegex(UserError, "choose the filter again"):
            self.lines(self.broken)

    def test_it_can_be_mended_in_a_new_version(self):
        draft = self.env["prm.journey"].browse(self.broken.action_change()["res_id"])
        self.assertIn("can't be read", draft.advice)
        with self.assertRaisesRegex(ValidationError, "choose the filter again"):
            draft.action_go_live()
        draft.patient_domain = "[('first_name', '=', 'Anna')]"
        draft.action_go_live()
        self.assertEqual((self.broken.state, draft.state), ("replaced", "live"))

    def test_a_condition_that_nobody_answers_any_more(self):
        gone = self.env["prm.journey.condition"].create(
            {"code": "gone", "name": "it is so", "negative_name": "it is not so"}
        )
        journey = self._birthdays(
            (0, "days", "after", {"condition_ids": [(0, 0, {"condition_id": gone.id})]}),
            live=False,
        )
        self.assertEqual([line.outcome for line in self.lines(journey)], ["allow"])


@tagged("post_install", "-at_install")
class TestForecast(ScreenCase):
    """Who gets what in the next days."""

    def test_those_who_would_start_by_a_date(self):
        journey = self._birthdays(
            (3, "days", "before", {"condition_ids": [(0, 0, {"condition_id": self.has_email})]}),
            (0, "days", "after"),
            live=False,
        )  # fmt: skip
        self._born("Anna", 5)
        self._born("Bea", 6, email=False)
        self._born("Far", 60)
        self._patient(first_name="Other", company_id=self.other_practice.id,
                      email="o@example.com", birth_date="1980-06-03")  # fmt: skip
        lines = self.lines(journey)
        self.assertEqual(
            self.told(lines),
            [
                ("Anna", 3, 0, "allow", "ok"),
                ("Bea", 4, 0, "skipped", "condition"),
                ("Anna", 6, 1, "allow", "ok"),
                ("Bea", 7, 1, "suppress", "no_email"),
            ],
        )
        self.assertTrue(all(lines.mapped("starts")))
        self.assertEqual(lines[0].channel_id.code, "email")
        self.assertIn("May be reached", lines[0].why)
        self.assertFalse(self.people(journey), "nothing is written")

    def test_it_is_what_the_engine_then_does(self):
        journey = self._birthdays((2, "days", "before"), (0, "days", "after"))
        patients = [self._born(f"P{days}", days) for days in (1, 3, 8)]
        foretold = [
            (line.patient_id, line.step_id, line.moment)
            for line in self.lines(journey)
            if line.outcome != "skipped"
        ]
        done = []
        for _hour in range(14 * 24):
            self.run_engine(hours=1)
        for entry in self.people(journey).entry_ids.sorted(lambda one: (one.happened_at, one.id)):
            if entry.outcome == "taken":
                done.append((entry.patient_id, entry.step_id, entry.happened_at))
        self.assertEqual(len(foretold), 5)
        self.assertEqual(
            sorted((patient.id, step.id) for patient, step, _moment in done),
            sorted((patient.id, step.id) for patient, step, _moment in foretold),
        )
        moments = {(patient, step): moment for patient, step, moment in done}
        for patient, step, moment in foretold:
            self.assertLess(abs(moments[patient, step] - moment), timedelta(hours=1, minutes=1))
        self.assertEqual(len(patients), 3)

    def test_a_soft_start_is_counted_as_the_engine_does(self):
        journey = self._journey((0, "minutes", "after"), (9, "days", "after"), daily_cap=2)
        for name in ("Anna", "Bea", "Cleo", "Dan", "Eva"):
            self._patient(first_name=name, email=f"{name.lower()}@example.com")
        self.run_engine()
        self.assertEqual(self.people(journey).mapped("state").count("held"), 3)
        foretold = [
            (line.patient_id.first_name, line.moment.day)
            for line in self.lines(journey)
            if line.step_id == journey.step_ids[0]
        ]
        self.assertEqual(foretold, [("Cleo", 2), ("Dan", 2), ("Eva", 3)])
        eva = self.people(journey).patient_id.filtered(lambda one: one.first_name == "Eva")
        outlook = self.as_user(self.receptionist, self.env["prm.journey.patient"]).create(
            {"patient_id": eva.id}
        )
        self.assertEqual(outlook.line_ids[0].moment.day, 3, "those before her count, unseen")
        for _hour in range(3 * 24):
            self.run_engine(hours=1)
        first = journey.step_ids[0]
        done = [
            (entry.patient_id.first_name, entry.happened_at.day)
            for entry in self.people(journey).entry_ids.sorted(
                lambda one: (one.happened_at, one.id)
            )
            if entry.step_id == first and entry.happened_at.day > 1
        ]
        self.assertEqual(done, foretold)

    def test_a_soft_start_of_those_who_would_start_by_a_date(self):
        journey = self._birthdays((3, "days", "before"), daily_cap=1, live=False)
        for name in ("Anna", "Bea", "Cleo", "Dan"):
            self._born(name, 5)
        self._born("Eva", 40)
        lines = self.lines(journey)
        self.assertEqual(
            [(line.patient_id.first_name, line.moment.day) for line in lines],
            [("Anna", 3), ("Bea", 3), ("Cleo", 3), ("Dan", 4)],
        )
        self.assertEqual(lines[2].moment.hour, 0, "let in on that day, and late")
        self.assertEqual(len(self.lines(journey, days=1)), 0)

    def test_those_under_way_of_every_journey(self):
        first = self._journey((0, "minutes", "after"), (4, "days", "after"))
        self._journey((5, "days", "after"), name="Second")
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self.run_engine()
        lines = self.lines()
        self.assertEqual(
            [(line.journey_id.name, line.moment.day) for line in lines],
            [("Welcome", 5), ("Second", 6)],
        )
        self.assertFalse(any(lines.mapped("starts")))
        self.assertEqual(self.lines(first).patient_id, anna)
        self.assertFalse(self.lines(first, days=3))

    def test_messages_that_come_before_count_against_a_limit(self):
        self.env.ref("prm_core.prm_purpose_care").write({"cap_count": 1, "cap_days": 3})
        journey = self._birthdays((1, "days", "before"), (0, "days", "after"), live=False)
        self._born("Anna", 5)
        lines = self.lines(journey)
        self.assertEqual([line.outcome for line in lines], ["allow", "defer"])
        self.assertEqual(lines[1].reason, "frequency_cap")
        self.assertEqual(lines[1].until, lines[0].moment + timedelta(days=3))

    def test_queries_do_not_grow_with_patients(self):
        journey = self._birthdays(
            (3, "days", "before", {"condition_ids": [(0, 0, {"condition_id": self.has_email})]}),
            (0, "days", "after"),
            live=False,
        )  # fmt: skip

        def queries(count):
            for number in range(count):
                self._born(f"P{count}x{number}", 5)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertGreaterEqual(len(self.lines(journey)), count * 2)
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(60), queries(10) + 8)

    def test_too_much_is_cut_and_said(self):
        self._birthdays((0, "days", "after"))
        for number in range(3):
            self._born(f"P{number}", 5)
        module = "odoo.addons.prm_core.wizards.prm_journey_forecast"
        forecast = self.as_user(self.receptionist, self.env["prm.journey.forecast"]).create({})
        limit = patch(f"{module}.MAX_LINES", 2)
        limit.start()
        self.addCleanup(limit.stop)
        action = forecast.action_show()
        self.assertIn("first 2 lines", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "prm.journey.forecast.line")
        self.assertEqual(len(forecast.line_ids), 2)


@tagged("post_install", "-at_install")
class TestOnePatient(ScreenCase):
    """What came, what comes, and what if."""

    def test_what_came_and_what_comes(self):
        self._journey((0, "minutes", "after"), (4, "days", "after"))
        anna = self._patient(first_name="Anna", email="anna@example.com")
        self._patient(first_name="Bea", email="bea@example.com")
        self.run_engine()
        patient = self.as_user(self.receptionist, anna)
        self.assertEqual(patient.journeys_under_way, 1)
        outlook = patient.env["prm.journey.patient"].browse(
            patient.action_open_journeys()["res_id"]
        )
        self.assertEqual(outlook.enrolment_ids.patient_id, anna)
        self.assertEqual([entry.outcome for entry in outlook.entry_ids], ["taken"])
        self.assertEqual([line.moment.day for line in outlook.line_ids], [5])
        self.assertEqual(outlook.line_ids.patient_id, anna)

    def test_what_if(self):
        anna = self._born("Anna", 20)
        journey = self._birthdays((3, "days", "before"), (0, "days", "after"), live=False)
        outlook = self.as_user(self.receptionist, self.env["prm.journey.patient"]).create(
            {"patient_id": anna.id, "journey_id": journey.id}
        )
        outlook.action_what_if()
        self.assertEqual([line.moment.day for line in outlook.what_if_ids], [18, 21])
        self.assertFalse(outlook.remark)
        self.assertFalse(outlook.line_ids)
        self.assertFalse(self.people(journey))

    def test_what_if_it_does_not_fit(self):
        none = self._patient(first_name="Anna", email="anna@example.com")
        outlook = self.as_user(self.receptionist, self.env["prm.journey.patient"]).create(
            {"patient_id": none.id, "journey_id": self._birthdays((0, "days", "after")).id}
        )
        outlook.action_what_if()
        self.assertIn("no date to count from", outlook.remark)
        outlook.journey_id = self._journey(
            (1, "days", "after"), patient_domain="[('first_name', '=', 'Bea')]"
        )
        outlook.action_what_if()
        self.assertIn("its filters don't take them", outlook.remark)
        self.assertEqual(len(outlook.what_if_ids), 1)


@tagged("post_install", "-at_install")
class TestFunnel(ScreenCase):
    """The figures by step."""

    def setUp(self):
        super().setUp()
        self.journey = self._journey(
            (0, "minutes", "after"),
            (1, "days", "after",
             {"condition_ids": [(0, 0, {"condition_id": self.has_email})]}),
            goal_type_ids=[(6, 0, self.received.ids)],
            exit_type_ids=[(6, 0, self.opted_out.ids)],
        )  # fmt: skip
        names = ("Anna", "Bea", "Cleo", "Dan", "Eva")
        self.patients = [
            self._patient(first_name=name, email=name != "Dan" and f"{name.lower()}@example.com")
            for name in names
        ]
        self.run_engine()
        anna, bea, cleo, _dan, _eva = self.patients
        self.messages(anna).state = "read"
        self.messages(cleo).state = "sent"
        self.env["prm.event"].emit("message_received", [{"patient": bea}])
        self.env["prm.event"].emit("opted_out", [{"patient": cleo}])
        self.run_engine()
        self.env.flush_all()

    def funnel(self, user=None, journey=None, **options):
        journey = self.as_user(user or self.receptionist, journey or self.journey)
        return journey.get_funnel(**options)

    def counts(self, row):
        return {
            name: [(one["label"], one["count"]) for one in value] if isinstance(value, list)
            else value["count"]
            for name, value in row.items()
            if isinstance(value, (dict, list))
        }  # fmt: skip

    def test_the_numbers(self):
        start, first, second = self.funnel()["rows"]
        self.assertEqual(self.counts(start)["reached"], 5)
        self.assertEqual(
            self.counts(first),
            {
                "reached": 5, "waiting": 0, "on_its_way": 1, "sent": 2, "read": 1, "acted": 0,
                "goal": 1,
                "held": [
                    ("The patient has left the journey: it is not needed any more.", 1),
                    ("There is no email address.", 1),
                ],
                "left": [("Wants no more messages", 1)],
            },
        )  # fmt: skip
        self.assertEqual(self.counts(second)["waiting"], 3)
        self.run_engine(days=2)
        _start, _first, second = self.funnel()["rows"]
        self.assertEqual(self.counts(second)["reached"], 3)
        self.assertEqual(self.counts(second)["held"], [("Its condition did not hold.", 1)])

    def test_each_number_opens_its_list(self):
        self.run_engine(days=2)
        for row in self.funnel()["rows"]:
            for name, value in row.items():
                numbers = value if isinstance(value, list) else [value]
                for number in numbers:
                    if not isinstance(number, dict):
                        continue
                    with self.subTest(row=row["key"], number=name):
                        model = self.as_user(self.receptionist, self.env[number["model"]])
                        self.assertEqual(model.search_count(number["domain"]), number["count"])

    def test_other_versions(self):
        draft = self.env["prm.journey"].browse(self.journey.action_change()["res_id"])
        draft.step_ids[0].unlink()
        draft.action_go_live()
        self.assertEqual(self.counts(self.funnel(journey=draft)["rows"][0])["reached"], 0)
        every = self.funnel(journey=draft, all_versions=True)
        self.assertEqual(every["versions"], 2)
        start, second, gone = every["rows"]
        self.assertEqual(self.counts(start)["reached"], 5)
        self.assertEqual(self.counts(second)["waiting"], 3)
        self.assertEqual((gone["key"], self.counts(gone)["reached"]), ("gone", 5))
        for number in (start["reached"], second["waiting"], gone["reached"], gone["goal"]):
            self.assertEqual(
                self.env[number["model"]].search_count(number["domain"]), number["count"]
            )

    def test_a_handful_of_queries(self):
        self.env.invalidate_all()
        journey = self.as_user(self.receptionist, self.journey)
        journey.get_funnel()
        journey.env.invalidate_all()
        with self.assertQueryCount(16):
            journey.get_funnel()

    def test_another_practice_counts_nothing(self):
        self.assertEqual(self.counts(self.funnel(user=self.stranger)["rows"][0])["reached"], 0)
        for user in (self.outsider, self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.journey.with_user(user).get_funnel()
