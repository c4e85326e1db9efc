from datetime import date, datetime, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .. import templating
from ..templating import Variable
from .test_message import MessageCase

NOON = datetime(2026, 11, 25, 12, 0)


@tagged("post_install", "-at_install")
class TestGateFacts(MessageCase):
    """The facts that the gate gets are those of the records."""

    def setUp(self):
        super().setUp()
        self.recall = self.env.ref("prm_core.prm_purpose_recall")
        self.news = self.env.ref("prm_core.prm_purpose_news")
        self.practice.partner_id.tz = "Europe/Rome"
        self.maria.tz = "Europe/Rome"

    def decide(self, **options):
        return self.env["prm.message"]._decide([self.request(self.maria, **options)])[0]

    def _say(self, state, purpose, **vals):
        return self.env["prm.consent"].create(
            {"patient_id": self.maria.id, "purpose_id": purpose.id, "state": state, **vals}
        )

    def _sent(self, purpose, ago, state="sent"):
        return self.env["prm.message"].create(
            {
                "patient_id": self.maria.id,
                "company_id": self.practice.id,
                "purpose_id": purpose.id,
                "channel_id": self.env.ref("prm_core.prm_channel_email").id,
                "state": state,
                "scheduled_at": fields.Datetime.now() - ago,
                "sent_at": state == "sent" and fields.Datetime.now() - ago,
            }
        )

    @freeze_time(NOON)
    def test_hours_of_the_patients_own_clock(self):
        self.recall.write({"hour_from": 8, "hour_to": 12.5})
        self.assertEqual(self.decide().reason, "quiet_hours")
        self.assertEqual(self.decide().until, datetime(2026, 11, 26, 7, 0))
        self.maria.tz = "America/New_York"
        self.assertEqual(self.decide().until, datetime(2026, 11, 25, 13, 0))

    @freeze_time(NOON)
    def test_the_patients_wish_narrows_the_hours(self):
        self.maria.write({"contact_from": 17, "contact_to": 20})
        self.assertEqual(self.decide().until, datetime(2026, 11, 25, 16, 0))
        with self.assertRaises(ValidationError):
            self.maria.contact_from = 21

    @freeze_time(NOON)
    def test_a_pause_spares_care(self):
        self.maria.contact_paused_until = date(2026, 12, 24)
        self.assertEqual(self.decide().reason, "paused")
        self.assertEqual(self.decide(purpose="care").reason, "ok")

    @freeze_time(NOON)
    def test_limits_count_what_is_more_important(self):
        self.news.write({"cap_count": 1, "cap_days": 2, "opt_in": False})
        self.recall.write({"cap_count": 1, "cap_days": 1})
        waiting = self._sent(self.news, timedelta(0), "queued")
        self.assertEqual(self.decide().reason, "ok", "news that wait don't hold a recall back")
        waiting.unlink()
        self._sent(self.recall, timedelta(0), "queued")
        decision = self.decide(purpose="news")
        self.assertEqual((decision.outcome, decision.reason), ("defer", "frequency_cap"))
        self.assertEqual(self.decide(purpose="care").reason, "ok")

    @freeze_time(NOON)
    def test_two_that_wait_do_not_hold_each_other_back(self):
        self.recall.write({"cap_count": 1, "cap_days": 1})
        first, second = self.queue(self.maria), self._sent(self.recall, timedelta(0), "queued")
        second.template_id = self.template
        reasons = [
            self.env["prm.message"]._decide([self.request(self.maria, message=message)])[0].reason
            for message in (first, second)
        ]
        self.assertEqual(reasons, ["ok", "frequency_cap"])

    @freeze_time(NOON)
    def test_rules_of_the_practices_country_and_of_the_patients(self):
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        marketing.opt_in = False
        self.assertEqual(self.decide(purpose="marketing").reason, "ok")
        self.maria.country_id = self.env.ref("base.it")
        self.assertEqual(self.decide(purpose="marketing").reason, "no_permission")
        self._say("granted", marketing)
        self.assertEqual(self.decide(purpose="marketing").reason, "ok")
        self.practice.country_id = self.env.ref("base.es")
        rule = self.env.ref("prm_core.policy_es_marketing")
        rule.write({"hour_from": 9, "hour_to": 10})
        self.assertEqual(self.decide(purpose="marketing").reason, "quiet_hours")

    def test_every_shipped_rule_names_its_source(self):
        rules = self.env["prm.policy.rule"].search([])
        countries = set(rules.country_id.mapped("code"))
        self.assertEqual(countries, {"IT", "DE", "ES", "GB", "US"})
        self.assertTrue(all(len(rule.source) > 10 for rule in rules))

    def test_no_commercial_calls_at_weekends_in_spain(self):
        # Rules are the practice's own once they are there: an update leaves them as they are.
        self.env.ref("prm_core.policy_es_marketing_phone").no_saturdays = True
        self.practice.country_id = self.env.ref("base.es")
        self.maria.write({"tz": "Europe/Madrid", "mobile": "+34600000001"})
        self.env["prm.gateway"].create(
            {"name": "Calls", "provider": "phone", "company_id": self.practice.id}
        )
        marketing = self.env.ref("prm_core.prm_purpose_marketing")
        self._say("granted", marketing)
        script = {"channel_kind": "phone", "lang": "it", "body": "Hello"}
        template = self.env["prm.template"].create(
            {"name": "Offer", "purpose_id": marketing.id, "body_ids": [(0, 0, script)]}
        )
        with freeze_time("2026-03-07 10:00:00"):  # a Saturday
            decision = self.decide(purpose="marketing", template=template)
        self.assertEqual((decision.channel, decision.reason), ("phone", "quiet_hours"))
        self.assertEqual(decision.until, datetime(2026, 3, 9, 8), "Monday at nine")

    @freeze_time("2026-03-04 20:00:00")
    def test_recalls_by_sms_in_the_united_states(self):
        self.practice.country_id = self.env.ref("base.us")
        self.maria.write({"tz": "UTC", "mobile": "+12025550143"})
        self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "odoo_sms", "company_id": self.practice.id}
        )
        sms = self.env.ref("prm_core.prm_channel_sms")
        text = {"channel_kind": "sms", "lang": "it", "body": "x" * 161}
        template = self.template.copy({"body_ids": [(0, 0, text)]})
        message = self.queue(self.maria, template=template)
        self.assertEqual((message.state, message.reason), ("suppressed", "text_over_limit"))
        self._say("granted", self.recall, channel_id=sms.id)
        self.assertEqual(self.queue(self.maria, template=template).state, "queued")
        again = self.queue(self.maria, template=template)
        self.assertEqual(again.reason, "frequency_cap", "one a day")

    def test_recalls_in_germany(self):
        """Without a yes by letter only, as the note of the rules says; care goes as ever."""
        self.practice.country_id = self.env.ref("base.de")
        email = self.env.ref("prm_core.prm_channel_email")
        self.assertEqual(self.decide().reason, "no_permission")
        self.assertIn("UWG", self.queue(self.maria).why)
        self.assertTrue(self.decide(purpose="care").allowed)
        self.env["prm.gateway"].create(
            {"name": "Letters", "provider": "letter", "company_id": self.practice.id}
        )
        letter = {"channel_kind": "letter", "lang": "it", "subject": "Recall", "body": "Hello"}
        self.template.write({"body_ids": [(0, 0, letter)]})
        self.maria.partner_id.write(
            {"street": "Via Roma 5", "zip": "00184", "city": "Roma",
             "country_id": self.env.ref("base.it").id}
        )  # fmt: skip
        self.assertEqual(self.decide().channel, "letter")
        self._say("granted", self.recall, channel_id=email.id)
        self.assertEqual(self.decide().channel, "email")
        offer = {topic.code: topic.allowed for topic in self.maria._preference_offer().topics}
        self.assertEqual(offer["recall"], {"email": True, "letter": True})

    def test_what_asks_first_in_germany(self):
        rules = self.env["prm.policy.rule"].search(
            [("country_id.code", "=", "DE"), ("purpose_id.code", "=", "recall")]
        )
        self.assertEqual(
            set(rules.channel_id.mapped("code")), {"email", "sms", "whatsapp", "phone"}
        )
        self.assertTrue(all(rule.opt_in and rule.note for rule in rules))

    def test_a_guardians_yes_ends_with_childhood(self):
        guardian = self.env["res.partner"].create({"name": "Mother"})
        self._say("granted", self.news, given_by_id=guardian.id)
        today = fields.Date.context_today(self.maria)
        self.maria.birth_date = today - relativedelta(years=18) + timedelta(days=1)
        self.assertTrue(self.decide(purpose="news").allowed)
        self.maria.birth_date = today - relativedelta(years=18)
        self.assertEqual(self.decide(purpose="news").reason, "no_permission")
        self._say("refused", self.recall, given_by_id=guardian.id)
        self.assertEqual(self.decide().reason, "refused", "a guardian's no stays")

    def test_why_is_told_with_the_data_of_the_moment(self):
        self.recall.write({"hour_from": 8, "hour_to": 20})
        message = self.queue(self.maria)
        self.maria.status = "deceased"
        self.assertIn("May be reached by this channel", message.why)
        self.assertNotIn("maria@example.com", str(message.facts), "no address in the facts")
        held = self.queue(self.maria)
        self.assertIn("The patient has died.", held.why)
        self.assertIn("correct the patient", held.why)


