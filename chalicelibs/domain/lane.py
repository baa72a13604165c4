"""Sets of tasks that open and close together and have one priority.

The name of a lane says what its tasks brought themselves. `attempt-2` brought nothing: priority
and hours are the campaign's at the moment of looking, so an edit of the campaign moves a million
tasks. `attempt-2|@Asia/Tokyo` has the campaign's hours in a zone of its own,
`100|1000-1800@Asia/Tokyo` its own priority and hours; `callback` and `callback-100|…` were asked
for by the contact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Self

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.priority import Level, of_attempt
from chalicelibs.domain.rules import Rules

#: How many tasks one index partition should hold, until there are so many partitions. An empty
#: lane is asked in all of them at every dispatch, so a million tasks must not mean a thousand.
SHARD_SIZE = 1000
MOST_SHARDS = 64

#: Callbacks are few, and they are looked for before everything else, at every dispatch.
CALLBACK_SHARDS = 1

ATTEMPT = "attempt"
CALLBACK = "callback"

#: The lane of tasks that were stopped one by one; it never opens.
PAUSED = "paused"

#: What stands for no hours in names of lanes that a former release gave.
ANY_TIME = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of tasks, in the order of their start."""

    campaign_id: str
    name: str
    priority: int
    is_callback: bool = False
    hours: CallingHours | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """The order between lanes, larger first: callbacks, then priority."""
        return (self.is_callback, self.priority)

    def is_open(self, now: datetime) -> bool:
        """Whether a call of this lane may start now."""
        return self.hours is None or self.hours.is_open(now)

    def next_opening(self, after: datetime) -> datetime | None:
        """The first instant at or after `after` at which a call of this lane may start."""
        return after if self.hours is None else self.hours.next_opening(after)

    @classmethod
    def of(cls, campaign_id: str, name: str, *, rules: Rules | None, level: Level) -> Self:
        """The lane of this name, in a campaign with these rules now."""
        head, number, own_hours = parts_of(name)
        is_callback = head == CALLBACK
        if head == ATTEMPT:
            priority = of_attempt(level, int(number))
        else:
            priority = int(number or (of_attempt(level, 1) if is_callback else head))
        outside = is_callback and rules is not None and rules.callbacks_outside_hours
        hours = None if outside else hours_of(own_hours, rules.hours if rules else None)
        return cls(
            campaign_id=campaign_id,
            name=name,
            priority=priority,
            is_callback=is_callback,
            hours=hours,
        )


def hours_of(own: str, shared: CallingHours | None) -> CallingHours | None:
    """The hours of a lane whose name ends so, where its campaign has these."""
    if not own:
        return shared
    if own == ANY_TIME:
        return None
    if own.startswith("@"):
        return shared and in_zone(shared, own[1:])
    return hours_named(own)


@lru_cache(maxsize=1024)
def hours_named(text: str) -> CallingHours:
    """The hours that a lane's name tells; asked for every lane at every dispatch."""
    return CallingHours.parse(text)


@lru_cache(maxsize=1024)
def in_zone(hours: CallingHours, zone: str) -> CallingHours:
    """The same hours of the day elsewhere."""
    return replace(hours, zone=zone)


def lane_name(own: Overrides, attempt_no: int, *, is_callback: bool) -> str:
    """The lane in which a task waits for this attempt."""
    if is_callback:
        head = CALLBACK if own.priorities is None else f"{CALLBACK}-{own.priorities[0]}"
    elif own.priorities is None:
        head = f"{ATTEMPT}-{attempt_no}"
    else:
        head = str(own.priorities[min(attempt_no, len(own.priorities)) - 1])
    return head + tail_of(own)


def tail_of(own: Overrides) -> str:
    """The end of the name of all lanes of a task: its own hours, or its own zone."""
    if own.hours is not None:
        return f"|{own.hours}"
    return "" if own.zone is None else f"|@{own.zone}"


def families_of(own: Overrides) -> frozenset[str]:
    """What must be known of a task so that every lane that it may ever stand in is found."""
    if own.priorities is None:
        tail = tail_of(own)
        return frozenset({tail} if tail else ())  # the family without a tail is always known
    attempts = range(1, len(own.priorities) + 1)
    names = {lane_name(own, attempt_no, is_callback=False) for attempt_no in attempts}
    return frozenset(names | {lane_name(own, 1, is_callback=True)})


def lanes_in(family: str, attempts: int) -> Iterator[str]:
    """The names of the lanes that a family stands for: a tail for all of those with that tail."""
    if family and not family.startswith("|"):
        yield family
        return
    yield CALLBACK + family
    for attempt_no in range(1, attempts + 1):
        yield f"{ATTEMPT}-{attempt_no}{family}"


def parts_of(name: str) -> tuple[str, str, str]:
    """What the name of a lane says: its kind or priority, a number, and hours or a zone."""
    kind, _, own_hours = name.partition("|")
    head, _, number = kind.partition("-")
    return head, number, own_hours


def partitions_of(campaign_id: str, name: str, shards: int) -> tuple[str, ...]:
    """The keys of all partitions of a lane, in a campaign with so many shards."""
    if is_of_callbacks(name):
        shards = min(shards, CALLBACK_SHARDS)
    return tuple(f"{campaign_id}|{name}|{shard}" for shard in range(shards))


def partition(campaign_id: str, name: str, shard: int) -> str:
    """The key of the partition of a campaign's lane in which the tasks of a shard stand."""
    if is_of_callbacks(name):
        shard %= CALLBACK_SHARDS
    return f"{campaign_id}|{name}|{shard}"


def lane_in(partition: str) -> tuple[str, str]:
    """The campaign, and the name of the lane, whose tasks stand in a partition."""
    campaign_id, _, rest = partition.partition("|")
    return campaign_id, rest.rpartition("|")[0]


def is_of_callbacks(name: str) -> bool:
    """Whether a lane of this name holds callbacks."""
    return parts_of(name)[0] == CALLBACK


def rescue_partition(workspace_id: str) -> str:
    """The key of the partition where a workspace's calls in flight stand."""
    return f"rescue|{workspace_id}"


def shard_for(open_tasks: int) -> int:
    """Where the next task goes when so many are open: a shard for each thousand, to a point."""
    return open_tasks // SHARD_SIZE % MOST_SHARDS


def shards_for(open_tasks: int) -> int:
    """Over how many shards so many tasks are spread."""
    return min(open_tasks // SHARD_SIZE + 1, MOST_SHARDS)
