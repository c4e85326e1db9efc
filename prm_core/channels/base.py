"""The contract of a channel adapter."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

_REGISTRY = {}


@dataclass(frozen=True)
class Outgoing:
    """A message ready to be handed over.

    :param message_id: database id of the `prm.message`.
    :param key: idempotency key; the same for every attempt to send this message.
    :param body: plain text; what else a channel needs, it makes from it.
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


@dataclass(frozen=True)
class Outcome:
    """What became of one message at hand-over.

    :param state: ``sent``, ``failed`` (it will never go) or ``unknown`` (it may have gone).
    :param reason: a code of our vocabulary; :param detail: the other side's words, for staff.
    :param retry: whether trying again later makes sense.
    """

    message_id: int
    state: str
    reason: str = ""
    detail: str = ""
    provider_ref: str = ""
    retry: bool = False


class UnsupportedFeature(Exception):
    """The channel can't do what was asked. Raised, never passed over in silence."""


class Channel(ABC):
    """One way to reach a person. Instances are made for one batch and thrown away."""

    code = None

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if cls.code:
            _REGISTRY[cls.code] = cls

    def __init__(self, env):
        self.env = env

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

    def verify_webhook(self, raw, headers):
        """Whether a call really comes from the provider. Fails closed."""
        raise UnsupportedFeature(f"{self.code} has no webhook")

    def parse_webhook(self, raw, headers):
        """Provider events in a call that has been verified."""
        raise UnsupportedFeature(f"{self.code} has no webhook")


def get_channel(code):
    """The adapter class of a channel code.

    :raises UnsupportedFeature: when no adapter is installed for it.
    """
    try:
        return _REGISTRY[code]
    except KeyError:
        raise UnsupportedFeature(f"no adapter is installed for channel {code!r}") from None


def registered_codes():
    """Codes of the channels that have an adapter."""
    return tuple(_REGISTRY)
