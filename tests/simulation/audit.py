"""What the promises say of a history, judged by what really rang."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby, pairwise

from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.outlook import task_status
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.task import FINAL, Task, TaskStatus
from tests.simulation.carrier import Ring
from tests.simulation.history import History
from tests.simulation.world import FUNCTION_TIMEOUT


def violations(history: History) -> list[str]:
    """Every broken promise of a run, in words."""
    return [
        *dialled_twice(history),
        *above_limit(history),
        *out_of_hours(history),
        *history.passed_over,
        *mistold(history),
        *unfinished(history),
        *history.miscounts,
        *miscounts(history),
        *leaked_slots(history),
    ]


def dialled_twice(history: History) -> Iterator[str]:
    """P1: no attempt rings twice, no two calls are in flight for one task."""
    by_task = sorted(
        history.carrier.rings, key=lambda ring: (task_of(ring.call_id), ring.started_at)
    )
    for task_id, group in groupby(by_task, key=lambda ring: task_of(ring.call_id)):
        rings = list(group)
        for earlier, later in pairwise(rings):
            if earlier.call_id == later.call_id:
                yield f"P1 {earlier.call_id} rang twice"
            if later.started_at < earlier.ended_at:
                yield f"P1 {task_id} had two calls in flight at {later.started_at}"


def in_flight(rings: Iterable[Ring]) -> Iterator[tuple[Ring, int]]:
    """Each ring, with how many were going on when it had started."""
    going: list[Ring] = []
    for ring in sorted(rings, key=lambda ring: ring.started_at):
        going = [other for other in going if other.ended_at > ring.started_at]
        going.append(ring)
        yield ring, len(going)


def above_limit(history: History) -> Iterator[str]:
    """P2: never more calls than the workspace's limit, nor the campaign's.

    A limit that was lowered counts from then on for new reservations; those who got in before
    may still dial until the gate's message is old.
    """
    rings = history.carrier.rings
    for ring, count in in_flight(rings):
        patience = FUNCTION_TIMEOUT + timedelta(minutes=15)
        limits = [limit for at, limit in history.limits if at <= ring.started_at]
        recent = [limit for at, limit in history.limits if ring.started_at - patience < at]
        if count > max([limits[-1], *recent, *(limits[-2:-1] if recent else [])]):
            yield f"P2 {count} calls in flight at {ring.started_at}, limit {limits[-1]}"
    for campaign in history.store.campaigns.values():
        if campaign.concurrency_limit is not None:
            own = [ring for ring in rings if campaign_of(ring.call_id) == campaign.campaign_id]
            for ring, count in in_flight(own):
                if count > campaign.concurrency_limit:
                    yield f"P2 {count} calls of {campaign.campaign_id} at {ring.started_at}"


def out_of_hours(history: History) -> Iterator[str]:
    """P3: judged at the dial gate; from there to the ring it may take what a function may run."""
    for ring in history.carrier.rings:
        gates = [
            gate for gate in history.gates.get(ring.call_id, []) if gate.at <= ring.started_at
        ]
        if not gates or ring.started_at - gates[-1].at > FUNCTION_TIMEOUT:
            yield f"P3 {ring.call_id} rang without passing the gate"
            continue
        if was_stopped(history, ring):
            yield f"P3 {ring.call_id} rang although its task was stopped by hand"
        if not any(may_call(history, ring, gate_at) for gate_at in {gate.at for gate in gates}):
            yield f"P3 {ring.call_id} rang when it must not, gate at {gates[-1].at}"


def was_stopped(history: History, ring: Ring) -> bool:
    """Whether the task was paused or archived by hand when its phone rang."""
    moments = history.stopped.get(task_of(ring.call_id), [])
    before = [is_stopped for at, is_stopped in moments if at <= ring.started_at]
    return bool(before) and before[-1]


def may_call(history: History, ring: Ring, at: object) -> bool:
    """Whether the campaign's state, dates and hours allowed a call at this instant.

    Judged on the history of the campaign, not on what the gate read.
    """
    states = history.states[campaign_of(ring.call_id)]
    campaign = [state for when, state in states if when <= at][-1]  # type: ignore[operator]
    if campaign.state is not CampaignState.ACTIVE or not campaign.may_call(at):  # type: ignore[arg-type]
        return False
    task = history.store.tasks[task_of(ring.call_id)]
    rules = rules_of(task.own, campaign.rules, campaign.level)
    was_callback = any(gate.is_callback for gate in history.gates[ring.call_id])
    hours = rules.callback_hours if was_callback else rules.hours
    return hours is None or hours.is_open(at)  # type: ignore[arg-type]


def unfinished(history: History) -> Iterator[str]:
    """P5, P7: every task that was accepted reaches a final status."""
    now = history.world.now
    for task_id in sorted(history.accepted - history.store.tasks.keys()):
        yield f"P7 {task_id} was accepted and is gone"
    for task in history.store.tasks.values():
        campaign = history.store.campaigns[task.campaign_id]
        status = task_status(task, campaign, now)
        if status not in FINAL and not waits_for_hours(history, task):
            yield f"P5 {task.task_id} is still {status}, entry {task.entry}"


def waits_for_hours(history: History, task: Task) -> bool:
    """Whether a queued task has had little time to be called: its hours or turns were few."""
    campaign = history.store.campaigns[task.campaign_id]
    rules = rules_of(task.own, campaign.rules, campaign.level)
    is_waiting = task.status is TaskStatus.QUEUED and task.entry is not None
    hours = rules.callback_hours if task.is_callback else rules.hours
    opened = history.world.now - timedelta(hours=2)
    return is_waiting and (
        task.due_at > opened or (hours is not None and not hours.is_open(opened))
    )


def mistold(history: History) -> Iterator[str]:
    """P7: what is kept of a call is what happened at the carrier."""
    rings = {ring.call_id: ring for ring in history.carrier.rings}
    for (_, dialed), call in history.store.calls.items():
        call_id, outcome = dialed.call_id, call.outcome
        ring = rings.get(call_id)
        if outcome not in possible_outcomes(ring):
            yield f"P7 {call_id} is told as {outcome}, which it was not"


def possible_outcomes(ring: Ring | None) -> set[str | None]:
    """What a call may be told as; a lost one is told as failed."""
    if ring is None:
        return {Outcome.INIT_FAILED, Outcome.FAILED}
    told = {"interested", Outcome.BUSY_CALLBACK} if ring.end.analysis_follows else set()
    return {ring.end.outcome, Outcome.FAILED, *told}


def miscounts(history: History) -> Iterator[str]:
    """P6: the counters equal the sum of the tasks."""
    for campaign_id in history.store.campaigns:
        own = [task for task in history.store.tasks.values() if task.campaign_id == campaign_id]
        counted = Progress.of(history.store.counters[campaign_id])
        summed = (
            len(own),
            sum(task.status is TaskStatus.COMPLETED for task in own),
            sum(task.status is TaskStatus.ARCHIVED for task in own),
            sum(task.status is TaskStatus.PAUSED for task in own),
        )
        if (counted.tasks, counted.completed, counted.archived, counted.paused) != summed:
            yield f"P6 {campaign_id} counts {counted}, tasks say {summed}"
        if sum(counted.outcomes.values()) != counted.calls:
            yield f"P6 {campaign_id} outcomes {counted.outcomes} are not {counted.calls} calls"


def leaked_slots(history: History) -> Iterator[str]:
    """At the end nothing is in flight, so no slot may be held."""
    flying = {task.call.call_id for task in history.store.tasks.values() if task.call is not None}
    for scope, pages in history.store.slots.items():
        for call_id in set().union(*pages.values()) - flying:
            yield f"P2 {scope} leaked the slot of {call_id}"
