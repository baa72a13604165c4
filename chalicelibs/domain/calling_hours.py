"""When calls may start: a daily window of local time, judged instant by instant in UTC.

Two local times a year do not name one instant, and a doubtful hour is never called. A time that
the clocks skip stands for the first instant after the gap. A time that comes twice stands for its
later occurrence where a window starts, and for its earlier one where a window ends.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.local_time import instant_of
from chalicelibs.domain.zones import zone as zone_named

ALL_DAYS = frozenset(range(7))
MIDNIGHT = 24 * 60  #: The end of a day, in minutes since its start.

_ONE_DAY = timedelta(days=1)
_HORIZON = 400  # days that next_opening looks ahead
_YEARS = range(1900, 9900)  # keeps the days around an instant within what a datetime can hold
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])(?::00)?")
_TEXT = re.compile(r"([0-9]{4})-([0-9]{4})(?:,([1-7]{1,6}))?@(.+)")


class InvalidHours(Invalid):
    """These hours can never be kept: the message says which value to correct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One opening of the calling hours, `[start, end)`, in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingHours:
    """The hours of the day, on some days of the week, in one zone, at which calls may start.

    Hours that close before they open run overnight and belong to the day on which they open.
    """

    opens: int  #: Minutes since local midnight, 0 to 1439.
    closes: int  #: Minutes since local midnight, 1 to 1440; never called at that minute itself.
    days: frozenset[int] = ALL_DAYS  #: Days on which the hours open; 0 is Monday.
    zone: str

    def __post_init__(self) -> None:
        if self.opens == self.closes:
            raise InvalidHours(
                "start and end are equal: for the whole day say 00:00 to 24:00", param="end"
            )
        if not 0 <= self.opens < MIDNIGHT:
            raise InvalidHours("start must lie between 00:00 and 23:59", param="start")
        if not 0 < self.closes <= MIDNIGHT:
            raise InvalidHours("end must lie between 00:01 and 24:00", param="end")
        if not self.days or not self.days <= ALL_DAYS:
            raise InvalidHours("days must be some of 0 (Monday) to 6 (Sunday)", param="days")
        zone_named(self.zone)

    @classmethod
    def of(
        cls, *, start: str | int, end: str | int, zone: str, days: Iterable[int] | None = None
    ) -> "CallingHours":
        """Read hours as people write them: `10:00`, `10:00:00` or 1000; midnight ends a day."""
        opens, closes = _minutes(start, "start"), _minutes(end, "end")
        if closes == 0 < opens:
            closes = MIDNIGHT
        on = ALL_DAYS if days is None else frozenset(days)
        return cls(opens=opens, closes=closes, days=on, zone=zone)

    @classmethod
    def parse(cls, text: str) -> "CallingHours":
        """Read what `str()` wrote; no other spelling, so that equal hours are equal text."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise InvalidHours(f"{text!r} is not like '1000-1800,12345@Asia/Kolkata'")
        start, end, days, zone = match.groups()
        hours = cls.of(
            start=int(start),
            end=int(end),
            days=None if days is None else (int(day) - 1 for day in days),
            zone=zone,
        )
        if str(hours) != text:
            raise InvalidHours(f"{text!r} should be written {str(hours)!r}")
        return hours

    def __str__(self) -> str:
        """Write the one text of these hours, `1000-1800,12345@Asia/Kolkata`; 1 is Monday (ISO)."""
        days = "".join(str(day + 1) for day in sorted(self.days))
        listed = "" if self.days == ALL_DAYS else f",{days}"
        return f"{_digits(self.opens)}-{_digits(self.closes)}{listed}@{self.zone}"

    def is_open(self, at: datetime) -> bool:
        """Tell whether a call may start at that instant."""
        return self._window_at(_utc(at)) is not None

    def next_opening(self, after: datetime) -> datetime | None:
        """Return the first instant at or after `after` at which a call may start.

        None if there is none within 400 days.
        """
        after = _utc(after)
        # Where clocks go back over midnight, the window of the day before may still be to come.
        first = self._local_day(after) - _ONE_DAY
        for window in self._windows_from(first):
            if after < window.end:
                return max(after, window.start)
        return None

    def closes_at(self, at: datetime) -> datetime | None:
        """Return the end of the hours that are open at that instant, whole days running on.

        None if they are not open, or if they never close.
        """
        window = self._window_at(_utc(at))
        if window is None or self._never_closes():
            return None
        end = window.end
        while (following := self._window_at(end)) is not None:
            end = following.end
        return end

    def windows(self, day: date) -> tuple[Window, ...]:
        """Return the windows that belong to a local day, in order; a closed day has none."""
        window = window_of(self, day)
        return () if window is None else (window,)

    def _window_at(self, at: datetime) -> Window | None:
        """Find the open window around an instant: that of its local day or of the day before."""
        zone = zone_named(self.zone)
        local = at.astimezone(zone)
        today, yesterday = local.date(), local.date() - _ONE_DAY
        is_after_opening = local.hour * 60 + local.minute >= self.opens
        window = window_of(self, today if is_after_opening else yesterday)
        if window is not None and at in window:
            return window
        if not self.is_all_day:
            return None
        # Where midnight comes twice, the day before runs on until its later occurrence.
        window = window_of(self, yesterday)
        return window if window is not None and at in window else None

    def _windows_from(self, first: date) -> Iterator[Window]:
        for ahead in range(_HORIZON):
            window = window_of(self, first + timedelta(days=ahead))
            if window is not None:
                yield window

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(zone_named(self.zone)).date()

    @property
    def is_all_day(self) -> bool:
        """Whether its windows are whole days."""
        return self.opens == 0 and self.closes == MIDNIGHT

    def _never_closes(self) -> bool:
        return self.is_all_day and self.days == ALL_DAYS


@lru_cache(maxsize=4096)  # every lane of every campaign asks at every dispatch
def window_of(hours: CallingHours, day: date) -> Window | None:
    """The window that belongs to a local day; None: that day is closed, or left with no time."""
    if day.weekday() not in hours.days:
        return None
    zone = zone_named(hours.zone)
    closing_day = day if hours.opens < hours.closes < MIDNIGHT else day + _ONE_DAY
    # A whole day that runs straight into the next leaves no hour in doubt.
    runs_on = hours.is_all_day and closing_day.weekday() in hours.days
    start = _instant(day, hours.opens, zone, fold=1)
    end = _instant(closing_day, hours.closes % MIDNIGHT, zone, fold=int(runs_on))
    return Window(start=start, end=end) if start < end else None


def _instant(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    hour, minute = divmod(minutes, 60)
    return instant_of(datetime.combine(day, time(hour, minute)), zone, fold=fold)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at!r} is naive: calling hours are judged at an instant")
    if at.year not in _YEARS:
        raise InvalidHours(f"{at.isoformat()} is not within the years 1900 to 9899")
    return at.astimezone(UTC)


def _minutes(time: str | int, param: str) -> int:
    text = f"{time // 100:02}:{time % 100:02}" if type(time) is int else str(time)
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise InvalidHours(f"{time!r} is not a time like '18:30', in whole minutes", param=param)
    return int(match[1]) * 60 + int(match[2])


def _digits(minutes: int) -> str:
    return f"{minutes // 60:02}{minutes % 60:02}"
