from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..bulk import insert
from ..conversation import Place, Source
from .test_message import MessageCase

START = datetime(2026, 3, 2, 8, 0)


class ConversationCase(MessageCase):
    """A conversation of any length, in known order."""

    def add_messages(self, count, **vals):
        """Messages of Maria, one a minute from START, written at once."""
        messages = insert(
            self.env["prm.message"],
            [
                {
                    "patient_id": self.maria.id,
                    "company_id": self.practice.id,
                    "purpose_id": self.env.ref("prm_core.prm_purpose_care").id,
                    "channel_id": self.env.ref("prm_core.prm_channel_email").id,
                    "direction": "out",
                    "state": "sent",
                    "body": f"Message {index}",
                    **vals,
                }
                for index in range(count)
            ],
        )
        self.env.cr.execute(
            """
            UPDATE prm_message SET create_date = %s + (id - %s) * interval '1 minute'
             WHERE id = ANY(%s)
            """,
            [START, messages[0].id, messages.ids],
        )
        messages.invalidate_recordset()
        return messages

    def add_events(self, count, patient=None, **vals):
        return self.env["prm.event"].emit(
            "imported",
            [
                {"patient": patient or self.maria, "payload": {"list": f"list{index}", "row": 1},
                 "occurred_at": START + timedelta(minutes=index, seconds=30), **vals}
                for index in range(count)
            ],
        )  # fmt: skip

    def page(self, user=None, patient=None, **options):
        patient = self.as_user(user or self.receptionist, patient or self.maria)
        return patient._conversation_page(**options)

    def walk(self, limit, **options):
        """All entries, page after page."""
        entries, before, more = [], None, True
        while more:
            page = self.page(before=before, limit=limit, **options)
            entries += page["entries"]
            last = entries[-1]
            before, more = [last["at"], last["kind"], last["id"]], page["more"]
        return entries


@tagged("post_install", "-at_install")
class TestConversation(ConversationCase):
    def test_all_kinds_in_one_order(self):
        self.add_messages(3)
        self.add_events(2)
        patient = self.as_user(self.receptionist, self.maria)
        patient.message_post(body="Likes mornings", message_type="comment")
        patient.activity_schedule("mail.mail_activity_data_call", user_id=self.receptionist.id)
        patient.activity_ids.action_feedback("Reached, will come by")
        entries = self.page()["entries"]
        self.assertEqual([e["at"] for e in entries], sorted(e["at"] for e in entries)[::-1])
        self.assertEqual({e["kind"] for e in entries}, {"message", "event", "note", "call"})
        texts = {e["kind"]: e["text"] for e in entries if e["kind"] in ("note", "call")}
        self.assertEqual(texts["note"], "Likes mornings")
        self.assertIn("Reached, will come by", texts["call"])
        old = [e["text"] for e in entries if e["at"] < "2026-03-03"]
        self.assertEqual(
            old, ["Message 2", "list1 · 1", "Message 1", "list0 · 1", "Message 0"]
        )  # fmt: skip

    def test_pages_join_without_gap_or_repetition(self):
        """Also where many entries of two kinds share one moment."""
        self.add_messages(7)
        same = {"occurred_at": START + timedelta(minutes=3)}
        self.add_events(9, **same)
        whole = self.page(limit=200)["entries"]
        for limit in (1, 2, 3, 5):
            keys = [entry["key"] for entry in self.walk(limit)]
            self.assertEqual(keys, [entry["key"] for entry in whole], limit)

    def test_what_arrives_meanwhile_shifts_nothing(self):
        self.add_messages(6)
        first = self.page(limit=3, kinds=["message"])["entries"]
        self.queue(self.maria)
        last = first[-1]
        rest = self.page(before=[last["at"], last["kind"], last["id"]], kinds=["message"])
        self.assertEqual([e["text"] for e in first + rest["entries"]],
                         [f"Message {index}" for index in reversed(range(6))])  # fmt: skip

    def test_a_message_is_not_told_twice(self):
        message = self.queue(self.maria)
        self.dispatch()
        self.assertIn("message_sent", self.maria.event_ids.event_type_id.mapped("code"))
        entries = self.page()["entries"]
        self.assertEqual([e["key"] for e in entries if e["kind"] == "message"],
                         [f"message:{message.id}"])  # fmt: skip
        self.assertNotIn("Message sent", [e["title"] for e in entries])

    def test_filters_and_search(self):
        self.add_messages(5)
        self.add_events(5)
        self.assertEqual({e["kind"] for e in self.page(kinds=["event"])["entries"]}, {"event"})
        self.assertEqual(self.page(kinds=[])["entries"], [])
        self.assertEqual([e["text"] for e in self.page(search="MESSAGE 3")["entries"]],
                         ["Message 3"])  # fmt: skip
        self.assertEqual([e["text"] for e in self.page(search="List4")["entries"]], ["list4 · 1"])
        by_name = self.page(search="imported from", kinds=["event"])["entries"]
        self.assertEqual(len(by_name), 5)
        self.assertEqual(self.page(search="100%")["entries"], [])

    def test_state_and_reason_are_told(self):
        mute = self._patient(first_name="Iris")
        self.queue(mute)
        [entry] = self.page(patient=mute, kinds=["message"])["entries"]
        self.assertEqual((entry["state_label"], entry["reason_text"]),
                         ("Held back", "There is no email address."))  # fmt: skip
        self.assertIn("why", entry["may"])

    def test_who_may_do_what(self):
        self.add_messages(1, state="failed", reason="bad_address")
        entry = self.page(kinds=["message"])["entries"][0]
        self.assertIn("again", entry["may"])
        entry = self.page(user=self.clinician, kinds=["message"])["entries"][0]
        self.assertEqual(entry["may"], [])

    def test_an_add_on_brings_a_kind(self):
        """The contract of `_conversation_sources`, with households as the new kind."""
        model = type(self.env["prm.patient"])
        original = model._conversation_sources
        home = self.env["prm.household"].create({"name": "Verdi", "company_id": self.practice.id})

        def with_households(patient):
            households = patient.env["prm.household"]
            return [*original(patient), Source(
                "household", "Households", households, [("id", "=", home.id)], "create_date",
                lambda text: [("name", "ilike", text)],
                lambda found: {record.id: {"title": record.name} for record in found},
            )]  # fmt: skip

        self.patch(model, "_conversation_sources", with_households)
        [entry] = self.page(search="verd")["entries"]
        self.assertEqual((entry["kind"], entry["title"], entry["text"]), ("household", "Verdi", ""))

    def test_a_place_that_is_none(self):
        for plain in (["yesterday", "message", 1], ["2026-03-02T08:00:00Z"], [None, "x", 1], "abc"):
            with self.assertRaises(ValueError, msg=plain):
                self.page(before=plain)

    def test_place_as_text_keeps_the_order(self):
        places = [Place(START + timedelta(microseconds=part), "x", 1) for part in (0, 5, 500_000)]
        texts = [place.at for place in places]
        self.assertEqual(texts, sorted(texts))
        self.assertEqual([Place.from_plain([text, "x", 1]) for text in texts], places)


