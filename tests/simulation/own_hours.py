"""Calling hours by counting minutes on a wall clock: slow, simple, and not the product's way.

The clock of a zone is watched for a day, minute by minute. Hours begin when it shows their start
for the last time that day, and end when it shows their end for the first time; a time that it
never shows stands for the first minute after it.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelibs.domain.calling_hours import CallingHours

ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class Shown(NamedTuple):
    """When a clock showed each minute of a day: for the first time, and for the last."""

    first: Mapping[int, datetime]
    last: Mapping[int, datetime]


@lru_cache(maxsize=4096)
def shown(zone: str, day: date) -> Shown:
    """What a clock in a zone shows on a day of that zone, by minutes since midnight."""
    first: dict[int, datetime] = {}
    last: dict[int, datetime] = {}
    clock = ZoneInfo(zone)
    at = datetime(day.year, day.month, day.day, tzinfo=clock).astimezone(UTC) - 3 * 60 * MINUTE
    for _ in range(31 * 60):
        wall = at.astimezone(clock)
        if wall.date() == day:
            minute = wall.hour * 60 + wall.minute
            first.setdefault(minute, at)
            last[minute] = at
        at += MINUTE
    return Shown(first, last)


@lru_cache(maxsize=65_536)
def window(opens: int, closes: int, zone: str, day: date) -> tuple[datetime, datetime]:
    """The hours that begin on a day; they may be empty."""
    closing_day = day if opens < closes < 1440 else day + ONE_DAY
    start = shown(zone, day).last
    end = shown(zone, closing_day).first
    return start[at_or_after(start, opens)], end[at_or_after(end, closes % 1440)]


def at_or_after(minutes: Mapping[int, datetime], wanted: int) -> int:
    """The first minute that a clock showed from this one on."""
    if wanted in minutes:
        return wanted
    return min(one for one in minutes if one >= wanted)


def windows(hours: CallingHours, at: datetime, *, days: int) -> list[tuple[datetime, datetime]]:
    """The hours around an instant and on so many days from then on, earliest first."""
    today = at.astimezone(ZoneInfo(hours.zone)).date()
    ahead = [today + ONE_DAY * number for number in range(-1, days)]
    return [
        window(hours.opens, hours.closes, hours.zone, day)
        for day in ahead
        if day.weekday() in hours.days
    ]


def opened_at(hours: CallingHours | None, at: datetime) -> datetime | None:
    """Since when calls may start at an instant; None: they may not."""
    if hours is None:
        return datetime.min.replace(tzinfo=UTC)
    found = windows(hours, at, days=1)
    return next((start for start, end in found if start <= at < end), None)


def is_open(hours: CallingHours | None, at: datetime) -> bool:
    """Whether calls may start at an instant."""
    return opened_at(hours, at) is not None


def opening_after(hours: CallingHours | None, at: datetime) -> datetime:
    """The first instant from this one on at which calls may start."""
    if hours is None:
        return at
    found = windows(hours, at, days=10)
    return next(max(start, at) for start, end in found if at < end and start < end)
