"""What a patient sent besides words, in sentences for staff."""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: What has to be looked at; only its provider has it.
FILES = ("image", "voice", "video", "document", "sticker")

_TEXTS = {
    "image": _lt("The patient sent a picture."),
    "voice": _lt("The patient sent a voice message."),
    "video": _lt("The patient sent a video."),
    "document": _lt("The patient sent a document."),
    "sticker": _lt("The patient sent a sticker."),
    "location": _lt("The patient sent a place."),
    "contacts": _lt("The patient sent a contact."),
    "reaction": _lt("The patient reacted to a message."),
    "system": _lt("A notice by the provider about this patient."),
    "other": _lt("The patient sent something that can't be shown here. Ask what it was."),
}
_TAKEN_BACK = _lt("The patient took back a reaction to a message.")
_WHERE = {
    "whatsapp": _lt("It is not kept here: look in WhatsApp, or ask for it by email."),
    "sms": _lt("It is not kept here: look at your SMS provider, or ask for it by email."),
}


def media_text(env, media, channel, has_words):
    """The sentence on what came, and where to look; an empty string when it was only words.

    :param media: one of `channels.base.MEDIA`, or nothing; :param channel: code of the channel.
    :param has_words: whether something to read came along.
    """
    if media not in _TEXTS:
        return ""
    text = _TAKEN_BACK if media == "reaction" and not has_words else _TEXTS[media]
    parts = [text, _WHERE.get(channel) if media in FILES else None]
    return " ".join(part._translate(env.lang or "en_US") for part in parts if part)
