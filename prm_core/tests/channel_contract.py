"""What every adapter promises. An adapter's test fills in the few methods at the top."""

import logging
from types import SimpleNamespace

import requests
from urllib3.exceptions import NewConnectionError

from ..channels import Outgoing, base

NUMBERS = ("+12025550101", "+12025550102", "+12025550103")


class HandOverContract:
    """What every channel can do, those that people serve too."""

    addresses = NUMBERS
    good = {" +1 202 555 0101 ": "+12025550101", "+39 02 5500 0000": "+390255000000"}
    bad = ("", None, "0255000000", "+1", "anna", "+12025550101,+12025550102")

    def send(self, *outgoing):
        """Outcomes by message id."""
        raise NotImplementedError

    def outgoing(self, index=0, **values):
        return Outgoing(
            **{"message_id": index + 1, "key": f"key{index}", "address": self.addresses[index],
               "subject": "Ciao", "body": "Un saluto", "lang": "it",
               "sender": "hello@aurora.example", **values}
        )  # fmt: skip

    def send_three(self):
        """Send to three people: reasons and states by message id, with nothing told in logs."""
        logger = "odoo.addons.prm_core"
        with self.assertLogs(logger, "DEBUG") as logs:
            # assertLogs wants at least one line.
            logging.getLogger(logger).debug("start")
            outcomes = self.send(*(self.outgoing(index) for index in range(3)))
        said = "\n".join(logs.output)
        for private in (*self.addresses, *self.secrets(), "Un saluto"):
            self.assertNotIn(private, said)
        self.assertEqual(sorted(outcomes), [1, 2, 3])
        return outcomes

    def secrets(self):
        return ()

    def test_send(self):
        outcomes = self.send_three()
        self.assertEqual({outcome.state for outcome in outcomes.values()}, {"sent"})
        self.assertEqual(len({outcome.provider_ref for outcome in outcomes.values()} - {""}), 3)

    def test_addresses(self):
        for written, normal in self.good.items():
            self.assertEqual(self.adapter.validate_address(written), normal)
        for address in self.bad:
            self.assertIsNone(self.adapter.validate_address(address), address)


class SendContract(HandOverContract):
    """Sending by a provider, who may refuse, be slow or get lost."""

    bad_reason = None

    def refuse(self, address):
        """Let the provider refuse an address for good."""
        raise NotImplementedError

    def lose(self, address):
        """Let the connection get lost after the message was handed over."""
        raise NotImplementedError

    def hold(self, address):
        """Let the provider be too busy."""
        raise NotImplementedError

    def test_partial_failure(self):
        self.refuse(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "failed", "sent"])
        self.assertEqual((outcomes[2].reason, outcomes[2].retry), (self.bad_reason, False))

    def test_lost_connection(self):
        self.lose(self.addresses[1])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["sent", "unknown", "sent"])
        self.assertEqual((outcomes[2].reason, outcomes[2].retry), ("connection_lost", False))

    def test_rate_limit(self):
        self.hold(self.addresses[0])
        outcomes = self.send_three()
        self.assertEqual([outcomes[i].state for i in (1, 2, 3)], ["failed", "sent", "sent"])
        self.assertEqual((outcomes[1].reason, outcomes[1].retry), ("server_busy", True))


