import re
from datetime import timedelta

from lxml import html
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .test_message import MessageCase

LANGUAGES = ("it_IT", "es_ES", "de_DE", "zh_CN")
#: Words of the English pages that no other language has.
ENGLISH = re.compile(
    r"\b(you|your|please|call us|thank|these|choose|would|like|this|with|and|what|yes|"
    r"morning|hours|day|way|saved|changed|treatment|practice|research|offers|reminders)\b",
    re.IGNORECASE,
)


class PreferenceCase(MessageCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in LANGUAGES:
            cls.env["res.lang"]._activate_lang(lang)
        cls.maria.write({"lang": "en_US", "mobile": "+393331234567"})
        cls.env["prm.gateway"].create(
            {
                "name": "SMS", "provider": "twilio", "company_id": cls.practice.id,
                "account": "AC1", "secret": "s3cret", "sender": "+12025550199",
            }
        )  # fmt: skip
        cls.template.body_ids[0].body = "Ciao {{ link.preferences }}"
        cls.template.body_ids[1].body = "Hello {{ link.preferences }}"

    def issue(self, patient=None):
        """A message that carries the link, and the link's path."""
        message = self.queue(patient or self.maria)
        link = self.env["prm.link"].search([("message_id", "=", message.id)])
        return message, link, "/prm/l/" + re.search(r"/prm/l/([\w-]+)", message.body).group(1)

    def page(self, path, data=None):
        response = self.url_open(path, data=data)
        self.assertEqual(response.status_code, 200, path)
        self.env.invalidate_all()
        return html.fromstring(response.text)

    def form(self, page):
        """What a browser would send if nothing were touched."""
        return {key: value for key, value in page.forms[0].fields.items() if value is not None}

    def post(self, path, change=None, drop=()):
        fields_ = self.form(self.page(path)) | (change or {})
        return self.page(path, {key: fields_[key] for key in fields_ if key not in drop})

    def text(self, page, what="//main"):
        return " ".join(" ".join(found.text_content() for found in page.xpath(what)).split())

    def words(self, patient=None):
        """The ledger: purpose, channel, state, oldest first."""
        rows = self.env["prm.consent"].search(
            [("patient_id", "=", (patient or self.maria).id)], order="id"
        )
        return [(row.purpose_id.code, row.channel_id.code, row.state) for row in rows]

    def events(self, code):
        self.env.invalidate_all()
        return self.maria.event_ids.filtered(lambda event: event.event_type_id.code == code)


@tagged("post_install", "-at_install")
class TestPreferencePage(PreferenceCase):
    """The preference centre behind a signed link."""

    def setUp(self):
        super().setUp()
        self.message, self.link, self.path = self.issue()

    def test_opening_changes_nothing(self):
        self.env.flush_all()
        before = self.link.read(), self.maria.read(["write_date"])
        for suffix in ("", "?wrong_person=1", "?first=sms&pause=3", "?yes-news-email=1"):
            self.page(self.path + suffix)
        self.assertEqual((self.link.read(), self.maria.read(["write_date"])), before)
        self.assertFalse(self.words())
        self.assertFalse(self.env["prm.address.block"].search([]))

    def test_the_page_shows_what_holds(self):
        page = self.page(self.path)
        self.assertEqual(self.text(page, "//h1"), "Maria, how may we write to you?")
        self.assertNotIn("Verdi", self.text(page))
        self.assertNotIn("example.com", self.text(page))
        ticked = set(page.xpath("//input[@type='checkbox'][@checked]/@name"))
        boxes = set(page.xpath("//input[@type='checkbox']/@name"))
        self.assertLessEqual({"yes-care-email", "yes-recall-email", "yes-recall-sms"}, ticked)
        for opt_in in ("news", "marketing", "research"):
            self.assertIn(f"yes-{opt_in}-email", boxes - ticked, "a yes is never filled in for you")
        # Every field has a name that a screen reader can say, every group has one too.
        for field in page.xpath("//input[not(@type='hidden')] | //select"):
            labels = field.xpath("ancestor::label") or page.xpath(
                f"//label[@for='{field.get('id')}']"
            )
            self.assertTrue(labels and self.text(labels[0], "."), field.get("name"))
        self.assertEqual(len(page.xpath("//fieldset")), len(page.xpath("//fieldset/legend")))
        self.assertEqual(len(page.xpath("//h1")), 1)
        described = " ".join(page.xpath("//@aria-describedby")).split()
        self.assertLessEqual(set(described), set(page.xpath("//@id")))
        self.assertFalse(page.xpath("//script"))

    def test_everything_is_saved_at_once(self):
        page = self.post(
            self.path,
            {"first": "sms", "hours": "own", "start": "09:00", "stop": "18:30", "pause": "date",
             "until": (fields.Date.today() + timedelta(days=40)).isoformat(), "lang": "de_DE",
             "yes-news-email": "1"},
            drop=("yes-recall-email",),
        )  # fmt: skip
        self.assertEqual(page.get("lang"), "de")
        self.assertEqual(self.text(page, "//h1"), "Maria, wie dürfen wir Ihnen schreiben?")
        self.assertEqual(self.maria.channel_order, "sms,email")
        self.assertEqual(self.maria.preferred_channel_id.code, "sms")
        self.assertEqual((self.maria.contact_from, self.maria.contact_to), (9, 18.5))
        self.assertEqual(self.maria.lang, "de_DE")
        self.assertEqual((self.maria.contact_paused_until - fields.Date.today()).days, 40)
        self.assertEqual(
            self.words(), [("recall", "email", "withdrawn"), ("news", "email", "granted")]
        )
        row = self.env["prm.consent"].search([("patient_id", "=", self.maria.id)])[0]
        self.assertEqual((row.source, row.link_id, row.lang), ("portal", self.link, "en_US"))
        self.assertTrue(row.wording)
        event = self.events("preferences_changed")
        self.assertEqual(len(event), 1)
        self.assertIn("Best way: SMS · Check-up reminders: Email no", event.detail)
        self.assertNotEqual(self.message.state, "acted", "the mail asked for something else")
        # The same again, as by a second touch or a reload, says nothing new.
        self.page(self.path, self.form(page))
        self.assertEqual(len(self.words()), 2)
        self.assertEqual(len(self.events("preferences_changed")), 1)

    def test_nothing_touched_is_no_event(self):
        page = self.post(self.path)
        self.assertIn("Nothing was changed", self.text(page, "//*[@class='p-done']"))
        self.assertFalse(self.words())
        self.assertFalse(self.events("preferences_changed"))
        self.assertFalse(self.link.acted_at)

    def test_a_mistake_keeps_what_was_typed(self):
        page = self.post(
            self.path,
            {"hours": "own", "start": "18:00", "stop": "09:00", "pause": "date",
             "until": "2020-01-01", "first": "sms", "yes-news-sms": "1"},
            drop=("yes-recall-email", "yes-care-email", "yes-care-sms"),
        )  # fmt: skip
        notice = self.text(page, "//*[@class='p-notice']")
        self.assertIn("The first time has to be earlier than the second one.", notice)
        self.assertIn("Please choose a day after today.", notice)
        self.assertIn("Please leave at least one way", notice)
        self.assertLessEqual(set(page.xpath("//*[@class='p-notice']//a/@href")),
                             {f"#{name}" for name in page.xpath("//@id")})  # fmt: skip
        again = self.form(page)
        self.assertEqual((again["start"], again["stop"]), ("18:00", "09:00"))
        self.assertEqual((again["until"], again["first"]), ("2020-01-01", "sms"))
        self.assertIn("yes-news-sms", again)
        self.assertNotIn("yes-recall-email", again)
        self.assertFalse(self.words())
        self.assertFalse(self.maria.channel_order)
        # Mended and sent again, what was ticked before the mistake is still taken.
        self.page(self.path, again | {"stop": "20:00", "pause": "3", "yes-care-sms": "1"})
        self.assertIn(("recall", "email", "withdrawn"), self.words())
        self.assertIn(("care", "email", "withdrawn"), self.words())
        self.assertIn(("news", "sms", "granted"), self.words())

    def test_garbage_is_no_server_error(self):
        for data in ({"first": "x", "hours": "x", "lang": "xx", "pause": "x"},
                     {"until": "\x00", "pause": "date"}, {"yes-news-email": "1"},
                     {"was-news-email": "7", "yes-news-email": "1"}):  # fmt: skip
            self.page(self.path, data)
        self.assertFalse(self.words())
        self.assertFalse(self.events("preferences_changed"))

    def test_all_off_is_a_no_to_every_channel(self):
        self.post(self.path, drop=("yes-recall-email", "yes-recall-sms"))
        self.assertEqual(self.words(), [("recall", False, "withdrawn")])
        self.post(self.path, {"yes-recall-sms": "1"})
        self.assertEqual(self.words()[1:], [("recall", "sms", "granted")])
        # The email that waits is held back; by SMS it would go.
        self.dispatch()
        self.env.invalidate_all()
        self.assertEqual((self.message.state, self.message.reason), ("suppressed", "refused"))

    def test_what_waits_is_asked_again(self):
        other = self.queue(self.maria)
        self.post(self.path, {"pause": "1"})
        self.assertFalse(self.dispatch().taken)
        self.env.invalidate_all()
        self.assertTrue(
            {(self.message.state, self.message.reason), (other.state, other.reason)}
            <= {("queued", "paused"), ("suppressed", "paused")}
        )
        self.assertIn("End the pause now", self.text(self.page(self.path)))
        self.post(self.path, {"pause": "none"})
        self.assertFalse(self.maria.contact_paused_until)

    def test_only_ways_that_lead_to_the_patient(self):
        self.env["prm.address.block"]._block(self.practice, "sms", "+393331234567", "bounced")
        page = self.page(self.path)
        self.assertFalse([name for name in self.form(page) if name.endswith("-sms")])
        self.assertFalse(page.xpath("//input[@name='first']"))
        self.assertIn("If you would like none, please call us", self.text(page))
        self.maria.email = False
        page = self.page(self.path)
        self.assertIn("no way for us to write to you", self.text(page))
        self.page(self.path, self.form(page) | {"pause": "1"})
        self.assertTrue(self.maria.contact_paused_until)

    def test_the_front_desk_has_the_last_word_on_the_way(self):
        self.post(self.path, {"first": "sms"})
        self.maria.preferred_channel_id = self.env.ref("prm_core.prm_channel_email")
        self.assertFalse(self.maria.channel_order)

    def test_no_english_in_other_languages(self):
        headings = {}
        for number, lang in enumerate(LANGUAGES):
            patient = self._patient(
                first_name="Noa", email=f"noa{number}@example.com", lang=lang,
                mobile=f"+3933312345{number}0",
            )  # fmt: skip
            _message, _link, path = self.issue(patient)
            page = self.page(path)
            headings[lang] = self.text(page, "//h1")
            pages = [page, self.page(path + "?wrong_person=1"), self.post(path)]
            wishes = {"pause": "1", "first": "sms", "hours": "morning", "yes-news-sms": "1"}
            pages.append(self.post(path, wishes, drop=("yes-recall-sms",)))
            for wrong in ({"pause": "date", "until": "x"}, {"pause": "date", "until": "2020-01-01"},
                          {"pause": "date", "until": "2999-01-01"}, {"hours": "own", "stop": "x"},
                          {"hours": "own", "start": "9", "stop": "8"}, {"first": "x"}):  # fmt: skip
                pages.append(self.post(path, wrong))
            pages.append(self.post(path, drop=("yes-care-sms", "yes-care-email")))
            self.env["prm.purpose"].search([]).hour_from = 8
            pages.append(self.post(path, {"hours": "own", "start": "6:00", "stop": "8:30"}))
            self.env["prm.purpose"].search([]).hour_from = 0
            patient.mobile = False
            pages.append(self.page(path))
            patient.email = False
            pages.append(self.page(path))
            pages.append(self.page(path, {"wrong_person": "1"}))
            for page in pages:
                for name in page.xpath("//option | //header"):
                    name.drop_tree()
                self.assertNotRegex(self.text(page) + self.text(page, "//title"), ENGLISH, lang)
                self.assertEqual(page.get("lang"), lang[:2])
        self.assertEqual(headings["it_IT"], "Noa, come possiamo scriverle?")
        self.assertEqual(headings["zh_CN"], "Noa，您希望我们怎样联系您？")


@tagged("post_install", "-at_install")
class TestWrongPerson(PreferenceCase):
    """“I am not this person”: said once, and nothing of the patient is shown there any more."""

    def setUp(self):
        super().setUp()
        self.message, self.link, self.path = self.issue()

    def test_asks_first_then_blocks_and_tells_the_desk(self):
        ask = self.page(self.path + "?wrong_person=1")
        self.assertFalse(self.env["prm.address.block"].search([]))
        self.assertNotIn("Maria", self.text(ask))
        _other_message, other, other_path = self.issue()
        loose, loose_url = self.env["prm.link"]._issue("preferences", self.maria)
        for _attempt in range(2):
            done = self.page(self.path, self.form(ask))
            self.assertIn("Thank you for telling us", self.text(done))
        for suffix in ("", "?wrong_person=1", "?choose=1"):
            self.assertNotIn("Maria", self.page(self.path + suffix).text_content())
        self.page(self.path, {"first": "sms", "was-news-email": "0", "yes-news-email": "1"})
        self.assertFalse(self.words(), "the stranger decides nothing for the patient")
        block = self.env["prm.address.block"].search([])
        self.assertEqual(
            (block.company_id, block.channel_id.code, block.address, block.reason),
            (self.practice, "email", "maria@example.com", "wrong_person"),
        )
        # Other links that lie in the same mailbox, or may lie there, are dead.
        for path in (other_path, "/prm/l/" + loose_url.rpartition("/")[2]):
            response = self.url_open(path)
            self.assertEqual(response.status_code, 410)
            self.assertNotIn("Maria", response.text)
        activity = self.maria.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.receptionist)
        self.assertIn("Email", activity.note)
        self.assertEqual(self.events("wrong_person").detail, "Email")
        self.assertTrue(other and loose)
        # What waits for that address does not go, and what comes goes another way or not at all.
        self.assertFalse(self.dispatch().taken)
        self.env.invalidate_all()
        self.assertEqual((self.message.state, self.message.reason), ("suppressed", "wrong_person"))

    def test_links_at_another_address_live_on(self):
        self.template.body_ids = [
            (0, 0, {"lang": "en", "channel_kind": "sms", "body": "Hi {{ link.preferences }}"})
        ]
        sms = self.queue(self.maria, exclude_channels=("email",))
        self.assertEqual(sms.channel_id.code, "sms")
        self.page(self.path, {"wrong_person": "1"})
        token = re.search(r"/prm/l/([\w-]+)", sms.body).group(1)
        self.assertEqual(self.text(self.page(f"/prm/l/{token}"), "//h1"),
                         "Maria, how may we write to you?")  # fmt: skip

    def test_a_link_of_which_nobody_knows_where_it_went(self):
        link, url = self.env["prm.link"]._issue("preferences", self.maria)
        self.page("/prm/l/" + url.rpartition("/")[2], {"wrong_person": "1"})
        self.assertFalse(self.env["prm.address.block"].search([]))
        self.assertEqual(len(self.maria.activity_ids), 1)
        self.assertTrue(link.acted_at)


