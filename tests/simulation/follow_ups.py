"""Judged at every write of a task: what follows an attempt is what should (P5), as it was told."""

from collections.abc import Iterator
from datetime import timedelta

from chalicelibs.domain.call import LOST, Call, Dialed
from chalicelibs.domain.task import Task, TaskStatus
from tests.simulation import own_rules
from tests.simulation.carrier import Ring
from tests.simulation.faults import MOST_CARRIER_SKEW, MOST_SKEW
from tests.simulation.history import AGENT, WORKSPACE, History
from tests.simulation.own_rules import NOTHING, Ended, Next
from tests.simulation.violation import Violation

#: How far the end of a call may be off that was guessed first and told later.
SLACK = MOST_CARRIER_SKEW + 2 * MOST_SKEW


def check(history: History, before: Task, after: Task) -> None:
    """Judge one write of a task."""
    found = wrongs(history, before, after)
    now = history.world.now
    history.journal.broken += [
        Violation(promise, kind, after.task_id, now, detail) for promise, kind, detail in found
    ]


def wrongs(history: History, before: Task, after: Task) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a write: the promise, how it is broken, and details."""
    if after.call is None and after.attempts != len(after.dialed):
        yield "P6", "counts other attempts than it made", f"{after.attempts}, {after.dialed}"
    is_upgrade = before.status is TaskStatus.COMPLETED and before.outcome != after.outcome
    if before.is_final and after.status is not before.status and not is_upgrade:
        yield "P5", "goes on after its end", f"{before.status} to {after.status}"
    if after.dialed and after.call is None:
        history.journal.told[f"{after.task_id}-{max(after.dialed)}"] = str(after.outcome)
    if len(after.dialed) > len(before.dialed):
        yield from wrong_settling(history, before, after)
    elif before.call is None and after.outcome != before.outcome:
        yield from wrong_upgrade(history, before, after)
    elif before.call is not None and after.call is None and after.due_at < before.due_at:
        yield "P5", "was given back to an earlier time", f"{after.due_at}"


def wrong_settling(history: History, before: Task, after: Task) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the end of an attempt."""
    kept = kept_call(history, after)
    if kept is None:
        yield "P7", "was settled before its call was kept", ""
        return
    if kept.outcome != after.outcome:
        yield "P7", "and its call tell different outcomes", f"{after.outcome}, {kept.outcome}"
    ended = ended_of(kept)
    found, expected = next_of(after), follow_ups(history, before, after, ended)
    if found.is_callback:
        history.journal.granted[after.task_id] += 1
    if before.is_erased:
        expected = [NOTHING]
    expected = unless_wished_away(history, after, expected)
    if not own_rules.is_one_of(found, expected):
        yield "P5", "goes on in another way than its rules say", f"{ended}: {found}, {expected}"


def wrong_upgrade(history: History, before: Task, after: Task) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a second, more telling word on a call that was settled before."""
    kept = kept_call(history, after)
    ring = history.carrier.ring_of(kept.call_id) if kept else None
    if kept is None or (ring is None and after.outcome != "init_failed"):
        yield "P7", "was told anew of a call that never was", str(after.outcome)
        return
    if ring is None:
        return  # nobody could say at first, and then: it never rang
    if before.outcome not in {"completed", "failed"} or before.is_erased:
        yield "P7", "was settled twice", f"{before.outcome}, then {after.outcome}"
    if before.outcome == "failed" and kept.reason != LOST:
        yield "P7", "was settled twice", f"{before.outcome}, then {after.outcome}"
    found = next_of(after)
    expected = follow_ups(history, before, after, told_late(ring, after))
    if found.is_callback:
        history.journal.granted[after.task_id] += 1
    expected = unless_wished_away(history, after, expected)
    if not any(is_near(found, one) for one in expected):
        yield "P5", "goes on in another way than its rules say", f"{found}, {expected}"


def unless_wished_away(history: History, task: Task, expected: list[Next]) -> list[Next]:
    """What may follow: nothing once a wish not to be called is recorded, or while it is."""
    if task.task_id in history.wishes:
        return [NOTHING]
    return [*expected, NOTHING] if task.opted_out else expected


def kept_call(history: History, task: Task) -> Call | None:
    """The last ended call of a task, as it is kept."""
    claim, at = max(task.dialed.items())
    return history.store.calls.get((WORKSPACE, Dialed(f"{task.task_id}-{claim}", at)))


def ended_of(call: Call) -> Ended:
    """How a kept call ended."""
    assert call.ended_at is not None
    return Ended(str(call.outcome), call.ended_at, call.is_permanent, call.callback_at)


def told_late(ring: Ring, task: Task) -> Ended:
    """How a call ended, by the carrier's words only."""
    asked_for = ring.analysis.callback_at if ring.analysis else None
    return Ended(str(task.outcome), ring.end.at, ring.end.is_permanent, asked_for)


def next_of(task: Task) -> Next:
    """What a task waits for."""
    is_over = task.status in {TaskStatus.COMPLETED, TaskStatus.ARCHIVED}
    return NOTHING if is_over else Next(task.due_at, task.is_callback)


def follow_ups(history: History, before: Task, after: Task, ended: Ended) -> list[Next]:
    """What may follow, by each of the settings that this invocation may have read."""
    journal, world = history.journal, history.world
    offers = history.store.agents[WORKSPACE, AGENT].offers_callbacks
    return [
        own_rules.follow_up(
            ended,
            before,
            campaign,
            attempts=len(after.dialed),
            granted=journal.granted[after.task_id],
            offers=offers,
        )
        for campaign in journal.campaigns_since(after.campaign_id, world.actor_since())
    ]


def is_near(found: Next, expected: Next) -> bool:
    """Whether both are the same, but for clocks that differ."""
    if found.due_at is None or expected.due_at is None:
        return found == expected
    is_close = abs(found.due_at - expected.due_at) <= SLACK + timedelta(seconds=1)
    return is_close and found.is_callback == expected.is_callback
