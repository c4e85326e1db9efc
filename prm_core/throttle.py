"""How often one visitor may come, so that a flood from one address keeps nobody else out.

Counted in the memory of each worker process, without a query: an answer to a flood has to cost
next to nothing. Each worker allows its share, as the workers take turns.
"""

import ipaddress
import math
import time
from functools import cache

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


@cache
def _limiter():
    # Made at the first visit: the storage has a thread, which a process that forks would lose.
    return MovingWindowRateLimiter(MemoryStorage())


def visitor_of(address):
    """Whom an IP address counts for: an IPv6 network of one household or firm is one visitor.

    :param address: as text; whatever is no address counts as one visitor.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def seconds_to_wait(kind, visitor, per_minute, workers=1):
    """Count one visit.

    :param kind: name of what is visited; each is counted by itself.
    :param per_minute: visits that one visitor may make in any 60 seconds, over all workers.
    :param workers: how many processes share the visits.
    :return: 0 when the visit is within the limit, else seconds until the next one is.
    """
    item = RateLimitItemPerMinute(max(1, per_minute // max(1, workers)))
    limiter = _limiter()
    if limiter.hit(item, kind, visitor):
        return 0
    reset = limiter.get_window_stats(item, kind, visitor).reset_time
    return max(1, math.ceil(reset - time.time()))


def forget():
    """Start counting anew, for tests."""
    _limiter().storage.reset()
