"""The promises P1 to P6, judged by the carrier's journal and by what the API tells.

Pure: it is given what was seen and says what is wrong with it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from chalicelibs.domain.call import LOST
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.instants import MILLISECOND, epoch_ms, from_epoch_ms

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: A call that has passed the dial gate when a pause is answered may still reach the carrier.
PAST_THE_GATE_MS = 1000
PAST_THE_GATE = PAST_THE_GATE_MS * MILLISECOND

#: As many statuses as a finished task can have.
FINAL = {"completed", "archived"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A phone that really rang, by the carrier's journal."""

    call_id: str
    started_ms: int
    ended_ms: int | None  #: None: it still rings.

    @property
    def task_id(self) -> str:
        """A call's id begins with its task's."""
        return self.call_id.rpartition("-")[0]

    @property
    def stood_in_its_lane(self) -> bool:
        """Whether its task could be taken at any time before.

        A later claim that makes a first ring tells that an earlier one was given back: until then
        the task stood in the rescue lane, and others could rightly go before it.
        """
        return self.call_id.endswith("-1")

    @property
    def campaign_id(self) -> str:
        """And a task's with its campaign's."""
        return self.call_id.partition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What whoever ran the campaigns did, and when."""

    concurrency_limit: int
    pauses: Sequence[tuple[int, int]] = ()  #: From the answer to pause to the request to resume.
    urgent_campaign_id: str | None = None  #: The one whose tasks go before all others.
    urgent_since_ms: int | None = None  #: When its tasks had been accepted.
    all_here_ms: int | None = None  #: When all contacts had come, if some were called before.


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One run, from both sides."""

    facts: Facts
    rings: Sequence[Ring]
    campaigns: Sequence[Mapping[str, Any]]
    tasks: Sequence[Mapping[str, Any]]
    calls_by_task: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    cut_off: frozenset[str] = frozenset()  #: Calls that the carrier ended before they rang.


def rings_of(journal: Iterable[Mapping[str, Any]], campaign_ids: Iterable[str]) -> list[Ring]:
    """The rings of these campaigns, in the order in which they began."""
    ours = set(campaign_ids)
    started: dict[str, Mapping[str, Any]] = {}
    ended: dict[str, int] = {}
    for line in journal:
        if line["event"] == "dialled" and line["correlation_id"].partition("-")[0] in ours:
            started[line["call"]] = line
        elif line["event"] == "ended" and line["call"] in started:
            ended[line["call"]] = line["t"]
    rings = [
        Ring(call_id=line["correlation_id"], started_ms=line["t"], ended_ms=ended.get(call))
        for call, line in started.items()
    ]
    return sorted(rings, key=lambda ring: ring.started_ms)