@tagged("post_install", "-at_install")
class TestUnsubscribeOffersLess(PreferenceCase):
    """Who would stop everything may only want less."""

    def setUp(self):
        super().setUp()
        self.message = self.queue(self.maria)
        [mail] = self.dispatch().taken
        self.path = re.search(r"/prm/u/[\w-]+", mail["List-Unsubscribe"]).group()

    def test_the_way_there(self):
        for page in (self.page(self.path), self.page(self.path, {"x": "1"})):
            [way] = page.xpath("//a[contains(@href, 'choose')]/@href")
            choose = self.page(way)
            self.assertEqual(self.text(choose, "//h1"), "Maria, how may we write to you?")
        before = self.words()
        self.post(way, {"pause": "3", "yes-news-email": "1"})
        self.assertEqual(self.words(), [*before, ("news", "email", "granted")])
        self.assertTrue(self.maria.contact_paused_until)
        self.assertEqual(self.message.state, "sent")

    def test_the_wrong_person(self):
        [way] = self.page(self.path).xpath("//a[contains(@href, 'choose')]/@href")
        [ask] = self.page(way).xpath("//a[contains(@href, 'wrong_person')]/@href")
        page = self.page(way.partition("?")[0] + ask)
        self.page(way.partition("?")[0], self.form(page))
        self.assertEqual(self.env["prm.address.block"].search([]).address, "maria@example.com")
        self.assertNotIn("Maria", self.page(way).text_content())


