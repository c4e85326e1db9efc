"""From the plain text that staff write to the mail that patients see.

Blank lines make paragraphs. A line "Label: https://…" becomes a button, because on a phone a thumb
has to hit it. Everything is escaped; there are no images, no outside fonts, no tracking.
"""

import re

from markupsafe import escape

_BUTTON = re.compile(r"^(?P<label>[^:\n]{1,60}):[ \n](?P<url>https?://\S+)$")
_URL = re.compile(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)])")

# What stands in the gaps of these has been escaped before.
_PAGE = (
    '<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light"></head>'
    '<body style="margin:0;background:#f3f6f8;color:#1d2b36;'
    "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC',sans-serif;"
    'font-size:17px;line-height:1.55">'
    '<div style="max-width:560px;margin:0 auto;padding:24px 16px">'
    '<div style="font-weight:600;color:#0b6b74;padding:0 4px 12px">{practice}</div>'
    '<div style="background:#ffffff;border-radius:12px;padding:24px">{content}</div>'
    "</div></body></html>"
)
_PARAGRAPH = '<p style="margin:0 0 16px">{}</p>'
_BUTTON_HTML = (
    '<p style="margin:24px 0"><a href="{url}" style="display:inline-block;background:#0b6b74;'
    "color:#ffffff;text-decoration:none;font-weight:600;padding:14px 24px;border-radius:10px"
    '">{label}</a></p>'
)
_LINK = '<a href="{url}" style="color:#0b6b74">{url}</a>'


def _escaped(text):
    return str(escape(text))


def _inline(text):
    """Escaped text with its addresses made clickable and its line breaks kept."""
    pieces = []
    for index, piece in enumerate(_URL.split(text)):
        piece = _escaped(piece)
        pieces.append(_LINK.format(url=piece) if index % 2 else piece)
    return "".join(pieces).replace("\n", "<br>")


def _block(text):
    match = _BUTTON.match(text)
    if match:
        return _BUTTON_HTML.format(
            url=_escaped(match["url"]), label=_escaped(match["label"].strip())
        )
    return _PARAGRAPH.format(_inline(text))


def to_html(text, lang, practice=""):
    """A whole HTML page for the body of a mail.

    :param str text: plain text; :param str lang: language code such as ``it``;
    :param str practice: name shown above the letter.
    """
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return _PAGE.format(
        lang=_escaped(lang or "en"),
        practice=_escaped(practice),
        content="".join(map(_block, blocks)),
    )