@tagged("post_install", "-at_install")
class TestGateCheck(MessageCase):
    """The dry run: who would get it, who not, and why."""

    def test_counts_by_outcome(self):
        mute = self._patient(first_name="Iris")
        dead = self._patient(first_name="Elio", email="e@example.com", status="deceased")
        patients = self.as_user(self.receptionist, self.maria | mute | dead)
        checks = self.as_user(self.receptionist, self.env["prm.gate.check"])
        recall = self.env.ref("prm_core.prm_purpose_recall").with_env(patients.env)
        check = checks._prepare(patients, recall, self.template.with_env(patients.env))
        found = {line.patient_id.first_name: line.reason for line in check.line_ids}
        self.assertEqual(found, {"Maria": "ok", "Iris": "no_email", "Elio": "deceased"})
        self.assertIn("Ask for an email address", check.line_ids[-1].why + check.line_ids[0].why
                      + check.line_ids[1].why)  # fmt: skip
        before = self.env["prm.message"].search_count([])
        checks._prepare(patients)
        self.assertEqual(self.env["prm.message"].search_count([]), before, "nothing is written")

    def test_all_purposes_of_one_patient(self):
        checks = self.as_user(self.receptionist, self.env["prm.gate.check"])
        patient = self.as_user(self.receptionist, self.maria)
        action = checks.with_context(active_ids=patient.ids).create({}).action_check()
        lines = checks.env["prm.gate.check.line"].search(action["domain"])
        self.assertEqual(len(lines), self.env["prm.purpose"].search_count([]))
        with self.assertRaises(UserError):
            checks.create({}).action_check()

    def test_only_the_desk_asks_and_only_about_its_own(self):
        for user in (self.clinician, self.outsider, self.portal):
            with self.assertRaises(AccessError):
                self.as_user(user, self.env["prm.gate.check"]).create({})
        stranger = self.as_user(self.stranger, self.env["prm.gate.check"])
        with self.assertRaises(AccessError):
            stranger._prepare(self.as_user(self.stranger, self.maria))

    def test_many_pairs_few_questions(self):
        patients = self.env["prm.patient"].create(
            [{"first_name": f"P{n}", "email": f"p{n}@example.com", "company_id": self.practice.id}
             for n in range(300)]
        )  # fmt: skip
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self.env["prm.gate.check"]._prepare(patients)


