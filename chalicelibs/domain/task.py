"""The intent to reach one contact for one campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self

from chalicelibs.domain.call import Call, CallStatus, Dialed
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.instants import MILLISECOND, epoch_ms, lot_of, with_lot
from chalicelibs.domain.lane import PAUSED, lane_name, partition, rescue_partition
from chalicelibs.domain.naming import call_id_for_claim, claim_of
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.progress import (
    ARCHIVED,
    CALLS,
    COMPLETED,
    COST,
    OUTCOME,
    SETTLED_AT,
    TALKED,
    TASKS,
    Tally,
    of_try,
)
from chalicelibs.domain.progress import PAUSED as PAUSED_TASKS
from chalicelibs.domain.retry import OPTED_OUT, Callback, Decision, Retry


class TaskStatus(StrEnum):
    """Where a task stands; a queued task of a paused campaign *reads* as paused."""

    QUEUED = "queued"  #: Waits for its time.
    RUNNING = "running"  #: An attempt is being made.
    PAUSED = "paused"  #: Stopped by hand.
    COMPLETED = "completed"  #: Finished: reached, or given up.
    ARCHIVED = "archived"  #: Ended by hand, or its end time passed.


FINAL = frozenset({TaskStatus.COMPLETED, TaskStatus.ARCHIVED})

#: From which statuses each control leads where (seed: Hooman; a task in flight is left alone).
MOVES: Mapping[str, tuple[frozenset[TaskStatus], TaskStatus]] = {
    "pause": (frozenset({TaskStatus.QUEUED}), TaskStatus.PAUSED),
    "resume": (frozenset({TaskStatus.PAUSED}), TaskStatus.QUEUED),
    "archive": (frozenset({TaskStatus.QUEUED, TaskStatus.PAUSED}), TaskStatus.ARCHIVED),
}


#: The reason of a task that ended because its contact was erased.
ERASED = "erased"


class Entry(NamedTuple):
    """A place in the agenda: in which partition, and when something must happen."""

    partition: str
    at: datetime


class DueTask(NamedTuple):
    """What the agenda says of a task without reading it; enough to claim it."""

    task_id: str
    entry: Entry
    claims: int

    @property
    def next_call_id(self) -> str:
        """The id of the call that a claim would make."""
        return call_id_for_claim(self.task_id, self.claims + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One contact's way through its attempts."""

    task_id: str
    workspace_id: str
    campaign_id: str
    phone: str
    context: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None  #: What the sender calls the contact.
    own: Overrides = NONE  #: What it does not take from its campaign.
    start_at: datetime | None = None  #: Its own start, for the first attempt.
    end_at: datetime | None = None  #: Its own end.
    shard: int = 0
    status: TaskStatus = TaskStatus.QUEUED
    due_at: datetime  #: When the next attempt may start; its microseconds are a lot.
    is_callback: bool = False  #: The next attempt was asked for by the contact.
    attempts: int = 0  #: Attempts dialled.
    callbacks: int = 0  #: Callbacks granted.
    claims: int = 0
    call: Call | None = None  #: The attempt in flight.
    dialed: Mapping[int, datetime] = field(default_factory=dict)  #: Ended calls, by claim.
    paused_at: datetime | None = None  #: When it was stopped by hand.
    outcome: str | None = None  #: Of the last attempt.
    reason: str | None = None  #: Why it was finished, where the outcome does not say.
    opted_out: bool = False  #: The person asked not to be called again.
    is_erased: bool = False  #: Nothing of the person is kept; it is never called again.
    created_at: datetime
    version: int = 0

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL

    @property
    def is_fresh(self) -> bool:
        """Whether it waits for its first call, so that what is said there may still change."""
        waits = self.status in {TaskStatus.QUEUED, TaskStatus.PAUSED}
        return waits and self.attempts == 0 and not self.is_erased

    def told_as(self, other: "Task") -> Self:
        """With what another row says of the same contact; when and how it is called stays."""
        return replace(self, context=other.context, external_id=other.external_id)

    @property
    def lane_name(self) -> str:
        """The lane in which it waits for its next attempt."""
        return lane_name(self.own, self.attempts + 1, is_callback=self.is_callback)

    @property
    def ended_calls(self) -> tuple[Dialed, ...]:
        """Its calls that have ended, first to last."""
        return tuple(
            Dialed(call_id_for_claim(self.task_id, claim), at)
            for claim, at in sorted(self.dialed.items())
        )

    @property
    def last_call_id(self) -> str | None:
        """The call that ended last."""
        return self.ended_calls[-1].call_id if self.dialed else None

    def ended_call(self, call_id: str) -> Dialed | None:
        """What leads to this call, if it is one of those that have ended."""
        return next((one for one in self.ended_calls if one.call_id == call_id), None)

    @property
    def entry(self) -> Entry | None:
        """Its one place in the agenda; a final task has none."""
        if self.is_final:
            return None
        if self.call is not None:
            return Entry(rescue_partition(self.workspace_id), self.call.deadline)
        if self.paused_at is not None:
            return Entry(partition(self.campaign_id, PAUSED, self.shard), self.paused_at)
        return Entry(partition(self.campaign_id, self.lane_name, self.shard), self.due_at)

    @property
    def as_due(self) -> DueTask:
        """What the agenda says of it. Only for a task that is not final."""
        assert self.entry is not None, self.task_id
        return DueTask(self.task_id, self.entry, self.claims)

    def has_used_all(self, attempts: int) -> bool:
        """Whether its next attempt would be one too many; a callback was granted beyond that."""
        return not self.is_callback and self.attempts >= attempts

    def has_in_flight(self, call_id: str) -> bool:
        """Whether this call is the attempt in flight."""
        return self.call is not None and self.call.call_id == call_id

    def claim(self, call: Call) -> Self:
        """Taken for one attempt: nobody else can take it."""
        return replace(
            self,
            status=TaskStatus.RUNNING,
            call=call,
            claims=self.claims + 1,
            version=self.version + 1,
        )

    def with_call(self, call: Call) -> Self:
        """The attempt in flight came further; dialling spends an attempt."""
        return replace(self, call=call, attempts=max(self.attempts, call.attempt_no))

    def give_back(self, *, not_before: datetime | None = None) -> Self:
        """Back in its lane, at its old place or later: the attempt was not dialled."""
        due_at = self.due_at
        if not_before is not None and not_before > due_at:
            due_at = with_lot(not_before, lot_of(due_at))
        attempts = self.attempts
        if self.call is not None and self.call.status is not CallStatus.RESERVED:
            attempts -= 1
        back = replace(self, status=TaskStatus.QUEUED, call=None, due_at=due_at, attempts=attempts)
        return back.unless_over()

    def after(self, decision: Decision, call: Call) -> Self:
        """What becomes of it now that this call has ended."""
        assert call.dialed_at is not None, "only a dialled call ends"
        dialed = {**self.dialed, claim_of(call.call_id): call.dialed_at}
        ended = replace(self, call=None, dialed=dialed, outcome=call.outcome, reason=None)
        if self.is_erased:
            return ended.finish(TaskStatus.ARCHIVED, ERASED)
        match decision:
            case Retry(at):
                return ended.waiting(at, is_callback=False)
            case Callback(at):
                again = ended.waiting(at, is_callback=True)
                return replace(again, callbacks=self.callbacks + 1)
            case _:
                reason = getattr(decision, "reason", None)
                return replace(ended, status=TaskStatus.COMPLETED, paused_at=None, reason=reason)

    def waiting(self, at: datetime, *, is_callback: bool) -> Self:
        """In line for its next attempt; one that was paused meanwhile stays so."""
        status = TaskStatus.QUEUED if self.paused_at is None else TaskStatus.PAUSED
        due_at = with_lot(at, lot_of(self.due_at))
        return replace(self, status=status, due_at=due_at, is_callback=is_callback)

    def finish(self, status: TaskStatus, reason: str) -> Self:
        """No further attempts, for a reason that is none of its outcomes."""
        return replace(self, status=status, call=None, paused_at=None, reason=reason)

    def erased(self) -> Self:
        """Without the person: what waits is archived; a call in flight ends, nothing follows."""
        call = None if self.call is None else self.call.erased()
        bare = replace(self, phone="", context={}, external_id=None, call=call, is_erased=True)
        return bare.unless_over()

    def not_again(self) -> Self:
        """The person asked not to be called again: what waits ends; nothing follows a call.

        The call in flight says so, too: a former release, which runs beside this one while it is
        deployed, looks there.
        """
        call = self.call and replace(self.call, opts_out=True)
        return replace(self, opted_out=True, call=call).unless_over()

    def unless_over(self) -> Self:
        """As it is, or ended: nobody waits to be called who is erased or asked not to be."""
        if self.is_final or self.call is not None:
            return self
        if self.is_erased:
            return self.finish(TaskStatus.ARCHIVED, ERASED)
        return self.finish(TaskStatus.COMPLETED, OPTED_OUT) if self.opted_out else self

    def move(self, control: str, now: datetime) -> Self:
        """The task after one of `MOVES`; a repeated control changes nothing.

        Raises:
            NotAllowed: saying from which statuses the control works.
        """
        allowed, target = MOVES[control]
        if self.status is target:
            return self
        if self.status not in allowed:
            statuses = ", ".join(sorted(allowed))
            raise NotAllowed(
                f"cannot {control} a task that is {self.status}; allowed from: {statuses}",
                "status",
            )
        if target is TaskStatus.ARCHIVED:
            return self.finish(target, "archived_by_hand")
        paused_at = now if target is TaskStatus.PAUSED else None
        return replace(self, status=target, paused_at=paused_at)


