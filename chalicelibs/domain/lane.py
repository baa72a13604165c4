"""Sets of tasks that open and close together and have one priority.

A lane of a batch campaign is named by the attempt; its priority and hours are the campaign's at
the moment of looking, so an edit of the campaign moves a million tasks. A lane of a realtime
campaign carries priority and hours in its name, because its tasks bring their own.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Self

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.rules import Rules

#: About how many tasks one index partition should hold.
SHARD_SIZE = 1000

CALLBACK = "callback"
PAUSED = "paused"
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

    def partition(self, shard: int) -> str:
        """The key of one of its partitions in the agenda."""
        return partition(self.campaign_id, self.name, shard)

    @classmethod
    def of_attempt(cls, campaign_id: str, rules: Rules, attempt_no: int) -> Self:
        """The lane of a batch campaign's tasks that wait for this attempt."""
        return cls(
            campaign_id=campaign_id,
            name=attempt_lane(attempt_no),
            priority=rules.priority_of(attempt_no),
            hours=rules.hours,
        )

    @classmethod
    def of_callbacks(cls, campaign_id: str, rules: Rules) -> Self:
        """The lane of a batch campaign's tasks whose contacts asked for a time."""
        return cls(
            campaign_id=campaign_id,
            name=CALLBACK,
            priority=rules.priority_of(1),
            is_callback=True,
            hours=rules.callback_hours,
        )

    @classmethod
    def of_realtime(cls, campaign_id: str, name: str) -> Self:
        """The lane that `realtime_lane` named."""
        kind, _, hours = name.partition("|")
        callback, _, priority = kind.rpartition("-")
        return cls(
            campaign_id=campaign_id,
            name=name,
            priority=int(priority),
            is_callback=callback == CALLBACK,
            hours=None if hours == ANY_TIME else hours_named(hours),
        )


@lru_cache(maxsize=1024)
def hours_named(text: str) -> CallingHours:
    """The hours that a lane's name tells; asked for every lane at every dispatch."""
    return CallingHours.parse(text)


def attempt_lane(attempt_no: int) -> str:
    """The name of a batch campaign's lane for this attempt."""
    return f"attempt-{attempt_no}"


def realtime_lane(rules: Rules, attempt_no: int, *, is_callback: bool) -> str:
    """The name of a realtime task's lane: priority and hours, in words that can be read back."""
    if is_callback:
        return f"{CALLBACK}-{rules.priority_of(1)}|{rules.callback_hours or ANY_TIME}"
    return f"{rules.priority_of(attempt_no)}|{rules.hours or ANY_TIME}"


def realtime_lanes(rules: Rules) -> frozenset[str]:
    """Every lane that a task with these rules may ever stand in."""
    attempts = range(1, rules.retry.max_attempts + 1)
    names = {realtime_lane(rules, attempt_no, is_callback=False) for attempt_no in attempts}
    return frozenset(names | {realtime_lane(rules, 1, is_callback=True)})


def partition(campaign_id: str, name: str, shard: int) -> str:
    """The key of one partition of a campaign's lane."""
    return f"{campaign_id}|{name}|{shard}"


def rescue_partition(workspace_id: str) -> str:
    """The key of the partition where a workspace's calls in flight stand."""
    return f"rescue|{workspace_id}"


def shard_for(open_tasks: int) -> int:
    """Where the next task goes when so many are open: one more shard for each thousand."""
    return open_tasks // SHARD_SIZE
