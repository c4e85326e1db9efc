"""What a person wrote anew in an answer by email, without what the mail program put below it."""

import re

from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

#: A line that mail programs put between the answer and what is answered.
_RULE = re.compile(r"^\s*([_\-=]{8,}|-{2,}\s*\w.*-{2,})\s*$")
_SIGNATURE = re.compile(r"^--\s*$")

#: No answer is longer; cutting takes time that grows with the text.
MAX_LENGTH = 50_000


def new_text(text, own_addresses=()):
    """The part of an email that its sender has just written.

    The library knows how mail programs of many languages begin a quotation. What it does not know,
    is told by our own address: the line above a quotation names whom it quotes.

    :param text: the email as plain text; :param own_addresses: addresses that we write from.
    :return: the new part; the whole text when nothing would be left.
    :rtype: str
    """
    text = text.replace("\r\n", "\n").strip()[:MAX_LENGTH]
    parsed = EmailReplyParser(languages=list(MAIL_LANGUAGES)).parse_reply(text=text) or ""
    return _above_quotation(parsed, own_addresses) or parsed.strip() or text


def _above_quotation(text, own_addresses):
    lines = text.split("\n")
    own = [address.lower() for address in own_addresses if address]
    for number, line in enumerate(lines):
        low = line.lower()
        quotes = line.lstrip().startswith(">") or _RULE.match(line) or _SIGNATURE.match(line)
        if quotes or any(address in low for address in own):
            return "\n".join(lines[:number]).strip()
    return text.strip()
