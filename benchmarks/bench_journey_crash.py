"""5,000 people on a journey while its workers are killed 30 times: what is lost, what comes twice.

Two workers do everything: they report what happened to patients, take up what was reported and take
the steps that are due: a message, a task, a tag and another message for each patient. The one that
lives longest is killed (SIGKILL) again and again. The same once more with workers that only listen,
which would soon be over otherwise.
"""

from tests.support import journey_queue

from . import harness

PEOPLE = 5_000
KILLS = 30


def main():
    """Kill, and count what is not as it should be."""
    report = harness.Report()
    for kill, what in (
        (journey_queue.kill_climbers, f"{PEOPLE * len(journey_queue.ACTIONS)} steps"),
        (journey_queue.kill_listeners, f"{PEOPLE} starts"),
    ):
        with harness.database("journey_crash") as database:
            then, faults = kill(database, PEOPLE, KILLS)
        if not then:
            raise AssertionError("it was over before the last death")
        harness.say(f"{what}: at the last death {then}; at the end {faults or 'all is well'}")
        report.add(
            f"lost or twice of {what}, {KILLS} kills", sum(map(abs, faults.values())), "faults",
            budget=0,
        )  # fmt: skip
    report.exit()


if __name__ == "__main__":
    main()