@tagged("post_install", "-at_install")
class TestDispatchGate(MessageCase):
    """Right before a message goes, everything is asked once more."""

    def test_a_blocked_address_gets_nothing(self):
        message = self.queue(self.maria)
        blocks = self.env["prm.address.block"]
        blocks._block(self.practice, "email", "Maria@example.com", "bounced")
        self.assertFalse(self.dispatch().taken)
        self.assertEqual((message.state, message.reason), ("suppressed", "bounced"))
        blocks._lift(self.practice, "email", "maria@example.com")
        self.queue(self.maria)
        self.assertEqual(len(self.dispatch().taken), 1)

    def test_a_missed_hour_is_waited_for(self):
        recall = self.env.ref("prm_core.prm_purpose_recall")
        with freeze_time(NOON):
            message = self.queue(self.maria)
        recall.write({"hour_from": 8, "hour_to": 20})
        with freeze_time(NOON + timedelta(hours=10)):
            self.assertFalse(self.dispatch().taken)
            self.assertEqual((message.state, message.reason), ("queued", "quiet_hours"))
            self.assertEqual(message.attempts, 0)
        with freeze_time(message.scheduled_at):
            self.assertEqual(len(self.dispatch().taken), 1)
        self.assertFalse(message.reason)

    def test_one_click_unsubscribe_where_it_can_be_done_without(self):
        self.queue(self.maria)
        mail = self.dispatch().taken[0]
        self.assertEqual(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertIn("/prm/u/", mail["List-Unsubscribe"])
        self.queue(self.maria, purpose="care")
        self.assertIsNone(self.dispatch().taken[0]["List-Unsubscribe"])

    def test_an_uncertain_reminder_is_tried_once_more(self):
        message = self.queue(self.maria, purpose="care")
        self.env["prm.message"]._claim(10)
        message.claimed_at = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(len(self.dispatch().taken), 1)
        self.assertEqual(message.state, "sent")

    def test_a_gateway_is_asked_for_its_practice(self):
        gateway = self.env["prm.gateway"].create(
            {"name": "Own", "provider": "generic_http", "url": "https://sms.example.com/send",
             "company_id": self.practice.id}
        )  # fmt: skip
        self.template.body_ids = [(0, 0, {"channel_kind": "sms", "lang": "en", "body": "Hello"})]
        self.maria.write({"mobile": "+393331234567", "email": False})
        self.assertEqual(self.queue(self.maria).channel_id.code, "sms")
        gateway.active = False
        self.assertEqual(self.queue(self.maria).reason, "no_email")

    def test_a_treatment_is_not_named_in_a_text_message(self):
        name = Variable("patient.x_visit", "Visit", "Implant", health=True)
        with patch.dict(templating._CATALOGUE, {name.name: name}):
            body = {"channel_kind": "letter", "lang": "en", "body": "For {{ patient.x_visit }}"}
            self.template.body_ids = [(0, 0, body)]
            recall = self.env.ref("prm_core.prm_purpose_recall")
            gathered = self.env["prm.message"]._gather_facts([self.request(self.maria)])[0]
            self.assertFalse(gathered.exposed)
            recall.health_channel_ids -= self.env.ref("prm_core.prm_channel_letter")
            gathered = self.env["prm.message"]._gather_facts([self.request(self.maria)])[0]
            self.assertEqual(gathered.exposed, {"letter"})
            # The lint says the same as the gate.
            found = {(f.code, f.channel) for f in self.template._lint() if f.code == "health"}
            self.assertEqual(found, {("health", "letter")})
            recall.health_channel_ids |= self.env.ref("prm_core.prm_channel_letter")
            self.assertNotIn("health", {finding.code for finding in self.template._lint()})
