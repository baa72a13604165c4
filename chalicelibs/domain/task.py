"""The intent to reach one contact for one campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self

from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.instants import lot_of, with_lot
from chalicelibs.domain.lane import (
    CALLBACK,
    attempt_lane,
    partition,
    realtime_lane,
    rescue_partition,
)
from chalicelibs.domain.naming import call_id_for_claim
from chalicelibs.domain.progress import ARCHIVED, CALLS, COMPLETED, OUTCOME, Tally
from chalicelibs.domain.retry import Callback, Decision, Retry
from chalicelibs.domain.rules import Rules


class TaskStatus(StrEnum):
    """Where a task stands; a queued task of a paused campaign *reads* as paused."""

    QUEUED = "queued"  #: Waits for its time.
    RUNNING = "running"  #: An attempt is being made.
    PAUSED = "paused"  #: Stopped by hand.
    COMPLETED = "completed"  #: Finished: reached, or given up.
    ARCHIVED = "archived"  #: Ended by hand, or its end time passed.


FINAL = frozenset({TaskStatus.COMPLETED, TaskStatus.ARCHIVED})


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
    rules: Rules | None = None  #: Its own, in a realtime campaign; None: the campaign's.
    end_at: datetime | None = None  #: Its own end, in a realtime campaign.
    shard: int = 0
    status: TaskStatus = TaskStatus.QUEUED
    due_at: datetime  #: When the next attempt may start; its microseconds are a lot.
    is_callback: bool = False  #: The next attempt was asked for by the contact.
    attempts: int = 0  #: Attempts dialled.
    callbacks: int = 0  #: Callbacks granted.
    claims: int = 0
    call: Call | None = None  #: The attempt in flight.
    last_call_id: str | None = None
    outcome: str | None = None  #: Of the last attempt.
    reason: str | None = None  #: Why it was finished, where the outcome does not say.
    created_at: datetime
    version: int = 0

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL

    @property
    def lane_name(self) -> str:
        """The lane in which it waits for its next attempt."""
        attempt_no = self.attempts + 1
        if self.rules is not None:
            return realtime_lane(self.rules, attempt_no, is_callback=self.is_callback)
        return CALLBACK if self.is_callback else attempt_lane(attempt_no)

    @property
    def entry(self) -> Entry | None:
        """Its one place in the agenda; a final task has none."""
        if self.is_final:
            return None
        if self.call is not None:
            return Entry(rescue_partition(self.workspace_id), self.call.deadline)
        return Entry(partition(self.campaign_id, self.lane_name, self.shard), self.due_at)

    @property
    def as_due(self) -> DueTask:
        """What the agenda says of it. Only for a task that is not final."""
        assert self.entry is not None, self.task_id
        return DueTask(self.task_id, self.entry, self.claims)

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
        return replace(self, status=TaskStatus.QUEUED, call=None, due_at=due_at, attempts=attempts)

    def after(self, decision: Decision, call: Call) -> Self:
        """What becomes of it now that this call has ended."""
        ended = replace(
            self, call=None, last_call_id=call.call_id, outcome=call.outcome, reason=None
        )
        match decision:
            case Retry(at):
                return replace(
                    ended,
                    status=TaskStatus.QUEUED,
                    due_at=with_lot(at, lot_of(self.due_at)),
                    is_callback=False,
                )
            case Callback(at):
                return replace(
                    ended,
                    status=TaskStatus.QUEUED,
                    due_at=with_lot(at, lot_of(self.due_at)),
                    is_callback=True,
                    callbacks=self.callbacks + 1,
                )
            case _:
                reason = getattr(decision, "reason", None)
                return replace(ended, status=TaskStatus.COMPLETED, reason=reason)

    def archive(self, reason: str) -> Self:
        """No further attempts."""
        return replace(self, status=TaskStatus.ARCHIVED, call=None, reason=reason)


def tally_of(before: Task, after: Task, *, ended_call: Call | None = None) -> Tally:
    """What the counters gain by a move of a task, and by the call that ended with it."""
    tally: dict[str, int] = {}
    for name, status in ((COMPLETED, TaskStatus.COMPLETED), (ARCHIVED, TaskStatus.ARCHIVED)):
        change = (after.status is status) - (before.status is status)
        if change:
            tally[name] = change
    if ended_call is not None:
        tally[CALLS] = 1
        tally[f"{OUTCOME}{ended_call.outcome}"] = 1
    return tally
