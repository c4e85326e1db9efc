"""Many mails that differ in a few headers and in their words, written without building each anew.

Building a message with the standard library takes five times as long as handing it over, because
every header is parsed into a tree. Here one mail of a batch is built that way, by Odoo, and serves
as a frame: what all have in common is taken over from it byte by byte.

The words are encoded so that any server takes them as they are (7 bits, short lines): a signature
made on the way (DKIM) stays valid, because nobody has to encode them again.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

#: Longest line that needs no folding (RFC 5322, section 2.1.1).
MAX_LINE = 78
#: Longest line that a server must take (the same, without the line's end).
MAX_LINE_AT_ALL = 998
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PRINTABLE = re.compile(r"[!-~]+( [!-~]+)*")
_NEWLINE = re.compile("\r\n|\r")
_STRUCTURE = frozenset(("content-type", "mime-version"))


@dataclass(frozen=True)
class Mail:
    """A mail as it goes over the wire.

    :param sender: of the envelope; :param recipients: of the envelope; :param data: all bytes.
    :param headers: those in which it differs from others; ``mail["To"]`` reads them.
    """

    sender: str
    recipients: tuple
    data: bytes
    headers: dict

    def __getitem__(self, name):
        return self.headers[name]


def is_plain_address(address):
    """Whether an address can stand in a header and an envelope as it is."""
    return len(address) <= MAX_LINE - len("To: ") and bool(_PLAIN_ADDRESS.fullmatch(address))


class MailFrame:
    """What the mails of a batch have in common.

    :param message: one of them as Odoo built it (`email.message.EmailMessage`).
    :param sender: of the envelope.
    :param differing: names of the headers that differ from mail to mail.
    """

    def __init__(self, message, sender, differing):
        self.sender = sender
        self._policy = message.policy
        skipped = _STRUCTURE | {name.lower() for name in differing}
        self._shared = b"".join(
            self._policy.fold_binary(name, value)
            for name, value in message.raw_items()
            if name.lower() not in skipped
        )
        # Nobody knows it beforehand, so no text can hold it.
        self._boundary = f"=_{secrets.token_hex(16)}".encode()

    def fill(self, headers, plain, html):
        """Write one mail.

        :param headers: the differing headers, by name; one is ``To``, a plain address.
        :param plain, html: the same words twice.
        :return: a `Mail`.
        """
        boundary = self._boundary
        data = b"".join(
            (
                *(self._header(name, value) for name, value in headers.items()),
                self._shared,
                b"MIME-Version: 1.0\r\n",
                b'Content-Type: multipart/alternative; boundary="%s"\r\n' % boundary,
                b"\r\n--%s\r\n" % boundary,
                _part("plain", plain),
                b"\r\n--%s\r\n" % boundary,
                _part("html", html),
                b"\r\n--%s--\r\n" % boundary,
            )
        )
        return Mail(self.sender, (headers["To"],), data, headers)

    def _header(self, name, value):
        """One header with the line's end.

        An address in pointed brackets is neither cut nor encoded: programs want it as it is.
        """
        if _PRINTABLE.fullmatch(value) and "=?" not in value:
            length = len(name) + 2 + len(value)
            in_brackets = value[0] == "<" and " " not in value
            if length <= MAX_LINE or (in_brackets and length <= MAX_LINE_AT_ALL):
                return f"{name}: {value}\r\n".encode()
        return self._policy.fold_binary(*self._policy.header_store_parse(name, value))


def _part(subtype, text):
    """One form of the words, with its headers."""
    encoding, data = _encode(text)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + data


def _encode(text):
    """The name of the shortest encoding that fits, and the text in it."""
    text = _NEWLINE.sub("\n", text)
    if not text.endswith("\n"):
        text += "\n"
    data = text.encode()
    if text.isascii() and max(map(len, data.split(b"\n"))) <= MAX_LINE:
        return "7bit", data.replace(b"\n", b"\r\n")
    if len(data) - len(text) > len(text) // 3:
        # Mostly letters that quoted-printable would triple, such as Chinese ones.
        return "base64", base64.encodebytes(data.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return "quoted-printable", binascii.b2a_qp(data).replace(b"\n", b"\r\n")
