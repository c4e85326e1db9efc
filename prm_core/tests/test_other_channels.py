"""The contract for email, Odoo's SMS, phone and letter."""

import smtplib
from types import SimpleNamespace
from unittest.mock import patch

import requests
from odoo.addons.iap.tools import iap_tools
from odoo.tests import BaseCase, tagged

from ..channels import base, odoo_sms
from ..channels.email import EmailChannel
from ..channels.letter import LetterChannel
from ..channels.odoo_sms import OdooSmsChannel
from ..channels.phone import PhoneChannel
from .channel_contract import NUMBERS, HandOverContract, SendContract
from .common import PrmCase
from .gateways import (
    OdooSmsDouble,
)


@tagged("post_install", "-at_install")
class TestEmail(SendContract, PrmCase):
    adapter = EmailChannel
    addresses = ("anna@example.org", "bea@example.org", "carl@example.org")
    good = {" Anna@Example.ORG ": "anna@example.org"}
    bad = ("", None, "anna", "a@b@c.org")
    bad_reason = "bad_address"

    def setUp(self):
        super().setUp()
        self.script = {}

    def refuse(self, address):
        self.script[address] = smtplib.SMTPRecipientsRefused({address: (550, b"unknown")})

    def lose(self, address):
        self.script[address] = smtplib.SMTPServerDisconnected(f"{address} lost")

    def hold(self, address):
        self.script[address] = smtplib.SMTPSenderRefused(451, b"later", "x")

    def send(self, *outgoing):
        def hand_over(channel, message, session):
            if error := self.script.get(message["To"]):
                raise error

        session = SimpleNamespace(rset=lambda: None, quit=lambda: None)
        with (
            patch.object(EmailChannel, "_connect", lambda channel, sender: session),
            patch.object(EmailChannel, "_hand_over", hand_over),
        ):
            channel = EmailChannel(self.env)
            return {outcome.message_id: outcome for outcome in channel.send(list(outgoing))}

    def test_it_has_no_webhook(self):
        for method in ("verify_webhook", "parse_webhook"):
            with self.assertRaises(base.UnsupportedFeature):
                getattr(EmailChannel(self.env), method)(b"", {})


class NoWebhook:
    """What a channel can't do raises."""

    def test_it_has_no_webhook(self):
        for method in ("verify_webhook", "parse_webhook"):
            with self.assertRaises(base.UnsupportedFeature):
                getattr(self.adapter(None), method)(b"", {})


