"""The sentences behind the reason codes, for staff.

Several channels share most codes, so a sentence has to be true for each of them. Whether something
is tried again is not said here: the same reason may be the last one.
"""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

_TEXTS = {
    "ok": _lt("Will be sent."),
    "deceased": _lt("The patient has died."),
    "moved": _lt("The patient has moved away."),
    "inactive": _lt("The patient is marked as inactive."),
    "refused": _lt("The patient has said no to messages of this kind."),
    "no_permission": _lt("Messages of this kind need the patient's permission first."),
    "no_email": _lt("There is no email address."),
    "no_address": _lt("There is no address for a channel that can be used."),
    "no_template": _lt("The template has no text for a channel that can be used."),
    "quiet_hours": _lt("Outside the hours in which the patient may be written to."),
    "no_hours": _lt("There is no hour that both the rules and the patient allow."),
    "paused": _lt("The patient has asked for a pause."),
    "frequency_cap": _lt("The patient has had enough messages for now."),
    "health_detail": _lt("The text would show a health detail by a channel that may not."),
    "stop": _lt("The patient has answered STOP."),
    "bounced": _lt("Earlier messages to this address or number could not be delivered."),
    "complained": _lt("The patient marked our mail as unwanted."),
    "wrong_person": _lt("Somebody else answered at this address or number."),
    "date_moved": _lt("The date that it was about has moved."),
    "journey_left": _lt("The patient has left the journey: it is not needed any more."),
    "family_changed": _lt("Written anew: something about the family's visits has changed."),
    "merged": _lt("Said in the message about the family's other visits of that day."),
    "text_over_limit": _lt(
        "The text is longer than the law allows for patients who have not agreed to such texts."
    ),
    "bad_template": _lt("The template needs a value that is not known for this patient."),
    "bad_address": _lt("The mail server says that this address does not exist or is closed."),
    "bad_content": _lt("The message could not be made from its text."),
    "mailbox_full": _lt("The patient's mailbox is full."),
    "mailbox_busy": _lt("The patient's mail server was busy."),
    "server_busy": _lt("The mail server or the provider was too busy to take it."),
    "gave_up": _lt("The mail server has tried for some time and given up."),
    "server_refused": _lt("The mail server refuses this message."),
    "no_connection": _lt("The mail server or the provider could not be reached."),
    "connection_lost": _lt("The connection broke: the message may have gone or not."),
    "interrupted": _lt("The server stopped while sending: the message may have gone or not."),
    "called_back": _lt("Called back by the practice before it went."),
    "no_gateway": _lt("The practice has no gateway for this channel."),
    "gateway_login": _lt("The provider does not accept the account or the secret."),
    "gateway_setup": _lt("The gateway is not set up rightly."),
    "gateway_sender": _lt(
        "The provider does not know the gateway's sender, or it is not registered yet."
    ),
    "gateway_trial": _lt(
        "The provider's account is on trial or not approved yet, and may not send this."
    ),
    "gateway_refused": _lt("The provider refuses this message."),
    "gateway_error": _lt("The provider had an error: the message may have gone or not."),
    "bad_answer": _lt("The provider's answer makes no sense: it may have gone or not."),
    "bad_number": _lt("The phone number can't get messages."),
    "phone_unreachable": _lt("The phone can't be reached."),
    "opted_out": _lt("The patient has told the provider to stop."),
    "marketing_stopped": _lt("The patient has told WhatsApp to stop messages of this kind."),
    "provider_limit": _lt("WhatsApp limits such messages to this patient, or holds some back."),
    "phone_blocked": _lt(
        "Messages to this number are blocked, by the patient, the practice, the phone company or "
        "the provider."
    ),
    "no_route": _lt("The provider can't reach this number from the gateway's sender."),
    "not_delivered": _lt("The phone company could not deliver it and does not say why."),
    "gateway_suspended": _lt("The provider has suspended the practice's account."),
    "gateway_limited": _lt(
        "The provider lets the practice's own number send no more for now: earlier messages were "
        "blocked or reported, or a limit is reached."
    ),
    "country_closed": _lt("The gateway does not send to this country."),
    "carrier_filter": _lt("The message was taken for spam."),
    "empty_text": _lt("The message has no text."),
    "text_too_long": _lt("The text is too long for this channel."),
    "outside_window": _lt(
        "The patient's last message is more than a day old, and there is no approved template."
    ),
    "bad_approved_template": _lt("WhatsApp has no such approved template."),
    "not_reached": _lt("Nobody picked up, several times."),
    "no_credit": _lt("The account with the provider has no credit left, or can't be billed."),
    "bad_sms_account": _lt("Odoo's SMS account is not registered, or not for this country."),
    "too_many_attempts": _lt("It was tried several times without success."),
}


def register_reason(code, text):
    """Add-ons bring the sentences of their own codes; ``text`` is a lazy translation."""
    _TEXTS[code] = text


def reason_text(env, code):
    """The sentence for a code, in the user's language; the code itself when nobody knows it."""
    text = _TEXTS.get(code)
    if text is None:
        return code or ""
    return text._translate(env.lang or "en_US")
