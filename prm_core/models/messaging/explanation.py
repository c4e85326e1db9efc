"""The gate's steps as sentences for staff: why a message went, waits or was held back."""

from markupsafe import Markup
from odoo.tools.misc import format_datetime
from odoo.tools.translate import LazyTranslate

from ... import policy
from .reasons import reason_text

_lt = LazyTranslate(__name__)

_PASSED = {
    "person": _lt("Nothing about the patient or the occasion speaks against it."),
    "guardian": _lt("Goes to the guardian or carer, who gets the patient's messages."),
    "channel": _lt("May be reached by this channel."),
    "paused": _lt("No pause is asked for."),
    "hold": _lt("No other reason to wait."),
    "frequency_cap": _lt("Not too many messages lately."),
    "hours": _lt("Within the hours."),
}

#: How many of the messages that count against a limit are named.
MAX_COUNTED = 3

#: What staff or patient can do about a reason.
_REMEDIES = {
    "deceased": _lt("If this is a mistake, correct the patient's status."),
    "moved": _lt("If the patient is back, correct the patient's status."),
    "inactive": _lt("If the patient is back, set the status to active."),
    "refused": _lt("Only the patient can change this: record a new permission when they say so."),
    "no_permission": _lt("Ask the patient at the next visit, and record the answer."),
    "no_email": _lt("Ask for an email address."),
    "no_address": _lt("Ask for an address, or set up a channel for which there is one."),
    "no_template": _lt("Add a text for a channel that the practice uses."),
    "health_detail": _lt("Write a text for this channel that does not name a treatment."),
    "bounced": _lt("Ask for another address: this one does not exist any more."),
    "complained": _lt("The patient marked our mail as unwanted; ask before writing again."),
    "wrong_person": _lt("Ask the patient for the right address."),
    "stop": _lt("The patient can undo this by answering START."),
    "text_over_limit": _lt("Shorten the text, or ask the patient for permission."),
    "no_hours": _lt("Hours that rules and patient allow do not meet: talk about other hours."),
}


def sentences(env, facts):
    """The steps: list of dicts with ``passed``, ``what``, ``text``, ``source`` and ``remedy``."""
    channels = {channel.code: channel.name for channel in env["prm.channel"].sudo().search([])}
    lang = env.lang or "en_US"
    steps = []
    for check in policy.explain(facts):
        if check.passed:
            text = _PASSED[check.check]._translate(lang)
        else:
            text = reason_text(env, check.reason)
        remedy = ""
        if check.until and check.until.year < 9999:
            moment = format_datetime(env, check.until, tz=facts.zone, dt_format="medium")
            remedy = env._("Passes by itself on %(moment)s (%(zone)s).",
                           moment=moment, zone=facts.zone)  # fmt: skip
        elif not check.passed and check.reason in _REMEDIES:
            remedy = _REMEDIES[check.reason]._translate(lang)
        what = channels.get(check.subject, check.subject)
        others = []
        if check.check == "frequency_cap" and not check.passed:
            others = _counted(env, facts, channels)
        steps.append(
            {"passed": check.passed, "what": what, "text": text, "source": check.source,
             "remedy": remedy, "others": others}
        )  # fmt: skip
    return steps


def _counted(env, facts, channels):
    """The messages that went instead, newest first, as far as the user may see them."""
    newest = sorted(facts.contacts, key=lambda contact: contact[0], reverse=True)[:MAX_COUNTED]
    ids = [message_id for _moment, _channel, *rest in newest for message_id in rest]
    visible = env["prm.message"].search([("id", "in", ids)])
    names = {
        message.id: message.template_id.name or message.purpose_id.name
        for message in visible.sudo()
    }
    return [
        " · ".join(
            [
                *(names[message_id] for message_id in rest if message_id in names),
                channels.get(channel, channel or ""),
                format_datetime(env, moment, tz=facts.zone, dt_format="medium"),
            ]
        )
        for moment, channel, *rest in newest
    ]


def to_html(env, facts, version=""):
    """The steps as a list."""
    values = {"steps": sentences(env, facts), "version": version or policy.VERSION}
    return Markup(env["ir.qweb"]._render("prm_core.why_steps", values))
