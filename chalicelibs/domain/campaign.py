"""A purpose, its contacts and its rules."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from chalicelibs.domain.brakes import Brakes
from chalicelibs.domain.errors import Invalid, NotAllowed
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.lane import Lane, is_of_callbacks, lanes_in, partitions_of
from chalicelibs.domain.priority import Level
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.rules import Rules


class CampaignKind(StrEnum):
    """Where its tasks come from (seed: Hooman)."""

    BATCH = "batch"  #: A list of contacts; all share its rules.
    REALTIME = "realtime"  #: Pushed one by one, each may bring its own rules.


class Dialect(StrEnum):
    """In whose words a campaign was made, and is shown."""

    NATIVE = "native"
    SOVEREIGN = "sovereign"  #: HMS Sovereign's: assistants and leads.


class CampaignState(StrEnum):
    """What was decided about it; what it *reads* as also depends on the clock and the counts."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class CampaignStatus(StrEnum):
    """What it reads as."""

    DRAFT = "draft"  #: Not started.
    SCHEDULED = "scheduled"  #: Waits for its start time, or for its first call.
    RUNNING = "running"  #: At least one task was started.
    PAUSED = "paused"  #: Stopped for a while, by hand or by a brake.
    COMPLETED = "completed"  #: All tasks finished, or its end time passed.
    ARCHIVED = "archived"  #: Ended by hand, for good.


#: From which states each control leads where. A repeated control changes nothing.
MOVES: dict[str, tuple[frozenset[CampaignState], CampaignState]] = {
    "start": (frozenset({CampaignState.DRAFT}), CampaignState.ACTIVE),
    "pause": (frozenset({CampaignState.ACTIVE}), CampaignState.PAUSED),
    "resume": (frozenset({CampaignState.PAUSED}), CampaignState.ACTIVE),
    "archive": (
        frozenset({CampaignState.DRAFT, CampaignState.ACTIVE, CampaignState.PAUSED}),
        CampaignState.ARCHIVED,
    ),
}

#: Stops where nearly all calls fail, and for nothing else.
NO_BUDGET = Brakes()

#: Lanes that tasks may open. Dispatch looks into each of them, at every nudge.
MOST_LANES = 200

