"""The contract of a channel adapter."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

#: Adapter classes by provider, in the order in which they were defined.
_REGISTRY = {}

#: What a provider can tell about a message; what it says otherwise is ``unknown``.
EVENT_KINDS = (
    "sent", "delivered", "read", "failed", "complained", "inbound", "marketing_stop",
    "marketing_resume", "unknown",
)  # fmt: skip

#: What a person can send besides words. ``system``: the provider tells it, not the person.
MEDIA = (
    "image", "voice", "video", "document", "sticker", "location", "contacts", "reaction", "system",
    "other",
)  # fmt: skip


@dataclass(slots=True)
class Outgoing:
    """A message ready to be handed over.

    :param message_id: database id of the `prm.message`.
    :param key: idempotency key; the same for every attempt to send this message.
    :param body: plain text; what else a channel needs, it makes from it.
    :param sender: from whom an email comes; other channels have the sender of their gateway.
    :param options: what only one channel knows, such as the name of an approved template.
    :param typed: whether a person wrote it for this one reader.
    """

    message_id: int
    key: str
    address: str
    subject: str
    body: str
    lang: str
    sender: str
    reply_to: str = ""
    practice: str = ""
    headers: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    typed: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of one message at hand-over.

    :param state: ``sent``, ``failed`` (it will never go) or ``unknown`` (it may have gone).
    :param reason: a code of our vocabulary; :param detail: the other side's words, for staff.
    :param retry: whether trying again later makes sense; :param retry_after: seconds after which
        the other side wants to be asked again, when it says so.
    """

    message_id: int
    state: str
    reason: str = ""
    detail: str = ""
    provider_ref: str = ""
    retry: bool = False
    retry_after: int | None = None


@dataclass(frozen=True)
class ProviderEvent:
    """One thing that a provider reports about a message, or a message that a person sent us.

    :param provider_event_id: the same whenever the same report comes again.
    :param kind: one of `EVENT_KINDS`.
    :param provider_ref: the provider's id of the message; :param key: our own, when it comes back.
    :param occurred_at: UTC without a zone, None when the provider does not say.
    :param address: of the person; :param subject, text: what the person wrote.
    :param detail: the provider's words, for staff; :param raw: the report as it came, as a dict.
    :param reason: a code of our vocabulary, for ``failed`` and for troubles of the account;
        ``auto_reply``: a machine wrote it.
    :param in_reply_to: the provider's id of the message that a person answered, or our key of it.
    :param media: one of `MEDIA`, when it was not only words.
    """

    provider_event_id: str
    kind: str
    provider_ref: str = ""
    key: str = ""
    occurred_at: datetime | None = None
    address: str = ""
    text: str = ""
    detail: str = ""
    raw: dict = field(default_factory=dict)
    reason: str = ""
    in_reply_to: str = ""
    subject: str = ""
    media: str = ""


class UnsupportedFeature(Exception):
    """The channel can't do what was asked. Raised, never passed over in silence."""


class Channel(ABC):
    """One way to reach a person. Instances are made for one batch and thrown away.

    :cvar code: code of the channel; several providers may serve one channel.
    :cvar provider: unique name of the provider; defining a class that has one registers it.
    :cvar label: how people call the provider.
    :cvar idempotent: whether sending again with the same key can't double a message.
    :cvar manual: whether a person sends what waits, and no dispatcher.
    :cvar webhook_answer: text and type of the answer to a provider that has called.
    """

    code = None
    provider = None
    label = ""
    idempotent = False
    manual = False
    webhook_answer = ("", "text/plain")

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if cls.provider:
            _REGISTRY[cls.provider] = cls

    def __init__(self, env, gateway=None):
        """:param gateway: the `prm.gateway` with the practice's access, where one is needed."""
        self.env = env
        self.gateway = gateway

    @classmethod
    @abstractmethod
    def validate_address(cls, address):
        """The address in its normal form, or None when it is not one."""

    @abstractmethod
    def send(self, batch):
        """Hand messages over, and yield one `Outcome` for each, in any order.

        One message that fails never stops the others.

        :param batch: list of `Outgoing`.
        """

    def verify_webhook(self, raw, headers, url=""):
        """Whether a call really comes from the provider. Fails closed.

        :param raw: the body as bytes, before anybody parsed it.
        :param headers: names and values; the case of the names does not count.
        :param url: the address that the provider called, as the provider wrote it.
        """
        raise UnsupportedFeature(f"{self.provider} has no webhook")

    def parse_webhook(self, raw, headers, url=""):
        """The list of `ProviderEvent` in a call that has been verified.

        :raises ValueError: when the body is not what the provider sends.
        """
        raise UnsupportedFeature(f"{self.provider} has no webhook")


def get_channel(code):
    """The adapter class of a channel code; of several providers the first one defined.

    :raises UnsupportedFeature: when no adapter is installed for it.
    """
    for adapter in _REGISTRY.values():
        if adapter.code == code:
            return adapter
    raise UnsupportedFeature(f"no adapter is installed for channel {code!r}")


def get_provider(provider):
    """The adapter class of a provider.

    :raises UnsupportedFeature: when no adapter is installed for it.
    """
    try:
        return _REGISTRY[provider]
    except KeyError:
        raise UnsupportedFeature(f"no adapter is installed for provider {provider!r}") from None


def registered_codes():
    """Codes of the channels that have an adapter."""
    return tuple(dict.fromkeys(adapter.code for adapter in _REGISTRY.values()))


def manual_codes():
    """Codes of the channels whose messages a person sends."""
    return frozenset(adapter.code for adapter in _REGISTRY.values() if adapter.manual)


def registered_providers():
    """Adapter classes by provider."""
    return dict(_REGISTRY)