@tagged("post_install", "-at_install")
class TestPreferenceLinks(PreferenceCase):
    """Every template may hold the way to the preferences."""

    def _statements(self, count):
        patients = [
            self._patient(first_name=f"P{count}-{index}", email=f"p{count}.{index}@example.com")
            for index in range(count)
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        messages = self.queue(*patients)
        self.env.flush_all()
        used = self.env.cr.sql_log_count - before
        self.assertEqual(len(set(messages.mapped("body"))), count, "each has an own address")
        links = self.env["prm.link"].search([("message_id", "in", messages.ids)])
        self.assertEqual(len(links), count)
        self.assertEqual(links.message_id.patient_id, links.patient_id)
        for link in links:
            self.assertEqual(link.message_id.patient_id, link.patient_id)
        return used

    def test_a_batch_takes_as_many_statements_whatever_its_size(self):
        self._statements(2)
        few, many = self._statements(4), self._statements(40)
        self.assertLessEqual(many, few)

    def test_beside_the_link_of_the_sender(self):
        message = self.queue(
            self.maria, link_action="unsubscribe",
            link_payload={"purpose": "recall", "channel": "email"},
        )  # fmt: skip
        links = self.env["prm.link"].search([("message_id", "=", message.id)])
        self.assertEqual(set(links.mapped("action")), {"unsubscribe", "preferences"})
        self.assertEqual(message.link_id.action, "unsubscribe")

    def test_only_for_texts_that_hold_it(self):
        self.template.body_ids.filtered(lambda body: body.lang == "en").body = "Hello"
        message = self.queue(self.maria)
        self.assertFalse(self.env["prm.link"].search([("message_id", "=", message.id)]))
        refused = self.queue(self.maria, blocks=("already_booked",))
        self.assertEqual(refused.state, "suppressed")

    def test_the_desk_sends_the_link(self):
        maria = self.as_user(self.receptionist, self.maria)
        self.maria.contact_paused_until = fields.Date.today() + timedelta(days=9)
        action = maria.action_send_preference_link()
        self.assertIn("by Email", action["params"]["message"])
        message = self.maria.message_log_ids[:1]
        self.assertEqual((message.state, message.purpose_id.code), ("queued", "care"))
        path = "/prm/l/" + re.search(r"/prm/l/([\w-]+)", message.body).group(1)
        self.post(path, {"pause": "none"})
        self.assertFalse(self.maria.contact_paused_until)
        self.assertEqual(message.state, "acted", "this one asked for it")

    def test_who_may_not_send_it_and_when_it_can_not_go(self):
        with self.assertRaisesRegex(UserError, "front desk"):
            self.as_user(self.clinician, self.maria).action_send_preference_link()
        with self.assertRaises(AccessError):
            self.as_user(self.stranger, self.maria).action_send_preference_link()
        self.maria.write({"email": False, "mobile": False})
        with self.assertRaisesRegex(UserError, "can't be sent.*address"):
            self.as_user(self.receptionist, self.maria).action_send_preference_link()


@tagged("post_install", "-at_install")
class TestPortalPreferences(PreferenceCase):
    """The same form for people who have an account."""

    PATH = "/my/prm/preferences"

    def setUp(self):
        super().setUp()
        self.authenticate("t_portal", "t_portal")

    def _be_patient(self):
        return self._patient(partner_id=self.portal.partner_id.id, email="portal@example.com")

    def test_who_is_no_patient(self):
        page = self.page(self.PATH)
        self.assertIn("not tied to a patient", self.text(page))
        self.assertIn("+39 02 5500 0000", self.text(page, "//footer"), "whom to call")
        self.assertNotIn("/my/prm", self.url_open("/my").text)
        self.page(self.PATH + f"?practice={self.practice.id}", None)

    def test_reads_and_saves(self):
        patient = self._be_patient()
        self.assertIn(self.PATH, self.url_open("/my").text)
        page = self.post(self.PATH, {"yes-news-email": "1", "pause": "1"})
        self.assertIn("This holds from now on", self.text(page))
        self.assertEqual(self.words(patient), [("news", "email", "granted")])
        row = self.env["prm.consent"].search([("patient_id", "=", patient.id)])
        self.assertEqual((row.source, row.user_id), ("portal", self.portal))
        self.assertFalse(row.link_id)
        self.assertTrue(patient.contact_paused_until)
        codes = patient.event_ids.event_type_id.mapped("code")
        self.assertIn("preferences_changed", codes)
        self.assertFalse(page.xpath("//a[contains(@href, 'wrong_person')]"))

    def test_a_post_from_elsewhere_is_refused(self):
        patient = self._be_patient()
        form = self.form(self.page(self.PATH)) | {"pause": "1"}
        del form["csrf_token"]
        self.assertEqual(self.url_open(self.PATH, data=form).status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(patient.contact_paused_until)

    def test_nobody_elses(self):
        self._be_patient()
        form = self.form(self.page(self.PATH)) | {"pause": "1", "practice": "999999"}
        self.page(self.PATH, form)
        self.assertFalse(self.maria.contact_paused_until)

    def test_two_practices(self):
        here = self._be_patient()
        there = self._patient(
            partner_id=self.portal.partner_id.id, company_id=self.other_practice.id
        )
        choice = self.page(self.PATH)
        self.assertIn("Practice Borealis", self.text(choice))
        [way] = choice.xpath(f"//a[contains(@href, 'practice={there.company_id.id}')]/@href")
        self.post(way, {"pause": "1"})
        self.assertTrue(there.contact_paused_until)
        self.assertFalse(here.contact_paused_until)

    def test_no_english_in_other_languages(self):
        for lang in LANGUAGES:
            self.portal.partner_id.lang = lang
            self.authenticate("t_portal", "t_portal")
            pages = [self.page(self.PATH)]
            with self.subTest(lang=lang):
                patients = self._be_patient()
                pages.append(self.page(self.PATH))
                pages.append(self.post(self.PATH, {"pause": "3"}))
                patients |= self._patient(
                    partner_id=self.portal.partner_id.id, company_id=self.other_practice.id
                )
                pages.append(self.page(self.PATH))
                for page in pages:
                    for name in page.xpath("//option | //header | //ul[@class='p-list']"):
                        name.drop_tree()
                    self.assertNotRegex(self.text(page), ENGLISH, lang)
                for patient in patients:
                    patient.partner_id = self.env["res.partner"].create({"name": "Nobody"})
