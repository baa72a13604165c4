"""What went on in a campaign, minute by minute: for pictures, while the counters are exact."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelibs.domain.instants import EPOCH
from chalicelibs.domain.outcome import Outcome

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

#: What may be asked for at once, and into how many points it is put at most.
LONGEST, MOST_POINTS = timedelta(days=31), 120

#: How long a point may be; the first that needs no more points than there may be.
STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
)


class Kind(StrEnum):
    """What an ended call was, in three words."""

    REACHED = "reached"  #: Somebody talked; also where the agent gave it an outcome of its own.
    MISSED = "missed"  #: Nobody answered, or a machine, or nobody spoke.
    FAILED = "failed"  #: It never came to ring, or broke.


KINDS = {
    Outcome.FAILED: Kind.FAILED,
    Outcome.INIT_FAILED: Kind.FAILED,
    Outcome.NO_ANSWER: Kind.MISSED,
    Outcome.BUSY: Kind.MISSED,
    Outcome.VOICEMAIL: Kind.MISSED,
    Outcome.NO_RESPONSE: Kind.MISSED,
}


def kind_of(outcome: str) -> Kind:
    """What a call with this outcome was."""
    return {str(name): kind for name, kind in KINDS.items()}.get(outcome, Kind.REACHED)


class Ended(NamedTuple):
    """Calls of one campaign that ended in one minute in one way."""

    campaign_id: str
    minute: datetime
    kind: Kind

    @classmethod
    def call(cls, campaign_id: str, at: datetime, outcome: str) -> "Ended":
        """One call."""
        return cls(campaign_id, at - (at - EPOCH) % MINUTE, kind_of(outcome))


#: Ended calls by minute and kind.
Activity = Mapping[tuple[datetime, Kind], int]


class Point(NamedTuple):
    """What ended from an instant on, until the next point."""

    at: datetime
    counts: Mapping[Kind, int]


class Series(NamedTuple):
    """Points of one length, one after another without a gap."""

    step: timedelta
    points: list[Point]


def step_for(span: timedelta) -> timedelta:
    """How long each point is, so that there are not too many."""
    return next(step for step in STEPS if span <= MOST_POINTS * step)


def series(activity: Activity, since: datetime, until: datetime) -> Series:
    """What ended in a span, in points; the first begins where all of its length do."""
    step = step_for(until - since)
    sums: dict[datetime, Counter[Kind]] = {at: Counter() for at in starts(since, until, step)}
    for (minute, kind), count in activity.items():
        at = floor(minute, step)
        if at in sums:
            sums[at][kind] += count
    return Series(step, [Point(at, counts) for at, counts in sums.items()])


def starts(since: datetime, until: datetime, step: timedelta) -> Iterator[datetime]:
    """Where the points of a span begin."""
    at = floor(since, step)
    while at < until:
        yield at
        at += step


def floor(at: datetime, step: timedelta) -> datetime:
    """The last multiple of a length since 1970."""
    return at - (at - EPOCH) % step
