from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import policy
from .test_message import MessageCase

BRACES = "Price {{ patient.secret }} {% for x in y %} 100 %"


class ComposerCase(MessageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway = cls.env["prm.gateway"].create(
            {
                "name": "SMS", "company_id": cls.practice.id, "provider": "generic_http",
                "url": "https://sms.example.com/send", "price": 0.07,
                "currency_id": cls.env.ref("base.EUR").id,
            }
        )  # fmt: skip

    def wish(self, **vals):
        return {"purpose": "care", "text": "Good morning", "subject": "Hello", **vals}

    def check(self, patient=None, **vals):
        patient = self.as_user(self.receptionist, patient or self.maria)
        return patient.composer_check(self.wish(**vals))

    def send(self, patient=None, user=None, **vals):
        patient = self.as_user(user or self.receptionist, patient or self.maria)
        return patient.composer_send(self.wish(**vals))

    def last_message(self, patient=None):
        return self.env["prm.message"].search(
            [("patient_id", "=", (patient or self.maria).id)], limit=1
        )


@tagged("post_install", "-at_install")
class TestOwnWords(ComposerCase):
    def test_what_is_typed_is_never_a_template(self):
        entry = self.send(channel="email", text=f"  {BRACES}\n\nBye ", subject="A {{ b }}\nBcc: x")
        message = self.last_message()
        self.assertEqual(message.state, "queued")
        self.assertEqual(message.body, f"{BRACES}\n\nBye")
        self.assertEqual(message.subject, "A {{ b }} Bcc: x")
        self.assertEqual((entry["text"], entry["direction"]), (message.body, "out"))
        session = self.dispatch()
        self.assertEqual(message.state, "sent")
        self.assertIn(BRACES, session.taken[0].get_body(("plain",)).get_content())

    def sent_mail(self, **vals):
        """What a composed email looks like at the mail server."""
        self.send(channel="email", **vals)
        return self.dispatch().taken[-1]

    def wrote(self, subject, message_id="<m1@mail.example>", **vals):
        """An email from Maria has come."""
        return self.env["prm.message"].create(
            {"patient_id": self.maria.id, "company_id": self.practice.id, "direction": "in",
             "channel_id": self.env.ref("prm_core.prm_channel_email").id, "state": "received",
             "address": self.maria.email, "subject": subject, "provider_ref": message_id, **vals}
        )  # fmt: skip

    def test_a_person_wrote_it(self):
        """No machine did, so programs may answer, and nothing says otherwise."""
        mail = self.sent_mail()
        self.assertNotIn("Auto-Submitted", mail)
        self.assertNotIn("X-Auto-Response-Suppress", mail)
        self.queue(self.maria)
        self.assertEqual(self.dispatch().taken[-1]["Auto-Submitted"], "auto-generated")

    def test_an_answer_stands_below_what_it_answers(self):
        asked = self.queue(self.maria)
        self.dispatch()
        self.wrote("Re: Ciao Maria", reply_to_id=asked.id, quotes=True)
        mail = self.sent_mail(subject="RE: ciao  Maria")
        self.assertEqual(mail["In-Reply-To"], "<m1@mail.example>")
        self.assertEqual(mail["References"], f"{asked.provider_ref} <m1@mail.example>")
        self.assertEqual(self.last_message().reply_to_id.provider_ref, "<m1@mail.example>")

    def test_another_subject_is_another_matter(self):
        self.wrote("My bill")
        self.assertNotIn("In-Reply-To", self.sent_mail(subject="Your visit"))
        self.assertIn("In-Reply-To", self.sent_mail(subject="Re: My bill"))
        self.wrote(False, "<m2@mail.example>")
        mail = self.sent_mail(subject="A message from us")
        self.assertEqual(mail["References"], "<m2@mail.example>")

    def test_no_header_is_smuggled_in(self):
        self.wrote("My bill", "<m@x>\nBcc: eve@example.com")
        mail = self.sent_mail(subject="Re: My bill")
        self.assertNotIn("In-Reply-To", mail)
        self.assertNotIn("Bcc", mail)

    def test_a_failure_is_for_a_person_to_decide(self):
        """No other channel is tried by itself: the words were written for this one."""
        self.maria.mobile = "+393331234567"
        self.send(channel="email")
        message = self.last_message()
        message.write({"state": "failed", "reason": "bad_address"})
        self.assertFalse(message._fall_over())

    def test_held_back_keeps_the_words(self):
        self.maria.status = "deceased"
        entry = self.send()
        self.assertEqual((entry["state"], entry["text"]), ("suppressed", "Good morning"))
        self.assertEqual(entry["reason_text"], "The patient has died.")
        self.assertIn("edit", entry["may"])

    def test_the_gate_is_asked_again_before_it_goes(self):
        self.send(channel="email")
        self.env["prm.consent"].create(
            {"patient_id": self.maria.id, "state": "withdrawn",
             "purpose_id": self.env.ref("prm_core.prm_purpose_care").id}
        )  # fmt: skip
        self.assertFalse(self.dispatch().taken)
        self.assertEqual(self.last_message().reason, "refused")

    def test_an_sms_has_no_subject(self):
        self.maria.mobile = "+393331234567"
        self.send(channel="sms")
        message = self.last_message()
        self.assertEqual((message.channel_id.code, message.subject), ("sms", False))
        self.assertEqual(message.address, "+393331234567")

    def test_empty_and_too_long(self):
        for vals in ({"text": " \n"}, {"text": "x" * 10_001}, {"subject": " "}, {"purpose": "x"}):
            with self.subTest(vals=list(vals)), self.assertRaises(UserError):
                self.send(channel="email", **vals)

    def test_clinicians_read_and_do_not_send(self):
        patient = self.as_user(self.clinician, self.maria)
        self.assertEqual(patient.composer_open(), {"may_send": False})
        with self.assertRaisesRegex(UserError, "front desk"):
            patient.composer_check(self.wish())
        with self.assertRaisesRegex(UserError, "front desk"):
            self.send(user=self.clinician)
        self.assertFalse(self.last_message())


@tagged("post_install", "-at_install")
class TestOutlook(ComposerCase):
    """What the composer says beforehand is what the gate does then."""

    def test_goes_at_once(self):
        check = self.check()
        self.assertTrue(check["allowed"])
        self.assertEqual((check["channel"], check["address"]), ("email", "maria@example.com"))
        self.assertFalse(check["goes_at"])
        usable = {channel["code"]: channel["usable"] for channel in check["channels"]}
        self.assertEqual(usable, {"email": True, "sms": False})

    def test_the_next_channel_and_why(self):
        bea = self._patient(first_name="Bea", mobile="+393337654321")
        check = self.check(bea)
        self.assertEqual(check["channel"], "sms")
        self.assertIn("no email address", check["channel_reason"])
        self.assertIn("locked phone", check["hint"])

    def test_a_channel_that_was_asked_for(self):
        self.maria.mobile = "+393331234567"
        self.assertEqual(self.check(channel="sms")["channel"], "sms")
        mute = self._patient(first_name="Iris", email="iris@example.com")
        check = self.check(mute, channel="sms")
        self.assertFalse(check["allowed"])
        self.send(mute, channel="sms")
        self.assertEqual(self.last_message(mute).state, "suppressed")

    def test_held_back_says_what_would_change_it(self):
        check = self.check(purpose="marketing")
        self.assertFalse(check["allowed"])
        self.assertIn("permission first", check["reason_text"])
        self.assertIn("next visit", " ".join(step["remedy"] for step in check["reasons"]))

    def test_later(self):
        self.env.ref("prm_core.prm_purpose_care").write({"hour_from": 8, "hour_to": 20})
        self.maria.partner_id.tz = "UTC"
        with freeze_time("2026-03-04 22:05:00"):
            check = self.check()
            self.assertTrue(check["allowed"])
            self.assertEqual(check["goes_at"], "2026-03-05T08:00:00.000000Z")
            entry = self.send(channel="email")
        self.assertEqual((entry["state"], entry["goes_at"]), ("queued", check["goes_at"]))

    def test_decision_is_the_gates(self):
        patient = self._patient(first_name="Ugo", email="ugo@example.com", status="moved")
        check = self.check(patient)
        request = self.as_user(self.receptionist, patient)._composer_request(self.wish())
        [decision] = self.env["prm.message"]._decide([request])
        self.assertEqual(decision.outcome, policy.SUPPRESS)
        self.assertEqual((check["allowed"], check["reason_text"]),
                         (False, "The patient has moved away."))  # fmt: skip

    def test_sms_parts_and_price(self):
        bea = self._patient(first_name="Bea", mobile="+393337654321")
        size = self.check(bea, text="a" * 161)["size"]
        self.assertEqual((size["segments"], size["units"]), (2, 161))
        self.assertIn("0.14", size["cost"])
        accents = self.check(bea, text="Olá")["size"]
        self.assertEqual(accents["limit"], 160, "the gateway writes á as a")
        self.assertIsNone(self.check(text="a" * 161)["size"])


@tagged("post_install", "-at_install")
class TestTemplates(ComposerCase):
    def test_preview_and_send(self):
        check = self.check(template_id=self.template.id, purpose="recall")
        self.assertEqual(check["preview"],
                         {"subject": "Ciao Maria", "text": "Un saluto da Practice Aurora",
                          "error": ""})  # fmt: skip
        self.send(template_id=self.template.id, purpose="recall", channel="email")
        message = self.last_message()
        self.assertEqual((message.subject, message.template_id), ("Ciao Maria", self.template))

    def test_the_preview_is_what_the_guardian_reads(self):
        leo = self._patient(
            first_name="Leo", last_name="Verdi", lang="en_US", birth_date="2020-05-04"
        )
        self.env["prm.guardian"].create(
            {"patient_id": leo.id, "partner_id": self.maria.partner_id.id}
        )
        self.template.body_ids.write({"body": "{{ recipient.called }}/{{ recipient.full_name }}"})
        preview = self.check(leo, text="", template_id=self.template.id, purpose="recall")[
            "preview"
        ]
        self.assertEqual(preview["subject"], "Ciao Leo")
        self.assertEqual(preview["text"], "Maria Verdi (Leo)/Maria Verdi")
        self.send(leo, template_id=self.template.id, purpose="recall", text="")
        self.assertEqual(self.last_message(leo).body, preview["text"])

    def test_a_template_that_cannot_go_is_shown_as_an_email(self):
        """Not as the script of a call, whichever texts it has."""
        for kind in ("phone", "letter", "whatsapp"):
            self.template.body_ids = [
                (0, 0, {"channel_kind": kind, "lang": "it", "subject": kind, "body": kind})
            ]
        self.maria.status = "deceased"
        preview = self.check(template_id=self.template.id, purpose="recall", text="")["preview"]
        self.assertEqual(preview["subject"], "Ciao Maria")

    def test_only_what_patient_and_practice_can_fill(self):
        options = self.as_user(self.receptionist, self.maria).composer_open()
        offered = self.env["prm.template"].browse(found["id"] for found in options["templates"])
        self.assertIn(self.template, offered)
        known = set(self.env["prm.message"]._patient_variables(self.maria))
        for template in offered:
            self.assertLessEqual(template._variables(), known, template.name)
        foreign = self.template.copy({"company_id": self.other_practice.id})
        with self.assertRaisesRegex(UserError, "Choose another"):
            self.send(template_id=foreign.id)

    def test_the_subject_answers_the_last_message(self):
        patient = self.as_user(self.receptionist, self.maria)
        self.assertEqual(patient.composer_open()["subject"], "Un messaggio da Practice Aurora")
        for subject, expected in (
            ("Domanda", "Re: Domanda"),
            ("RE: Domanda", "RE: Domanda"),
            ("AW: Frage", "AW: Frage"),
            (False, "Un messaggio da Practice Aurora"),
        ):
            self.env["prm.message"].create(
                {"patient_id": self.maria.id, "company_id": self.practice.id, "subject": subject,
                 "purpose_id": self.env.ref("prm_core.prm_purpose_care").id, "direction": "in"}
            )  # fmt: skip
            self.assertEqual(patient.composer_open()["subject"], expected)

    def test_every_language_has_its_subject(self):
        subjects = set()
        for lang in ("en_US", "it_IT", "es_ES", "de_DE", "zh_CN"):
            patient = self._patient(first_name="Noa", lang=lang)
            subjects.add(self.as_user(self.receptionist, patient).composer_open()["subject"])
        self.assertEqual(len(subjects), 5, subjects)