class HttpContract(SendContract):
    """Sending over HTTP, and webhooks."""

    adapter = None
    double_class = None
    settings = {}
    hook_url = ""

    def setUp(self):
        super().setUp()
        self.provider = self.double_class()
        self.channel = self.adapter(None, self.gateway())

    def gateway(self, **values):
        names = (
            "url sender account secret webhook_secret webhook_url plain_letters http_method "
            "http_headers body_format body_template ref_path status_path success_values "
            "idempotency_header signature_header event_id_path event_ref_path event_key_path "
            "event_status_path event_from_path event_text_path"
        )
        return SimpleNamespace(**{**dict.fromkeys(names.split()), **self.settings, **values})

    def send(self, *outgoing):
        with self.provider.online():
            return {outcome.message_id: outcome for outcome in self.channel.send(list(outgoing))}

    def secrets(self):
        return filter(None, (self.settings["secret"], self.settings.get("webhook_secret")))

    def refuse(self, address):
        self.provider.script[address] = self.provider.refusal

    def lose(self, address):
        self.provider.script[address] = requests.ReadTimeout(f"{address} timed out")

    def hold(self, address):
        self.provider.script[address] = (*self.provider.busy, {"Retry-After": "7"})

    def answer(self, *answer):
        """The outcome of one message, to which the provider answers so."""
        self.provider.script[NUMBERS[0]] = answer[0] if len(answer) == 1 else answer
        return self.send(self.outgoing())[1]

    def reports(self):
        """Webhook calls of one message's life: delivered, sent, failed, a person's message."""
        raise NotImplementedError

    def test_one_session_for_a_batch(self):
        self.send_three()
        self.assertEqual(len(self.provider.sessions), 1)
        self.assertEqual(len(self.provider.taken), 3)

    def test_answers_that_make_no_sense(self):
        for answer in ((200, "<html>welcome</html>"), (200, "[]"), (200, "null"), (200, "{}")):
            outcome = self.answer(*answer)
            self.assertEqual((outcome.state, outcome.reason), ("unknown", "bad_answer"), answer)

    def test_what_http_says(self):
        refused = requests.ConnectionError(NewConnectionError(None, "refused"))
        for answer, expected in (
            ((refused,), ("failed", "no_connection", True)),
            ((requests.ConnectTimeout(),), ("failed", "no_connection", True)),
            ((requests.ConnectionError("Connection aborted."),),
             ("unknown", "connection_lost", False)),
            ((503, ""), ("failed", "server_busy", True)),
            ((500, ""), ("unknown", "gateway_error", False)),
            ((401, "{}"), ("failed", "gateway_login", False)),
            ((403, "{}"), ("failed", "gateway_login", False)),
            ((302, "", {"Location": "https://elsewhere.example/"}),
             ("failed", "gateway_setup", False)),
            ((404, "<html>"), ("failed", "gateway_refused", False)),
            ((400, "[1]"), ("failed", "gateway_refused", False)),
        ):  # fmt: skip
            outcome = self.answer(*answer)
            got = (outcome.state, outcome.reason, outcome.retry)
            self.assertEqual(got, expected, answer)

    def test_retry_after_is_told(self):
        outcome = self.answer(429, {}, {"Retry-After": "7"})
        self.assertIn("7", outcome.detail)
        self.assertEqual((outcome.retry, outcome.retry_after), (True, 7))
        self.assertIsNone(self.answer(429, {}).retry_after)

    def test_wrong_login(self):
        self.channel = self.adapter(None, self.gateway(secret="wrong"))
        outcome = self.send(self.outgoing())[1]
        self.assertEqual((outcome.state, outcome.reason), ("failed", "gateway_login"))

    def test_nothing_is_sent_without_what_it_needs(self):
        for values, reason in (
            ({"address": "0255000000"}, "bad_number"),
            ({"body": " "}, "empty_text"),
        ):
            outcome = self.send(self.outgoing(**values))[1]
            self.assertEqual((outcome.state, outcome.reason), ("failed", reason))
        self.channel = self.adapter(None)
        self.assertEqual(self.send(self.outgoing())[1].reason, "no_gateway")
        self.assertFalse(self.provider.taken)

    def test_webhook_forged(self):
        for raw, headers in self.reports():
            verify = self.channel.verify_webhook
            self.assertTrue(verify(raw, headers, self.hook_url))
            lower = {name.lower(): value for name, value in headers.items()}
            self.assertTrue(verify(raw, lower, self.hook_url))
            for position in range(0, len(raw), 7):
                forged = bytearray(raw)
                forged[position] ^= 1
                self.assertFalse(verify(bytes(forged), headers, self.hook_url), position)
            for name, value in headers.items():
                for position in (0, len(value) // 2, len(value) - 3):
                    letter = chr(ord(value[position]) ^ 1)
                    forged = value[:position] + letter + value[position + 1 :]
                    self.assertFalse(verify(raw, {name: forged}, self.hook_url))
                self.assertFalse(verify(raw, {name: ""}, self.hook_url))
                self.assertFalse(verify(raw, {name: "é"}, self.hook_url))
            self.assertFalse(verify(raw, {}, self.hook_url))
            for closed in (self.adapter(None), self.adapter(None, self.gateway(
                secret=None, webhook_secret=None
            ))):  # fmt: skip
                self.assertFalse(closed.verify_webhook(raw, headers, self.hook_url))

    def test_webhook_replayed(self):
        for raw, headers in self.reports():
            ids = {
                tuple(
                    event.provider_event_id
                    for event in self.channel.parse_webhook(raw, headers, self.hook_url)
                )
                for _attempt in range(5)
            }
            self.assertEqual(len(ids), 1)
            self.assertTrue(all(ids.pop()))

    def test_webhook_in_any_order(self):
        """Each call says by itself what happened; none needs those before it."""
        for order in (1, -1):
            events = [
                event
                for raw, headers in self.reports()[::order]
                for event in self.channel.parse_webhook(raw, headers, self.hook_url)
            ][::order]
            kinds = [event.kind for event in events]
            self.assertEqual(kinds, ["delivered", "sent", "failed", "inbound", "unknown"])
            self.assertEqual(len({event.provider_event_id for event in events}), 5)
            self.assertEqual({event.provider_ref for event in events[:3]}, {"ref1"})
            self.assertEqual({event.key for event in events[:3]}, {"key1"})
            self.assertTrue(events[2].reason)
            self.assertEqual(events[3].address, NUMBERS[0])
            self.assertEqual(events[3].text, "Sì, vengo è ok")
            self.assertLessEqual(set(kinds), set(base.EVENT_KINDS))

    def test_webhook_that_is_none(self):
        for raw in (b"", b"\xff\xfe", b"[]"):
            with self.assertRaises(ValueError):
                self.channel.parse_webhook(raw, {}, self.hook_url)