@tagged("post_install", "-at_install")
class TestConversationBudget(ConversationCase):
    def _queries(self, **options):
        """Number of queries of one page, with nothing read before."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        page = self.page(**options)
        return self.env.cr.sql_log_count - before, page

    def test_the_number_of_queries_does_not_grow(self):
        self.add_messages(20)
        self.add_events(20)
        self.maria.message_post(body="A note", message_type="comment")
        self._queries(limit=10)  # what is cached for all users is read once
        few, _page = self._queries(limit=10)
        self.add_messages(1000)
        self.add_events(1000)
        many, page = self._queries(limit=100)
        self.assertEqual(few, many)
        self.assertLess(many, 25)
        last = page["entries"][-1]
        later, page = self._queries(before=[last["at"], last["kind"], last["id"]], limit=100)
        self.assertEqual(len(page["entries"]), 100)
        self.assertLessEqual(later, many)

    def test_an_index_finds_the_page(self):
        """Reading all entries and sorting them would be slow with years of messages."""
        self.add_messages(2000)
        self.env.cr.execute("ANALYZE prm_message")
        self.env.cr.execute(
            """
            EXPLAIN SELECT id FROM prm_message
             WHERE patient_id = %s AND (create_date, id) < (%s, %s)
             ORDER BY create_date DESC, id DESC LIMIT 50
            """,
            [self.maria.id, START + timedelta(minutes=1000), 2**31 - 1],
        )
        plan = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("prm_message_conversation_idx", plan)
        self.assertNotIn("Sort", plan)


@tagged("post_install", "-at_install")
class TestConversationAccess(ConversationCase):
    def test_who_may_read(self):
        self.add_messages(2)
        for user in (self.receptionist, self.clinician, self.manager):
            self.assertGreaterEqual(len(self.page(user)["entries"]), 2, user.login)
        public = self.env.ref("base.public_user")
        for user in (self.stranger, self.outsider, self.portal, public):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.page(user)

    def test_the_other_practice_by_the_public_method(self):
        for user in (self.stranger, self.outsider, self.portal):
            patient = self.as_user(user, self.maria)
            for call in (
                patient.conversation_page,
                patient.composer_open,
                lambda p=patient: p.composer_check({"purpose": "care"}),
                lambda p=patient: p.composer_send({"purpose": "care", "text": "Hi"}),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()

    def test_rows_of_another_practice_stay_out(self):
        """Even if they were of the same patient: each row is judged by its own practice."""
        [message] = self.add_messages(1, company_id=self.other_practice.id)
        [event] = self.add_events(1, company_id=self.other_practice.id)
        keys = {entry["key"] for entry in self.page()["entries"]}
        self.assertFalse(keys & {f"message:{message.id}", f"event:{event.id}"})
