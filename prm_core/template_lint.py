"""What is worth mending in a template that could be sent as it is.

Pure functions over plain data: they return findings with codes, and the models make sentences of
them. Faults for which a text is never saved are in `templating.check`, with one exception: health
details where they are forbidden are found here and refused by the model.
"""

from dataclasses import dataclass

from . import replies, templating

#: Purposes whose messages let the patient answer or say no, at least on a channel with links.
LINK_PURPOSES = ("news", "marketing", "education", "feedback")
LINK_CHANNELS = ("email", "sms", "whatsapp")
#: Purposes that promote or teach: whoever is written to unasked by them must see in the text how to
#: end it, on channels that have no button for that (an email has one in its header, RFC 8058). A
#: recall or a question after a visit belongs to the care that the patient came for. So do all other
#: purposes that need a yes first.
STOP_PURPOSES = ("education", "news", "marketing", "research")
STOP_CHANNELS = ("sms", "whatsapp")
#: Either leads to the end of it.
STOP_LINKS = frozenset({"link.preferences", "link.unsubscribe"})

#: 3GPP TS 23.038, the default alphabet and its extension table (each of these counts twice).
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Text:
    """One text of a template.

    :param channel: kind of channel; :param lang: two letters.
    :param approved: whether there is an approved template for it, where a channel wants one.
    :param values: names of the variables that go into that template.
    """

    channel: str
    lang: str
    body: str
    subject: str = ""
    approved: bool = True
    values: tuple = ()


@dataclass(frozen=True)
class Finding:
    """Something worth mending.

    :param code: ``missing_language``, ``own_language``, ``sms_long``, ``health``, ``not_approved``,
        ``no_link``, ``no_stop``, ``sms_unasked`` or ``sms_over_limit``.
    :param detail: what belongs to the code: languages, segments and characters, names, what is
        missing (``name``, ``contact``, ``stop``), or the limit and characters.
    """

    code: str
    channel: str
    lang: str = ""
    detail: tuple = ()


def sms_length(text):
    """How much of an SMS a text takes: (characters, segments, whether it needs UCS-2).

    One segment holds 160 characters of GSM-7 or 70 of UCS-2; in several, each gives up some for the
    header that joins them (153 and 67; 3GPP TS 23.040). Signs beyond the basic plane count twice.
    """
    unicode = any(char not in _GSM and char not in _GSM_EXTENSION for char in text)
    if unicode:
        count, single, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    else:
        count = len(text) + sum(char in _GSM_EXTENSION for char in text)
        single, joined = 160, 153
    return count, (1 if count <= single else -(-count // joined)), unicode


def health_variables(text, allowed):
    """Names of variables about health that a text uses where it must not; a sorted list.

    :param allowed: channels by which the text's purpose lets health details go. The gate asks the
        same: what is found here would be held back there.
    :raises templating.TemplateError: for a text that can't be read.
    """
    if text.channel in allowed:
        return []
    used = templating.variables_of(text.subject) | templating.variables_of(text.body)
    return sorted(name for name in used.union(text.values) if templating.is_health(name))


def lint(
    texts, purpose, practice_lang, languages, values, opt_in=False, health_channels=(), limit=0
):
    """All findings, channel by channel.

    :param texts: list of `Text`; :param purpose: code of the purpose.
    :param practice_lang: two letters; :param languages: those in which a text can be written.
    :param values: example values by dotted name, to estimate lengths.
    :param opt_in: whether the purpose needs the patient's yes first.
    :param health_channels: channels by which the purpose lets health details go.
    :param limit: most characters of an SMS to patients who have not expressly allowed it, where the
        law lets a practice text them only so; 0: there is no such law.
    """
    findings = []
    stoppable = opt_in or purpose in STOP_PURPOSES
    by_channel = {}
    for text in texts:
        by_channel.setdefault(text.channel, []).append(text)
    for channel, of_channel in by_channel.items():
        findings += _lint_languages(channel, of_channel, practice_lang, languages)
        for text in of_channel:
            findings += _lint_text(text, purpose, values, stoppable)
            if limit and text.channel == "sms":
                findings += _lint_unasked(text, values, limit)
            if names := _health(text, health_channels):
                findings.append(Finding("health", text.channel, text.lang, names))
    return findings


def _lint_languages(channel, texts, practice_lang, languages):
    missing = [lang for lang in languages if lang not in {text.lang for text in texts}]
    if channel == "email" and practice_lang in missing:
        yield Finding("own_language", channel, practice_lang)
        missing.remove(practice_lang)
    if missing:
        yield Finding("missing_language", channel, detail=tuple(missing))


def _health(text, allowed):
    try:
        return tuple(health_variables(text, allowed))
    except templating.TemplateError:
        return ()


def _lint_unasked(text, values, limit):
    """What an SMS lacks that nobody has asked for: who writes, how to reach them, how to end it."""
    try:
        used = templating.variables_of(text.body)
        count = len(templating.render(text.body, values).strip())
    except templating.TemplateError:
        return
    has = {
        "name": "practice.name" in used,
        "contact": "practice.phone" in used or any(name.startswith("link.") for name in used),
        "stop": bool(used & STOP_LINKS) or replies.names_stop(text.body),
    }
    if missing := tuple(part for part, there in has.items() if not there):
        yield Finding("sms_unasked", text.channel, text.lang, missing)
    if count > limit:
        yield Finding("sms_over_limit", text.channel, text.lang, (limit, count))


def _lint_text(text, purpose, values, stoppable):
    try:
        used = templating.variables_of(text.subject) | templating.variables_of(text.body)
        rendered = templating.render(text.body, values).strip() if text.channel == "sms" else ""
    except templating.TemplateError:
        return  # such a text is refused when it is saved, with better words
    if text.channel == "whatsapp" and not text.approved:
        yield Finding("not_approved", text.channel, text.lang)
    if (
        purpose in LINK_PURPOSES
        and text.channel in LINK_CHANNELS
        and not any(name.startswith("link.") for name in used)
    ):
        yield Finding("no_link", text.channel, text.lang)
    if (
        stoppable
        and text.channel in STOP_CHANNELS
        and not used & STOP_LINKS
        and not replies.names_stop(text.body)
    ):
        yield Finding("no_stop", text.channel, text.lang)
    count, segments, _unicode = sms_length(rendered)
    if segments > 1:
        yield Finding("sms_long", text.channel, text.lang, (segments, count))
