"""What the promises say of a history, judged by what really rang.

The audits work out hours, follow-ups, order and sums once more, in their own simple way: see
`own_hours`, `own_rules`. They do not ask the product whether the product was right.

Clocks. The clock of each worker is off by up to `MOST_SKEW`, and each invocation may run on
another. State, and who was stopped, are judged by the order of the writes: no tolerance. Hours,
start and end are judged by the clock of the worker at its dial gate: so by true time a call may
start up to `MOST_SKEW` early or late. From the gate to the request it may take as long as a
function may run, and a carrier that hangs may let it ring later still: that is not ours.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from chalicelibs.domain.call import LOST, Call
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.imports import ImportStatus
from chalicelibs.domain.task import Task
from tests.simulation import own_rules
from tests.simulation.carrier import Ring
from tests.simulation.faults import MOST_SKEW
from tests.simulation.history import OVER, History
from tests.simulation.own_hours import is_open
from tests.simulation.progress import miscounted_calls, miscounts
from tests.simulation.violation import Violation
from tests.simulation.watched import Gate
from tests.simulation.world import FUNCTION_TIMEOUT


def violations(history: History) -> list[Violation]:
    """Every broken promise of a run, the earliest first."""
    audits = (
        dialled_twice,
        above_limits,
        too_fast,
        out_of_hours,
        too_often,
        unfinished,
        mistold,
        lost_contacts,
        miscounts,
        miscounted_calls,
        leaked_slots,
    )
    found = [*history.journal.broken, *(one for audit in audits for one in audit(history))]
    return sorted(found, key=lambda one: one.at)


def task_of(call_id: str) -> str:
    """The task of a call."""
    return call_id.rpartition("-")[0]


def campaign_of(one_id: str) -> str:
    """The campaign of a task or call."""
    return one_id.partition("-")[0]


def dialled_twice(history: History) -> Iterator[Violation]:
    """P1: no attempt rings twice, no two calls are in flight for one task."""
    by_task = sorted(history.carrier.rings, key=lambda one: (task_of(one.call_id), one.asked_at))
    for task_id, group in groupby(by_task, key=lambda ring: task_of(ring.call_id)):
        for earlier, later in pairwise(group):
            if earlier.call_id == later.call_id:
                yield Violation("P1", "rang twice", later.call_id, later.asked_at)
            if later.asked_at < earlier.ended_at:
                yield Violation("P1", "had two calls in flight", task_id, later.asked_at)
    for call_id, moments in history.carrier.asked.items():
        for at in moments[1:]:
            yield Violation("P1", "was asked for twice", call_id, at)


def in_flight(rings: Iterable[Ring]) -> Iterator[tuple[Ring, list[Ring]]]:
    """Each ring, with those that were going on when it was asked for, itself included."""
    going: list[Ring] = []
    for ring in sorted(rings, key=lambda ring: ring.asked_at):
        going = [other for other in going if other.ended_at > ring.asked_at]
        going.append(ring)
        yield ring, list(going)


def above_limits(history: History) -> Iterator[Violation]:
    """P2: never more calls than the workspace's limit, nor the campaign's."""
    limits = [(at, one.concurrency_limit) for at, one in history.journal.limits]
    rings = history.carrier.rings
    yield from above(history, "the workspace", rings, limits)
    for campaign_id, states in history.journal.states.items():
        own = [ring for ring in rings if campaign_of(ring.call_id) == campaign_id]
        yield from above(
            history, campaign_id, own, [(at, one.concurrency_limit) for at, one in states]
        )


def above(
    history: History,
    scope: str,
    rings: Iterable[Ring],
    limits: Sequence[tuple[datetime, int | None]],
) -> Iterator[Violation]:
    """Where a limit was exceeded.

    Whoever got in before it was set stays in. But once a dispatch that began since has let
    somebody in, all count that held a slot before the first such dispatch began. Only of those
    whom another one let in at the same moment, by what was set before, could it not know.
    """
    journal, limits = history.journal, changes(limits)
    for ring, going in in_flight(rings):
        set_at, limit = [one for one in limits if one[0] <= ring.asked_at][-1]
        entered = [journal.claims[one.call_id].began_at for one in going]
        first = min((at for at in entered if at >= set_at), default=None)
        counted = [
            one
            for one, at in zip(going, entered, strict=True)
            if first is not None and (at >= set_at or journal.reserved[one.call_id] < first)
        ]
        earlier = [one for at, one in limits if min(entered) < at < ring.asked_at]
        earlier += [[one for at, one in limits if at <= min(entered)][-1]]
        most = None if None in earlier else max(one for one in earlier if one is not None)
        most_ever = None if most is None or limit is None else max(most, limit)
        if limit is not None and len(counted) > limit:
            detail = f"{len(counted)} where {limit} may be"
            yield Violation(
                "P2", f"above the limit of {scope}", ring.call_id, ring.asked_at, detail
            )
        elif most_ever is not None and len(going) > most_ever:
            detail = f"{len(going)} where {most_ever} might be"
            yield Violation(
                "P2", f"above the limit of {scope}", ring.call_id, ring.asked_at, detail
            )


def changes(
    limits: Iterable[tuple[datetime, int | None]],
) -> list[tuple[datetime, int | None]]:
    """Limits without those that are as the one before."""
    return [next(group) for _, group in groupby(limits, key=lambda one: one[1])]


def too_fast(history: History) -> Iterator[Violation]:
    """P2: no more calls start in a second, by the clocks of their workers, than are allowed.

    From being let through to the request there may be a while, as there may before any request.
    """
    by_second: dict[int, list[Ring]] = {}
    for ring in history.carrier.rings:
        pace, second = pace_at(history, ring), history.journal.seconds.get(ring.call_id)
        if pace is not None and second is None:
            yield Violation("P2", "started out of turn", ring.call_id, ring.asked_at)
        elif pace is not None and second is not None:
            others = by_second.setdefault(second, [])
            others.append(ring)
            if len(others) > pace:
                detail = f"{len(others)} in a second where {pace} may be"
                yield Violation("P2", "started too soon", ring.call_id, ring.asked_at, detail)


def pace_at(history: History, ring: Ring) -> int | None:
    """How many calls could start in a second then; None: any, or that was just changed."""
    gate = history.journal.gates.get(ring.call_id)
    since = ring.asked_at - FUNCTION_TIMEOUT if not gate else gate[0].at
    limits = history.journal.limits
    if any(since - MOST_SKEW <= at <= ring.asked_at for at, _ in limits[1:]):
        return None
    return [one for at, one in limits if at <= ring.asked_at][-1].calls_per_second


def out_of_hours(history: History) -> Iterator[Violation]:
    """P3: no call starts when it must not, judged at the dial gate."""
    for ring in history.carrier.rings:
        before = [gate for gate in history.journal.gates[ring.call_id] if gate.at <= ring.asked_at]
        gates = [gate for gate in before if ring.asked_at - gate.at <= FUNCTION_TIMEOUT]
        if not gates:
            yield Violation("P3", "rang without passing the gate", ring.call_id, ring.asked_at)
            continue
        if was_stopped(history, ring):
            yield Violation("P3", "rang although it was stopped", ring.call_id, ring.asked_at)
        if was_erased(history, ring):
            yield Violation("P3", "rang although it was erased", ring.call_id, ring.asked_at)
        if was_wished_away(history, ring):
            yield Violation("P3", "rang against the person's wish", ring.call_id, ring.asked_at)
        reasons = [why_not(history, gate) for gate in gates]
        if all(reasons):
            detail = f"{reasons[-1]} at the gate, {gates[-1].clock:%H:%M:%S} by its clock"
            yield Violation("P3", "rang when it must not", ring.call_id, ring.asked_at, detail)


def was_stopped(history: History, ring: Ring) -> bool:
    """Whether its task was paused, archived or erased when the dial was written down."""
    dialled_at = history.journal.dialled.get(ring.call_id)
    if dialled_at is None:
        return True
    moments = history.journal.stopped[task_of(ring.call_id)]
    before = [is_stopped for at, is_stopped in moments if at < dialled_at]
    return bool(before) and before[-1]


def was_wished_away(history: History, ring: Ring) -> bool:
    """Whether it was known when the dial was written down that the person wants no more calls."""
    wished_at = history.wishes.get(task_of(ring.call_id))
    dialled_at = history.journal.dialled.get(ring.call_id, ring.asked_at)
    return wished_at is not None and wished_at < dialled_at


def was_erased(history: History, ring: Ring) -> bool:
    """Whether somebody was called who had asked to be forgotten."""
    known_since = history.journal.born[task_of(ring.call_id)]
    dialled_at = history.journal.dialled.get(ring.call_id, ring.asked_at)
    return any(
        known_since < asked_at and done_at < dialled_at
        for asked_at, done_at, phone in history.erased
        if phone == ring.phone
    )


def why_not(history: History, gate: Gate) -> str | None:
    """Why no call could start: by what the campaign was then, not by what the gate read of it."""
    campaigns = history.journal.campaigns_at(gate.task.campaign_id, gate.at)
    reasons = [why_closed(gate, campaign) for campaign in campaigns]
    return reasons[-1] if all(reasons) else None


def why_closed(gate: Gate, campaign: Campaign) -> str | None:
    """Why no call of a campaign that is like this could start."""
    task, now = gate.task, gate.clock
    if campaign.state is not CampaignState.ACTIVE:
        return f"its campaign was {campaign.state}"
    ends = [end for end in (campaign.end_at, task.end_at) if end is not None]
    if any(end <= now for end in ends):
        return "its end had come"
    if own_rules.earliest_start(task, campaign) > now + 2 * MOST_SKEW:
        return "its start had not come"
    hours = own_rules.hours_of(task, campaign, is_callback=task.is_callback)
    return None if is_open(hours, now) else f"{hours} were closed"


def too_often(history: History) -> Iterator[Violation]:
    """P5: nobody is called more often than allowed, but for a first callback asked for."""
    for ring in history.carrier.rings:
        gates = [one for one in history.journal.gates[ring.call_id] if one.at <= ring.asked_at]
        for gate in gates[-1:]:
            used, task = len(gate.task.dialed), gate.task
            campaigns = history.journal.campaigns_at(task.campaign_id, gate.at)
            most = max(own_rules.max_attempts(task, one) for one in campaigns)
            if used >= most and not task.is_callback:
                yield Violation("P5", "was called too often", ring.call_id, ring.asked_at)
            if task.is_callback and not has_asked(history, task):
                yield Violation("P5", "had asked for no callback", ring.call_id, ring.asked_at)


def has_asked(history: History, task: Task) -> bool:
    """Whether some call of a task ended with a time to call back."""
    calls = [ring for ring in history.carrier.rings if task_of(ring.call_id) == task.task_id]
    return any(ring.analysis and ring.analysis.callback_at for ring in calls)


def unfinished(history: History) -> Iterator[Violation]:
    """P5: every task reaches a final status, and every campaign whose tasks did closes."""
    now = history.world.now
    for task in history.store.tasks.values():
        if not history.is_done(task):
            detail = f"{task.status}, {task.entry}"
            yield Violation("P5", "never ends", task.task_id, now, detail)
    for campaign in history.store.campaigns.values():
        counted = history.store.counters[campaign.campaign_id]
        is_batch = campaign.kind is CampaignKind.BATCH and counted.get("tasks", 0)
        # A file that its queue forgot half way holds its campaign open; so it may.
        is_held = campaign.importing and (history.queue.forgotten or history.queue.dead)
        if is_batch and campaign.state not in OVER and not is_held:
            yield Violation("P5", "never closes", campaign.campaign_id, now, campaign.state)


def mistold(history: History) -> Iterator[Violation]:
    """P7: what is kept of a call is what happened at the carrier; each that rang is kept."""
    calls = {call.call_id: call for call in history.store.calls.values()}
    rings = {ring.call_id: ring for ring in history.carrier.rings}
    for call_id, ring in rings.items():
        if call_id not in calls:
            yield Violation("P7", "rang and was never told", call_id, ring.asked_at)
        elif ring.phone != history.store.tasks[task_of(call_id)].phone and not erased(
            calls[call_id]
        ):
            yield Violation("P7", "rang at another number", call_id, ring.asked_at)
    for call_id, call in calls.items():
        for kind, detail in told_wrong(history, call, rings.get(call_id)):
            yield Violation("P7", kind, call_id, call.ended_at or history.world.now, detail)


def erased(call: Call) -> bool:
    """Whether nothing of a person is kept of a call."""
    return call.phone is None


def told_wrong(history: History, call: Call, ring: Ring | None) -> Iterator[tuple[str, str]]:
    """What is told of a call and was not so."""
    if ring is None:
        if call.outcome not in {"init_failed", "failed"}:
            yield "is told although it never rang", str(call.outcome)
        return
    assert call.ended_at is not None
    analysed = {ring.analysis.outcome} if ring.analysis else set()
    is_lost = call.outcome == "failed" and call.reason == LOST
    if not is_lost and call.outcome not in {ring.end.outcome} | analysed:
        yield "is told as what it was not", f"{call.outcome} for {ring.end.outcome}"
    off = call.ended_at - ring.ended_at
    most = abs(history.carrier.skew) + MOST_SKEW + timedelta(seconds=1)
    if off < -most or (off > most and not is_lost):
        yield "is told to have ended at another time", f"{call.ended_at} for {ring.ended_at}"
    if ring.is_told_twice and call.call_id not in history.full_ends and call.duration is None:
        return  # the full report was lost, or late
    if not is_lost and call.duration != ring.end.duration:
        yield "is told to have lasted for another time", f"{call.duration}"


def lost_contacts(history: History) -> Iterator[Violation]:
    """P7: whoever was accepted is there, once; a file is done to its last row."""
    now = history.world.now
    for task_id in sorted(history.accepted - history.store.tasks.keys()):
        yield Violation("P7", "was accepted and is gone", task_id, now)
    for campaign_id, phone in sorted(history.keyed):
        own = [
            task
            for task in history.store.tasks.values()
            if (task.campaign_id, task.phone) == (campaign_id, phone)
        ]
        if len(own) > 1:
            yield Violation("P7", "was added twice for one request", own[0].task_id, now)
    for source in history.dropped:
        yield from lost_rows(history, source)


def lost_rows(history: History, source: str) -> Iterator[Violation]:
    """What an import left undone; that it failed is told, where its campaign was over."""
    campaign_id, phones, rows = history.dropped[source]
    now, store = history.world.now, history.store
    jobs = [one for one in store.imports.values() if one.source == source]
    statuses = [job.status for job in jobs]
    names = {source, *(job.import_id for job in jobs)}
    lost = [*history.queue.dead, *history.queue.forgotten]
    is_lost = any(name in one.name for one in lost for name in names)
    if statuses == [ImportStatus.FAILED] or is_lost:
        return
    if statuses != [ImportStatus.COMPLETED]:
        yield Violation("P7", "has a file that is not done", campaign_id, now, f"{statuses}")
        return
    [job] = jobs
    known = {task.phone for task in store.tasks.values() if task.campaign_id == campaign_id}
    missing = set(phones) - known - {phone for _, _, phone in history.erased}
    if missing or (job.rows, job.accepted + job.rejected + job.duplicates) != (rows, rows):
        detail = f"{sorted(missing)} missing, {job}"
        yield Violation("P7", "has a file with rows undone", campaign_id, now, detail)


def leaked_slots(history: History) -> Iterator[Violation]:
    """P2: at the end nothing is in flight, so no slot may be held."""
    flying = {task.call.call_id for task in history.store.tasks.values() if task.call is not None}
    for scope, pages in history.store.slots.items():
        for call_id in sorted(set().union(*pages.values()) - flying):
            yield Violation("P2", "leaked its slot", call_id, history.world.now, scope)
