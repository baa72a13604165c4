"""The daily window of a campaign: when calls may start, to the second."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field

from chalicelibs.domain.calling_hours import ALL_DAYS, MIDNIGHT, CallingHours
from chalicelibs.domain.errors import Invalid

_TIME = r"(?:([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?|24:00(?::00)?)"
_PATTERN = re.compile(_TIME, re.ASCII)

MINUTE = 60
DAY = MIDNIGHT * MINUTE


def _check_time(text: str) -> str:
    if _PATTERN.fullmatch(text) is None:
        raise ValueError("is no time like 09:00:00")
    return text


Time = Annotated[
    str, AfterValidator(_check_time), Field(json_schema_extra={"pattern": f"^{_TIME}$"})
]
StartTime = Annotated[
    Time, Field(description="`HH:MM:SS`: calls start from then on; seconds count up to a minute.")
]
EndTime = Annotated[
    Time, Field(description="`HH:MM:SS`: no call starts from then on; seconds are left off.")
]


class Schedule(NamedTuple):
    """A daily window in whole minutes, in a zone that is told later."""

    opens: int
    closes: int
    days: frozenset[int] = ALL_DAYS

    def to_domain(self, zone: str) -> CallingHours:
        """The hours in a zone."""
        return CallingHours(opens=self.opens, closes=self.closes, days=self.days, zone=zone)


def schedule_of(named: Mapping[str, Any], old: CallingHours | None) -> Schedule | None:
    """The window that follows; the side that is not named stays, and so do the days.

    Raises:
        Invalid: when one side is missing, or no whole minute is left between them.
    """
    kept = (None, None) if old is None else (text_of(old.opens), text_of(old.closes))
    start = named.get("schedule_start_time", kept[0])
    end = named.get("schedule_end_time", kept[1])
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "schedule_start_time" if start is None else "schedule_end_time"
        raise Invalid("the schedule needs both its start and its end", missing)
    opens, closes = whole_minutes(seconds_of(start), seconds_of(end))
    return Schedule(opens, closes, ALL_DAYS if old is None else old.days)


def whole_minutes(start: int, end: int) -> tuple[int, int]:
    """A window of seconds as one of minutes that lies within it: no call starts outside.

    Raises:
        Invalid: when no minute is left.
    """
    if start == end:
        message = "equals schedule_start_time: for the whole day say 00:00:00 to 24:00:00"
        raise Invalid(message, "schedule_end_time")
    if end < start:
        end += DAY
    opens, closes = -(-start // MINUTE), end // MINUTE
    if opens >= closes:
        raise Invalid("leaves no whole minute after schedule_start_time", "schedule_end_time")
    return opens % MIDNIGHT, (closes - 1) % MIDNIGHT + 1


def seconds_of(text: str) -> int:
    """A time of the day in seconds."""
    hours, minutes, seconds = (int(part) for part in f"{text}:00".split(":")[:3])
    return (hours * 60 + minutes) * MINUTE + seconds


def text_of(minutes: int) -> str:
    """Minutes of a day as this dialect writes them."""
    return f"{minutes // 60:02}:{minutes % 60:02}:00"