@tagged("post_install", "-at_install")
class TestOdooSms(NoWebhook, SendContract, PrmCase):
    adapter = OdooSmsChannel
    bad_reason = "bad_number"

    def setUp(self):
        super().setUp()
        self.provider = OdooSmsDouble()
        self.access = self.env["prm.gateway"].create(
            {"name": "SMS", "provider": "odoo_sms", "company_id": self.practice.id}
        )

    def outgoing(self, index=0, **values):
        return super().outgoing(index, **{"key": f"{index:032x}", **values})

    def send(self, *outgoing):
        with self.provider.online():
            sent = self.access._make_adapter().send(list(outgoing))
            return {outcome.message_id: outcome for outcome in sent}

    def refuse(self, address):
        self.provider.script[address] = "wrong_number_format"

    def lose(self, address):
        self.provider.script[address] = "nothing"

    def hold(self, address):
        self.provider.breaks = requests.ConnectTimeout(f"{address} timed out")

    def test_lost_connection(self):
        """One call for the batch: an answer lacks one, or none comes at all."""
        self.lose(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "unknown", "sent"])
        self.assertEqual(outcomes[2].reason, "bad_answer")
        for error, reason in (
            (requests.ReadTimeout("late"), "connection_lost"),
            (ValueError("IAP"), "gateway_error"),
        ):
            self.provider.breaks = error
            outcomes = self.send_three().values()
            self.assertEqual({(o.state, o.reason) for o in outcomes}, {("unknown", reason)})

    def test_rate_limit(self):
        """Odoo's server knows none; when it can't be reached, all of it is tried again."""
        self.hold(self.addresses[0])
        outcomes = self.send_three().values()
        self.assertEqual(
            {(o.state, o.reason, o.retry) for o in outcomes}, {("failed", "no_connection", True)}
        )

    def test_one_call_grouped_by_text(self):
        self.send(self.outgoing(0), self.outgoing(1), self.outgoing(2, body="Ciao “tu”"))
        [call] = self.provider.calls
        told = {m["content"]: [n["number"] for n in m["numbers"]] for m in call["messages"]}
        self.assertEqual(
            told, {"Un saluto": list(NUMBERS[:2]), 'Ciao "tu"': [NUMBERS[2]]}
        )  # fmt: skip

    def test_a_call_that_breaks_concerns_its_own(self):
        def break_the_second():
            if len(self.provider.calls) == 2:
                self.provider.breaks = requests.ReadTimeout("late")

        self.patch(odoo_sms, "CALL_SIZE", 2)
        self.provider.meanwhile = break_the_second
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "sent", "unknown"])
        self.assertEqual(len(self.provider.calls), 2)

    def test_what_the_server_says(self):
        for said, expected in (
            ("processing", ("sent", "")),
            ("insufficient_credit", ("failed", "no_credit")),
            ("unregistered", ("failed", "bad_sms_account")),
            ("country_not_supported", ("failed", "country_closed")),
            ("server_error", ("unknown", "gateway_error")),
            ("new-in-2030", ("unknown", "bad_answer")),
        ):
            self.provider.script[NUMBERS[0]] = said
            outcome = self.send(self.outgoing())[1]
            self.assertEqual((outcome.state, outcome.reason), expected, said)
            self.assertEqual(outcome.provider_ref, f"{0:032x}" if outcome.state == "sent" else "")
        self.provider.breaks = iap_tools.InsufficientCreditError("no money")
        self.assertEqual(self.send(self.outgoing())[1].reason, "no_credit")

    def test_nothing_is_sent_without_what_it_needs(self):
        self.assertEqual(self.send(self.outgoing(address="055"))[1].reason, "bad_number")
        self.assertEqual(self.send(self.outgoing(body=" "))[1].reason, "empty_text")
        [outcome] = OdooSmsChannel(self.env).send([self.outgoing()])
        self.assertEqual(outcome.reason, "no_gateway")
        self.assertFalse(self.provider.calls)


@tagged("post_install", "-at_install")
class TestPhone(NoWebhook, HandOverContract, PrmCase):
    adapter = PhoneChannel

    def setUp(self):
        super().setUp()
        purpose = self.env.ref("prm_core.prm_purpose_recall")
        self.messages = self.env["prm.message"].create(
            [
                {"patient_id": self.maria.id, "company_id": self.practice.id,
                 "purpose_id": purpose.id, "body": "Un saluto", "address": number}
                for number in NUMBERS
            ]
        )  # fmt: skip

    def outgoing(self, index=0, **values):
        return super().outgoing(index, **{"message_id": self.messages[index].id, **values})

    def send(self, *outgoing):
        place = {message.id: index + 1 for index, message in enumerate(self.messages)}
        outcomes = PhoneChannel(self.env).send(list(outgoing))
        return {place[outcome.message_id]: outcome for outcome in outcomes}

    def test_again_makes_no_second_call(self):
        self.assertTrue(PhoneChannel.idempotent)
        first, second = self.send(self.outgoing()), self.send(self.outgoing())
        self.assertEqual(first[1].provider_ref, second[1].provider_ref)
        self.assertEqual(self.env["prm.call"].search_count([("patient_id", "=", self.maria.id)]), 1)

    def test_partial_failure(self):
        outcomes = self.send(
            self.outgoing(0), self.outgoing(1, address="055"), self.outgoing(2, body=" ")
        )
        said = [(outcomes[i].state, outcomes[i].reason) for i in (1, 2, 3)]
        self.assertEqual(said, [("sent", ""), ("failed", "bad_number"), ("failed", "empty_text")])


class TestLetter(NoWebhook, BaseCase):
    adapter = LetterChannel

    def test_a_person_prints_it(self):
        self.assertTrue(LetterChannel.manual)
        with self.assertRaises(base.UnsupportedFeature):
            LetterChannel(None).send([])

    def test_addresses(self):
        valid = LetterChannel.validate_address
        self.assertEqual(valid(" Via  Roma 1\n\n20100 Milano "), "Via Roma 1\n20100 Milano")
        for address in ("", None, "Via Roma 1", "\n \n"):
            self.assertIsNone(valid(address))
