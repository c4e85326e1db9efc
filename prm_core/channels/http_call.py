"""One call to a provider over HTTP, and what it means when it goes wrong.

Nothing is logged here: addresses, texts and secrets would be in it. What staff must know is in
the outcome's detail.
"""

import hmac
import json
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests
from requests.utils import check_header_validity
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

#: Seconds to wait for the connection, and again for each part of the answer.
TIMEOUT = 10
#: What is kept of the other side's words.
MAX_DETAIL = 300
#: Not None, which JSON can say.
_NO_JSON = object()


@dataclass(frozen=True)
class Answer:
    """:param status: of HTTP; :param data: the JSON, None when there is none.
    :param retry_after: seconds after which the other side wants to be asked again.
    """

    status: int
    data: object
    retry_after: int | None = None

    @property
    def ok(self):
        """Whether the provider took the call."""
        return self.status < 300


class CallFailed(Exception):
    """The call has no answer that an adapter could read. The fields are those of `Outcome`."""

    def __init__(self, state, reason, detail="", retry=False, retry_after=None):
        super().__init__(reason)
        self.values = {
            "state": state, "reason": reason, "detail": detail, "retry": retry,
            "retry_after": retry_after,
        }  # fmt: skip


def new_session():
    """A session for one batch: its connections are used again.

    Credentials come from the gateway alone, never from a ``.netrc`` of the server.
    """
    session = _Session()
    session.trust_env = False
    return session


class _Session(requests.Session):
    """Remembers the addresses that a batch calls, which are nearly always one."""

    def __init__(self):
        super().__init__()
        self._known = {}

    def prepared(self, method, url):
        """A request to an address, with the headers that all have.

        :raises requests.RequestException: for what is no address.
        """
        if (method, url) not in self._known:
            request = requests.PreparedRequest()
            request.prepare(method, url, headers=self.headers)
            # Copied with each request, and never anything in it.
            request._cookies = None
            self._known[method, url] = request
        return self._known[method, url].copy()


def call(session, method, url, understood=None, **options):
    """Call a provider once.

    Redirects are not followed: they would carry the secret to another place. Cookies are not kept.

    :param understood: tells from the JSON of a refusal, whatever its status, whether the adapter
        knows what it means: such a one is an answer, and the status is not asked.
    :param options: ``headers``, ``data``, ``json`` or ``auth``, as `requests` knows them.
    :return: an `Answer`, for answers with 2xx and JSON and for most with 4xx.
    :raises CallFailed: for everything else.
    """
    try:
        response = _send(session, method, url, **options)
    except requests.RequestException as error:
        raise _broken(error) from None
    except (ValueError, OSError) as error:
        # A header or an address that no request can be made of.
        raise CallFailed("failed", "gateway_setup", type(error).__name__) from None
    return _read(response, understood)


def _send(session, method, url, headers=None, **options):
    """One request, with its whole answer.

    `Session.request` would first merge the request with settings that a session of ours never has,
    and take every address apart anew, which takes longer than all the rest.
    """
    request = session.prepared(method, url)
    for name, value in (headers or {}).items():
        check_header_validity((name, value))
        request.headers[name] = value
    request.prepare_body(options.get("data"), None, options.get("json"))
    if auth := options.get("auth"):
        request.prepare_auth(auth, url)
    response = session.get_adapter(request.url).send(request, timeout=TIMEOUT)
    # Read at once: what breaks is to break here, and the connection to be free for the next.
    _content = response.content
    return response


def _broken(error):
    """What an exception of `requests` says about whether the message may have gone."""
    name = type(error).__name__
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError) or _never_left(
        error
    ):
        return CallFailed("failed", "no_connection", name, retry=True)
    if isinstance(error, requests.Timeout | requests.ConnectionError) or not isinstance(
        error, ValueError
    ):
        return CallFailed("unknown", "connection_lost", name)
    return CallFailed("failed", "gateway_setup", name)


def explain(error):
    """What an exception that others caught says of a message: fields of `Outcome`.

    :param error: an exception, None when nobody knows it.
    """
    if isinstance(error, requests.RequestException):
        return _broken(error).values
    return CallFailed("unknown", "gateway_error", type(error).__name__ if error else "").values


def _never_left(error):
    """Whether the connection was never made."""
    cause = error.args[0] if error.args else None
    cause = getattr(cause, "reason", cause)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _read(response, understood=None):
    """See `call`."""
    status = response.status_code
    if understood and status >= 400 and understood(refusal := _json(response)):
        wait = _seconds_until(response.headers.get("Retry-After", ""))
        return Answer(status, refusal, wait)
    if status in (429, 503):
        wait = response.headers.get("Retry-After", "")
        detail = f"Retry-After: {wait}"[:MAX_DETAIL] if wait else f"HTTP {status}"
        raise CallFailed(
            "failed", "server_busy", detail, retry=True, retry_after=_seconds_until(wait)
        )
    if status in (401, 403):
        raise CallFailed("failed", "gateway_login", f"HTTP {status}")
    if status >= 500:
        # It may have taken the message before it stumbled.
        raise CallFailed("unknown", "gateway_error", f"HTTP {status}")
    if not 200 <= status < 300 and status < 400:
        raise CallFailed("failed", "gateway_setup", f"HTTP {status}")
    data = _json(response)
    if data is _NO_JSON:
        if status < 300:
            raise CallFailed("unknown", "bad_answer", f"HTTP {status}, no JSON")
        data = None
    return Answer(status, data)


def _json(response):
    """The JSON of an answer, `_NO_JSON` when it is none."""
    try:
        return response.json()
    except ValueError:
        return _NO_JSON


def _seconds_until(text):
    """Seconds to wait by a ``Retry-After``: a number or a date (RFC 9110, 10.2.3), else None."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0, math.ceil((moment - datetime.now(timezone.utc)).total_seconds()))


def header(headers, name):
    """A header by its name in any case, or an empty string."""
    for key, value in headers.items():
        if key.lower() == name.lower():
            return value or ""
    return ""


def same(expected, given):
    """Compare signatures in a time that tells nothing about them."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def load_json(raw):
    """The JSON object in a body.

    :raises ValueError: when it is none.
    """
    data = json.loads(raw)
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def pick(data, path):
    """A value in nested JSON by a path such as ``messages.0.id``, None when it is not there."""
    for step in path.split("."):
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data
