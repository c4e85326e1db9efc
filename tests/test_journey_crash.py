"""Two workers of the journeys are killed again and again: each step takes effect, and once.

``make bench NAME=journey_crash`` does the same with more people and more deaths.
"""

import pytest

from .support import journey_queue
from .support.databases import copied

PEOPLE = 1000
KILLS = 12


@pytest.mark.parametrize("kill", [journey_queue.kill_climbers, journey_queue.kill_listeners])
def test_killed_again_and_again(kill):
    with copied("journey_crash") as database:
        then, faults = kill(database, PEOPLE, KILLS)
    assert then, "it was over before the last death"
    assert not faults