def cut_off(journal: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The calls that a carrier had taken when it crashed, and had not dialled."""
    ended: set[str] = set()
    rang: set[str] = set()
    for line in journal:
        if line["event"] in {"ended", "dialled"}:
            (ended if line["event"] == "ended" else rang).add(line["correlation_id"])
    return frozenset(ended - rang)


def violations(seen: Seen) -> list[str]:
    """Every broken promise, in words."""
    return [
        *dialled_twice(seen),
        *above_limit(seen),
        *dialled_while_paused(seen),
        *dialled_outside_hours(seen),
        *out_of_order(seen),
        *unfinished(seen),
        *miscounted(seen),
        *untold(seen),
    ]


def dialled_twice(seen: Seen) -> Iterator[str]:
    """P1: no attempt rings twice, no two calls are in flight for one task."""
    for call_id, count in Counter(ring.call_id for ring in seen.rings).items():
        if count > 1:
            yield f"P1 call {call_id} rang {count} times"
    by_task = sorted(seen.rings, key=lambda ring: (ring.task_id, ring.started_ms))
    for task_id, rings in groupby(by_task, key=lambda ring: ring.task_id):
        for earlier, later in pairwise(rings):
            if earlier.ended_ms is None or later.started_ms < earlier.ended_ms:
                yield f"P1 task {task_id} had two calls in flight"


def most_in_flight(rings: Iterable[Ring]) -> int:
    """How many phones rang or talked at once."""
    changes = [(ring.started_ms, 1) for ring in rings]
    changes += [(ring.ended_ms, -1) for ring in rings if ring.ended_ms is not None]
    now, most = 0, 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def above_limit(seen: Seen) -> Iterator[str]:
    """P2: calls in flight never exceed the limit."""
    most = most_in_flight(seen.rings)
    if most > seen.facts.concurrency_limit:
        yield f"P2 {most} calls in flight, the limit is {seen.facts.concurrency_limit}"


def rings_while_paused(seen: Seen) -> list[Ring]:
    """Rings that began while everything was paused."""
    return [
        ring
        for ring in seen.rings
        if any(
            start + PAST_THE_GATE_MS < ring.started_ms < end for start, end in seen.facts.pauses
        )
    ]


def dialled_while_paused(seen: Seen) -> Iterator[str]:
    """P3: nothing starts while its campaign is paused."""
    for ring in rings_while_paused(seen):
        yield f"P3 call {ring.call_id} rang while everything was paused"


def dialled_outside_hours(seen: Seen) -> Iterator[str]:
    """P3: nothing starts outside its campaign's calling hours, before its start or after its end.

    Tasks that bring hours of their own are not judged here.
    """
    campaigns = {campaign["id"]: campaign for campaign in seen.campaigns}
    for ring in seen.rings:
        campaign = campaigns.get(ring.campaign_id, {})
        gate = from_epoch_ms(ring.started_ms)
        if not any(may_start(campaign, at) for at in (gate - PAST_THE_GATE, gate)):
            yield f"P3 call {ring.call_id} rang outside its campaign's times"


def may_start(campaign: Mapping[str, Any], at: datetime) -> bool:
    """Whether a campaign's dates and hours let a call start."""
    start, end = campaign.get("start_at"), campaign.get("end_at")
    if (start and at < datetime.fromisoformat(start)) or (
        end and at >= datetime.fromisoformat(end)
    ):
        return False
    hours = campaign.get("calling_hours")
    if not hours:
        return True
    days = frozenset(DAYS.index(day) for day in hours["days"])
    return CallingHours.of(
        start=hours["start"], end=hours["end"], zone=hours["timezone"], days=days
    ).is_open(at)


def out_of_order(seen: Seen) -> Iterator[str]:
    """P4: what is urgent goes before everything; first attempts go before second ones.

    But for callbacks: what a contact asked for goes before all of them.
    """
    urgent, asked_for = seen.facts.urgent_campaign_id, callbacks_in(seen)
    others = [
        ring for ring in seen.rings if ring.campaign_id != urgent and ring.call_id not in asked_for
    ]
    if seen.facts.urgent_since_ms is not None:
        first_urgent = list(first_rings(ring for ring in seen.rings if ring.campaign_id == urgent))
        until = last_choice(seen, first_urgent)
        for ring in others:
            if seen.facts.urgent_since_ms < chosen_ms(seen, ring) < until:
                yield f"P4 call {ring.call_id} went before an urgent task"
    yield from second_before_first(seen, others)


def second_before_first(seen: Seen, rings: Sequence[Ring]) -> Iterator[str]:
    """P4, within a batch, once all of it is there: who has not come cannot be called first."""
    since = seen.facts.all_here_ms or 0
    first = {ring.call_id for ring in first_rings(rings)}
    until = last_choice(seen, (ring for ring in rings if ring.call_id in first))
    for ring in rings:
        is_early = since < chosen_ms(seen, ring) < until - PAST_THE_GATE_MS
        if ring.call_id not in first and is_early:
            yield f"P4 call {ring.call_id} was a second attempt before a first one"


def callbacks_in(seen: Seen) -> frozenset[str]:
    """The calls for which their contacts asked."""
    return frozenset(
        call["id"]
        for calls in seen.calls_by_task.values()
        for before, call in pairwise(calls)
        if before["callback_at"] is not None
    )


def last_choice(seen: Seen, rings: Iterable[Ring]) -> int:
    """When the last of them was chosen that could have been chosen before."""
    return max((chosen_ms(seen, ring) for ring in rings if ring.stood_in_its_lane), default=0)


def chosen_ms(seen: Seen, ring: Ring) -> int:
    """When dispatch chose the call; on a busy machine it rings some time after that."""
    for call in seen.calls_by_task.get(ring.task_id, ()):
        if call["id"] == ring.call_id:
            return epoch_ms(datetime.fromisoformat(call["reserved_at"]))
    return ring.started_ms


def first_rings(rings: Iterable[Ring]) -> Iterator[Ring]:
    """The first ring of each task."""
    known: set[str] = set()
    for ring in rings:
        if ring.task_id not in known:
            known.add(ring.task_id)
            yield ring


def unfinished(seen: Seen) -> Iterator[str]:
    """P5: every task reaches a final status."""
    for task in seen.tasks:
        if task["status"] not in FINAL:
            yield f"P5 task {task['id']} is still {task['status']}"


def miscounted(seen: Seen) -> Iterator[str]:
    """P6: progress equals the sum of the tasks, and of their calls."""
    for campaign in seen.campaigns:
        tasks = [task for task in seen.tasks if task["campaign_id"] == campaign["id"]]
        progress = dict(campaign["progress"])
        outcomes, calls = progress.pop("outcomes"), progress.pop("calls")
        progress.pop("last_finished_at", None)
        counted = Counter(task["status"] for task in tasks)
        summed = {name: counted[name] for name in progress if name != "total"}
        if progress != {"total": len(tasks), **summed}:
            yield f"P6 campaign {campaign['id']} says {progress}, its tasks say {summed}"
        ended = [
            call["outcome"]
            for task in tasks
            for call in seen.calls_by_task[task["id"]]
            if call["ended_at"] is not None
        ]
        if outcomes != Counter(ended) or calls != len(ended):
            yield f"P6 campaign {campaign['id']} says {outcomes}, its calls {Counter(ended)}"


def untold(seen: Seen) -> Iterator[str]:
    """P7: every ring is told of, and a call that is said to have rung did.

    Of a lost call nobody could tell; and its carrier may say that one failed that never rang.
    """
    told = {call["id"]: call for calls in seen.calls_by_task.values() for call in calls}
    rang = {ring.call_id for ring in seen.rings}
    for call_id in sorted(rang - told.keys()):
        yield f"P7 call {call_id} rang and nobody was told"
    for call_id, call in told.items():
        if call["reason"] == LOST or call_id in seen.cut_off:
            continue
        if call["outcome"] not in {"init_failed", None} and call_id not in rang:
            yield f"P7 call {call_id} is said to have ended as {call['outcome']} and never rang"