#: What the counters count of the tasks that stand there.
COUNTED = (
    (COMPLETED, TaskStatus.COMPLETED),
    (ARCHIVED, TaskStatus.ARCHIVED),
    (PAUSED_TASKS, TaskStatus.PAUSED),
)


def tally_of(before: Task, after: Task, *, now: datetime, ended_call: Call | None = None) -> Tally:
    """What the counters gain by a move of a task, and by the call that ended with it."""
    tally: dict[str, int] = {}
    for name, status in COUNTED:
        change = (after.status is status) - (before.status is status)
        if change:
            tally[name] = change
    # A call that was lost may turn out to have ended later, so that more may be told of it, too.
    if after.is_final and not (before.is_final and before.outcome == after.outcome):
        tally[SETTLED_AT] = epoch_ms(now)
    if ended_call is not None:
        tally[CALLS] = 1
        tally[f"{OUTCOME}{ended_call.outcome}"] = 1
        tally[of_try(ended_call.attempt_no, ended_call.outcome)] = 1
        tally |= use_of(ended_call)
    return tally


def tally_of_new(tasks: Sequence[Task]) -> dict[str, int]:
    """What the counters gain by new tasks; one whose end has passed is archived from the start."""
    tally = {TASKS: len(tasks)}
    archived = sum(task.status is TaskStatus.ARCHIVED for task in tasks)
    return tally | ({ARCHIVED: archived} if archived else {})


def use_of(call: Call) -> dict[str, int]:
    """What a call used: conversation, and money as far as its carrier has told."""
    used = {} if not call.duration else {TALKED: call.duration // MILLISECOND}
    if call.price is not None:
        micros, currency = call.price
        used |= {f"{COST}{currency}": micros} if micros else {}
    return used


def use_gained(before: Call, after: Call) -> dict[str, int]:
    """What a call turned out to have used beyond what was counted of it."""
    counted, used = use_of(before), use_of(after)
    gained = {name: used.get(name, 0) - counted.get(name, 0) for name in counted | used}
    return {name: number for name, number in gained.items() if number}
