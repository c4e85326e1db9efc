import smtplib
from email import message_from_bytes, policy
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import tagged

from ..channels.base import Outgoing
from ..channels.email import EmailChannel
from ..channels.mail_frame import MAX_LINE, Mail, is_plain_address
from .common import PrmCase

#: Letters that a database keeps and that a line can hold.
_TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), min_size=1
)
_LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)
#: Longer than a line: Python alone would write it in a form that mail programs don't understand.
_LONG = "<https://www.a-practice-with-a-long-name.example/prm/u/" + "x" * 40 + ">"


class _Session:
    """A mail server that keeps what it is given."""

    def __init__(self):
        self.written, self.built = [], []

    def sendmail(self, sender, recipients, data):
        if recipients[0].startswith("refused"):
            raise smtplib.SMTPRecipientsRefused({recipients[0]: (550, b"unknown")})
        self.written.append((sender, recipients, message_from_bytes(data, policy=policy.default)))

    def send_message(self, message, sender, recipients):
        self.built.append((sender, recipients, message))

    def rset(self):
        pass

    def quit(self):
        pass


def _outgoing(number=1, **vals):
    return Outgoing(
        **{
            "message_id": number,
            "key": f"key{number}",
            "address": f"patient{number}@example.com",
            "subject": "Hello",
            "body": "How are you?",
            "lang": "en",
            "sender": '"Practice Aurora" <hello@aurora.example>',
            "practice": "Practice Aurora",
            "headers": {"List-Unsubscribe": "<https://a.example/u>"},
            **vals,
        }
    )


def _lines(part):
    return part.get_content().replace("\r\n", "\n").rstrip("\n").split("\n")


@tagged("post_install", "-at_install")
class TestMailFrame(PrmCase):
    def setUp(self):
        super().setUp()
        self.channel = EmailChannel(self.env)
        self.session = _Session()

    def send(self, *batch):
        servers = type(self.env["ir.mail_server"])
        with (
            patch.object(EmailChannel, "_connect", lambda channel, sender: self.session),
            patch.object(servers, "_disable_send", lambda self: False),
        ):
            return list(self.channel.send(list(batch)))

    def test_the_same_mail_as_odoo_builds(self):
        """Whatever is written in it, and however it has to be encoded."""
        frame = self.channel._make_frame(_outgoing(), self.session)

        @settings(max_examples=150, deadline=None)
        @given(_TEXTS, _LINES, st.sampled_from(["Aurora", "Zahnärzte am See", "极光牙科"]))
        def compare(body, subject, practice):
            outgoing = _outgoing(2, body=body, subject=subject, practice=practice)
            mail = self.channel._make(outgoing, self.session, {self.key(outgoing): frame})
            self.assertIsInstance(mail, Mail)
            self.assertTrue(mail.data.isascii())
            self.assertLessEqual(max(map(len, mail.data.split(b"\r\n"))), 998)
            self.assertNotRegex(mail.data, rb"[^\r]\n|\r[^\n]")
            ours = message_from_bytes(mail.data, policy=policy.default)
            built = self.channel._build(outgoing)
            theirs = message_from_bytes(built.as_bytes(), policy=policy.default)
            ignored = {"Content-Type", "Date"}
            self.assertEqual(
                {name: str(value) for name, value in ours.items() if name not in ignored},
                {name: str(value) for name, value in theirs.items() if name not in ignored},
            )
            self.assertEqual(ours.get_content_type(), "multipart/alternative")
            for mine, other in zip(ours.iter_parts(), theirs.iter_parts(), strict=True):
                self.assertEqual(mine.get_content_type(), other.get_content_type())
                self.assertEqual(mine.get_content_charset(), "utf-8")
                self.assertEqual(_lines(mine), _lines(other))

        compare()

    @staticmethod
    def key(outgoing):
        return (outgoing.sender, outgoing.reply_to, *outgoing.headers)

    def test_a_batch_goes_out_as_it_is_written(self):
        outcomes = self.send(
            _outgoing(1), _outgoing(2, address="refused@example.com"), _outgoing(3, body="Ciao")
        )
        self.assertEqual([outcome.state for outcome in outcomes], ["sent", "failed", "sent"])
        self.assertEqual(outcomes[1].reason, "bad_address")
        (sender, recipients, first), (_sender, others, last) = self.session.written
        self.assertEqual(sender, "hello@aurora.example")
        self.assertEqual((*recipients, *others), ("patient1@example.com", "patient3@example.com"))
        self.assertEqual(first["From"], '"Practice Aurora" <hello@aurora.example>'.replace('"', ""))
        self.assertEqual(last["To"], "patient3@example.com")
        self.assertEqual(last["Message-Id"], outcomes[2].provider_ref)
        self.assertIn("key3", last["Message-Id"])
        self.assertEqual(last["Auto-Submitted"], "auto-generated")
        self.assertIn("Ciao", last.get_body(("plain",)).get_content())
        self.assertIn("Ciao", last.get_body(("html",)).get_content())
        self.assertFalse(self.session.built)

    def test_a_long_address_to_unsubscribe_stays_whole(self):
        headers = {"List-Unsubscribe": _LONG}
        self.assertGreater(len(_LONG), MAX_LINE)
        self.send(*(_outgoing(number, headers=headers) for number in (1, 2)))
        self.send(_outgoing(3, headers=headers))
        self.assertEqual(len(self.session.written), 3)
        for _sender, _recipients, mail in self.session.written:
            self.assertEqual(mail["List-Unsubscribe"], _LONG)

    def test_mails_with_different_headers_do_not_mix(self):
        self.send(_outgoing(1), _outgoing(2, headers={}), _outgoing(3, sender="b@b.example"))
        mails = [mail for _sender, _recipients, mail in self.session.written]
        self.assertEqual([mail["List-Unsubscribe"] is None for mail in mails], [False, True, False])
        self.assertEqual(mails[2]["From"], "b@b.example")
        self.assertEqual(self.session.written[2][0], "b@b.example")

    def test_an_international_address_is_built_by_itself(self):
        self.assertFalse(is_plain_address("sørensen@example.com"))
        self.send(_outgoing(1), _outgoing(2, address="anna@zahnärzte.example"))
        self.assertEqual(len(self.session.written), 1)
        [(_sender, recipients, _message)] = self.session.built
        self.assertEqual(recipients, ["anna@xn--zahnrzte-3za.example"])

    def test_what_another_add_on_does_to_a_mail_is_done_to_each(self):
        def alter(servers, message, sender, recipients):
            message["X-For"] = recipients[0]

        with patch.object(type(self.env["ir.mail_server"]), "_alter_message__", alter):
            self.send(_outgoing(1), _outgoing(2))
        self.assertFalse(self.session.written)
        self.assertEqual(
            [message["X-For"] for _sender, _recipients, message in self.session.built],
            ["patient1@example.com", "patient2@example.com"],
        )
