"""S3: the worker dies in the middle, and at every step of an attempt."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelibs.domain.progress import Progress
from local.handlers import COMPRESSED
from local.trial import Customer, own_stack, phones, until
from tests.scenarios import judges
from tests.scenarios.scenario import ALWAYS, Scenario, Verdict, carrier, verdict
from tests.scenarios.virtual import CAMPAIGN, MINUTE, DeadlyWorld, a_quiet_world, live_on, push
from tests.scenarios.watching import broken_promises, now_ms, rings_of
from tests.simulation.audit import violations
from tests.simulation.carrier import Ring

TICK_S = 2
PACE = 1

#: From docs/states.md: with a minute between ticks, a task whose worker died is taken up again
#: within four minutes of its claim. If its call goes on then, when that must have ended.
PUBLISHED = timedelta(minutes=4)
FIRST_LOOK = timedelta(minutes=3)
MARGIN = timedelta(minutes=2)
LONGEST_CALL = timedelta(minutes=6, seconds=45)

#: From being taken up to being settled: a few messages.
REPORTED = timedelta(seconds=5)

#: Beyond what rescue waits for: the way of a report, on a machine that others use, too.
SLACK_MS = 10_000


def play(data: Path, contacts: int = 30, calls: int = 5) -> Verdict:
    """Kill the handlers after a few calls; then, in virtual time, at each step there is."""
    seen, wrong = kill_once(data, contacts, calls)
    steps, more_wrong = die_everywhere()
    return verdict(f"{seen}; {steps} steps killed one by one in virtual time", wrong, more_wrong)


def kill_once(data: Path, contacts: int, calls: int) -> tuple[str, list[str]]:
    """Kill -9 on the real stack, restart, and wait for everybody to be called."""
    answering = carrier("--ring=0.2:0.5", "--talk=0.3:1", ALWAYS)
    with own_stack(data, carrier=answering, told={}, tick_s=TICK_S, visibility_s=4) as stack:
        customer = Customer(stack, concurrency_limit=5, calls_per_second=PACE)
        campaign_id = customer.campaign()
        customer.bring(campaign_id, phones(contacts))
        customer.steer("start", campaign_id)
        until(lambda: len(rings_of(customer, campaign_id)) >= calls)
        handlers = stack.pid("handlers")
        assert handlers is not None
        killed_ms = now_ms()
        os.kill(handlers, signal.SIGKILL)
        stack.restart("handlers")
        back_ms = now_ms()
        until(lambda: customer.done([campaign_id]) == contacts, within_s=120, every_s=0.5)
        wrong = broken_promises(customer, [campaign_id], 5)
        log = list(customer.client.pages("/calls", "calls"))
        rings = rings_of(customer, campaign_id)
    within_ms = round(1000 * (float(COMPRESSED["FIRST_LOOK_S"]) + TICK_S)) + SLACK_MS
    wrong += judges.recovered_late(log, back_ms=back_ms, killed_ms=killed_ms, within_ms=within_ms)
    wrong += [
        f"contact {one} was dialled {count} times"
        for one, count in Counter(ring.task_id for ring in rings).items()
        if count != 1
    ]
    done = sum(call["outcome"] == "completed" for call in log)
    return f"killed after {calls} calls: {done} of {contacts} called once", wrong


def die_everywhere() -> tuple[int, list[str]]:
    """One contact's attempt, with a crash before each of its port calls in turn."""
    wrong: list[str] = []
    step = 0
    while True:
        step += 1
        is_over, complaints = die_at(step)
        wrong += [f"killed at step {step}: {line}" for line in complaints]
        if is_over:
            return step - 1, wrong


def die_at(step: int) -> tuple[bool, list[str]]:
    """A world that kills once at a step; whether that came after all, and what is wrong."""
    start = datetime(2027, 3, 5, 10, tzinfo=UTC)
    history = a_quiet_world(start, limit=1)
    world = history.world
    assert isinstance(world, DeadlyWorld)
    push(history, 1)
    world.dies_at = step
    live_on(history, start + timedelta(minutes=30))
    settled_at = Progress.of(history.store.counters[CAMPAIGN]).settled_at
    is_over = world.died_at is None or (
        settled_at is not None and world.died_at > settled_at + MINUTE
    )
    return is_over, [
        *map(str, violations(history)),
        *late(history.carrier.rings, start, settled_at),
    ]


def late(
    rings: Sequence[Ring], claimed_at: datetime, settled_at: datetime | None
) -> Iterator[str]:
    """What was taken up later than published, for a task that was claimed at once."""
    if len(rings) > 1:
        yield f"the contact was dialled {len(rings)} times"
    taken_up_by = claimed_at + PUBLISHED
    for ring in rings:
        if ring.started_at > taken_up_by + REPORTED:
            yield f"it rang at {ring.started_at:%H:%M:%S} for the first time"
        taken_up_by = max(taken_up_by, ring.ended_at)
        if ring.ended_at > claimed_at + FIRST_LOOK:
            taken_up_by = max(taken_up_by, ring.started_at + LONGEST_CALL + MARGIN + MINUTE)
    if settled_at is None or settled_at > taken_up_by + REPORTED:
        yield f"it settled at {settled_at}, published is {taken_up_by}"


SCENARIO = Scenario(
    key="S3",
    name="crash in the middle",
    action="30 contacts, 1 call/s; kill -9 after 5 calls, restart; then at every step (in memory)",
    expected="all settle, none dialled twice, recovery within the published deadline",
    play=play,
    is_light=True,
)