CLOSED = frozenset({CampaignState.COMPLETED, CampaignState.ARCHIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """All that a dispatcher needs to know of it, in one item."""

    campaign_id: str
    workspace_id: str
    name: str
    kind: CampaignKind
    state: CampaignState = CampaignState.DRAFT
    level: Level = Level.NORMAL
    zone: str = "UTC"
    dialect: Dialect = Dialect.NATIVE
    rules: Rules | None = None  #: Always there in a batch campaign; defaults in a realtime one.
    prompt: str = ""  #: Follows the agent's own, with places for a contact's context.
    start_at: datetime | None = None
    end_at: datetime | None = None
    concurrency_limit: int | None = None  #: Its own, besides the workspace's.
    families: frozenset[str] = frozenset()  #: Lanes in use besides the usual, see `lanes_in`.
    deepest: int = 1  #: The most attempts that a task of it was ever allowed.
    shards: int = 1  #: Partitions per lane.
    reached: int = 1  #: The furthest attempt that a task of it ever waited for.
    has_callbacks: bool = False  #: Whether one ever waited for a callback.
    importing: frozenset[str] = frozenset()  #: Imports that are still adding tasks.
    repeats_numbers: bool = False  #: One number may have several tasks, under ids of their own.
    brakes: Brakes = NO_BUDGET
    paused_for: str | None = None  #: Why a brake paused it; None: somebody did.
    resumed_at: datetime | None = None  #: Tasks that were paused before this go on.
    reopened_at: datetime | None = None  #: When somebody pushed into it whose tasks were finished.
    created_at: datetime
    version: int = 0

    def __post_init__(self) -> None:
        if self.kind is CampaignKind.BATCH and self.rules is None:
            raise Invalid("a batch campaign needs an agent and a number", "agent_id")
        if self.start_at and self.end_at and self.end_at <= self.start_at:
            raise Invalid("must be after start_at", "end_at")

    @property
    def is_closed(self) -> bool:
        """Whether it is over for good."""
        return self.state in CLOSED

    @property
    def max_attempts(self) -> int:
        """Attempts that a task may use that brings no number of its own."""
        return self.rules.retry.max_attempts if self.rules else 1

    def move(self, control: str, now: datetime) -> Self:
        """The campaign after one of `MOVES`.

        Resuming goes for the tasks that were paused one by one, too (seed: Hooman, controls).

        Raises:
            NotAllowed: saying from which states the control works.
        """
        allowed, target = MOVES[control]
        if control == "resume" and self.state in {target, *allowed}:
            resumed_at = self.since_resumed(now)
            return replace(self, state=target, resumed_at=resumed_at, paused_for=None)
        if self.state is target:
            return self
        if self.state not in allowed:
            states = ", ".join(sorted(allowed))
            raise NotAllowed(
                f"cannot {control} a campaign that is {self.state}; allowed from: {states}",
                "status",
            )
        return replace(self, state=target)

    def since_resumed(self, now: datetime) -> datetime:
        """When something happens that follows its last resumption, whatever our clock says.

        Whoever resumed it may have a clock that is ahead, and which of its tasks go on is told by
        whether they were paused before that.
        """
        if self.resumed_at is None or self.resumed_at <= now:
            return now
        return self.resumed_at + MILLISECOND

    def braked(self, reason: str) -> Self:
        """Paused by a brake, if it was running."""
        if self.state is not CampaignState.ACTIVE:
            return self
        return replace(self, state=CampaignState.PAUSED, paused_for=reason)

    def edited(self, **changes: object) -> Self:
        """The campaign with other settings; they hold for all of its tasks at once.

        Raises:
            NotAllowed: when it is over.
            Invalid: when the settings do not fit together.
        """
        if self.is_closed:
            raise NotAllowed(f"the campaign is {self.state}: nothing changes any more", "status")
        deepest = max(self.deepest, self.max_attempts)
        return replace(self, deepest=deepest, **changes)  # type: ignore[arg-type]

    def reaching(self, families: frozenset[str], *, attempts: int, shards: int) -> Self:
        """The campaign, looking at least at these lanes and shards."""
        return replace(
            self,
            families=self.families | families,
            deepest=max(self.deepest, attempts),
            shards=max(self.shards, shards),
        )

    def expecting(self, attempt_no: int, *, is_callback: bool) -> Self:
        """The campaign, looking at least at the lane in which a task waits for this attempt."""
        if is_callback:
            return replace(self, has_callbacks=True)
        return replace(self, reached=max(self.reached, attempt_no))

    def check_takes_tasks(self, now: datetime) -> None:
        """Make sure that tasks may be pushed into it.

        Raises:
            NotAllowed: when it is over.
        """
        if self.is_closed:
            raise NotAllowed(f"the campaign is {self.state}: no more tasks", "campaign")
        if self.has_ended(now):
            raise NotAllowed("the campaign has ended: no more tasks", "campaign")

    def reopened(self, now: datetime) -> Self:
        """The campaign, which is not closed while tasks are on their way into it.

        Raises:
            NotAllowed: when it was closed before.
        """
        self.check_takes_tasks(now)
        return replace(self, reopened_at=now)

    @property
    def knows_by_number(self) -> bool:
        """Whether the id of a number's one task can be told from the number."""
        return self.kind is CampaignKind.BATCH and not self.repeats_numbers

    def finish(self) -> Self:
        """Over, by its end time or because nothing is left."""
        return replace(self, state=CampaignState.COMPLETED)

    def check_takes_contacts(self, now: datetime) -> None:
        """Make sure that a file of contacts may be imported into it.

        Raises:
            NotAllowed: when it is over.
            Invalid: when its tasks are pushed one by one.
        """
        if self.is_closed:
            raise NotAllowed(f"the campaign is {self.state}: it takes no more contacts", "status")
        if self.has_ended(now):
            raise NotAllowed("the campaign has ended: it takes no more contacts", "end_at")
        if self.kind is not CampaignKind.BATCH:
            raise Invalid("contacts are imported into batch campaigns; push tasks instead", "type")

    def has_begun(self, now: datetime) -> bool:
        """Whether its start time has come."""
        return self.start_at is None or now >= self.start_at

    def has_ended(self, now: datetime) -> bool:
        """Whether its end time has passed."""
        return self.end_at is not None and now >= self.end_at

    def may_call(self, now: datetime) -> bool:
        """Whether its state and dates let calls start; calling hours are the lane's."""
        is_active = self.state is CampaignState.ACTIVE
        return is_active and self.has_begun(now) and not self.has_ended(now)

    def is_finished(self, now: datetime, progress: Progress) -> bool:
        """Whether nothing is left to do: no call of it starts, unless a report is yet to come."""
        if self.has_ended(now):
            return True
        if self.kind is CampaignKind.REALTIME or self.state is CampaignState.DRAFT:
            return False
        return progress.are_all_finished and not self.importing

    def is_over(self, now: datetime, progress: Progress, *, last_word: timedelta) -> bool:
        """Whether no call of it will ever start again.

        What its last call is told to have been decides whether another follows, see
        `Deadlines.last_word`; but not beyond its end. Whoever pushed a task meanwhile has stored
        it long before.
        """
        if self.has_ended(now):
            return True
        moments = [at for at in (progress.settled_at, self.reopened_at) if at is not None]
        is_silent = all(now > at + last_word for at in moments)
        return is_silent and self.is_finished(now, progress)

    def status(self, now: datetime, progress: Progress, *, in_flight: int) -> CampaignStatus:
        """What it reads as."""
        if self.state is CampaignState.COMPLETED and in_flight:
            return CampaignStatus.RUNNING  # its end came, and a call outlasts it
        if self.state in {CampaignState.DRAFT, *CLOSED}:
            return CampaignStatus(self.state)
        if self.is_finished(now, progress) and not in_flight:
            return CampaignStatus.COMPLETED
        if self.state is CampaignState.PAUSED:
            return CampaignStatus.PAUSED
        has_called = bool(progress.calls or in_flight)
        if not self.has_begun(now) or (self.kind is CampaignKind.BATCH and not has_called):
            return CampaignStatus.SCHEDULED
        return CampaignStatus.RUNNING

    def lane(self, name: str) -> Lane:
        """The lane of this name, as it opens and ranks now."""
        return Lane.of(self.campaign_id, name, rules=self.rules, level=self.level)

    def lanes(self) -> tuple[Lane, ...]:
        """Every lane in which tasks of it may ever wait for a call."""
        return tuple(map(self.lane, self._names(max(self.deepest, self.max_attempts))))

    @property
    def lane_count(self) -> int:
        """How many lanes that is."""
        return len(self._names(max(self.deepest, self.max_attempts)))

    def lanes_in_use(self) -> tuple[Lane, ...]:
        """Those of its lanes in which a task ever stood: in no other can be one now."""
        attempts = min(max(self.deepest, self.max_attempts), self.reached)
        names = self._names(attempts)
        return tuple(
            self.lane(name) for name in names if self.has_callbacks or not is_of_callbacks(name)
        )

    def _names(self, attempts: int) -> list[str]:
        return sorted({name for one in {"", *self.families} for name in lanes_in(one, attempts)})

    def partitions(self, lane_name: str) -> tuple[str, ...]:
        """The keys of a lane's partitions in the agenda."""
        return partitions_of(self.campaign_id, lane_name, self.shards)

    def starts_at(self, due_at: datetime) -> datetime:
        """When a task due then may start at the earliest: not before its campaign."""
        return due_at if self.start_at is None else max(due_at, self.start_at)
