"""Pauses, hours, days and instants as people write them and as the API does."""

import re
from collections.abc import Mapping
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Milliseconds in a unit, largest first.
MS_BY_UNIT = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}

_PAUSE = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_HOURS = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)", re.ASCII)


def read_pause(text: str) -> int:
    """`30m` or `1h30m` in milliseconds.

    Raises:
        ValueError: when it is neither.
    """
    match = _PAUSE.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no pause like 45s, 30m, 2h or 1h30m")
    counts = (int(count or 0) for count in match.groups())
    return sum(count * unit for count, unit in zip(counts, MS_BY_UNIT.values(), strict=True))


def pause(ms: int) -> str:
    """Milliseconds as `read_pause` reads them; what is below a second is shown as a fraction."""
    if ms % 1000 or not ms:
        return f"{ms / 1000:g}s"
    text = ""
    for name, unit in MS_BY_UNIT.items():
        count, ms = divmod(ms, unit)
        text += f"{count}{name}" if count else ""
    return text


def read_hours(text: str) -> tuple[str, str]:
    """`10:00-20:00` as its start and end; the API judges whether they are times of a day.

    Raises:
        ValueError: when it is not two times.
    """
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} are no hours like 10:00-20:00")
    start, end = (time.zfill(len("00:00")) for time in match.groups())
    return start, end


def read_days(text: str) -> list[str]:
    """`mon,wed` or `mon-fri` as a list of days.

    Raises:
        ValueError: naming what is no day.
    """
    days: list[str] = []
    for part in text.lower().split(","):
        first, dash, last = part.strip().partition("-")
        start, end = day_number(first), day_number(last if dash else first)
        days += (DAYS * 2)[start : end + 1 if end >= start else end + 8]
    return [day for day in DAYS if day in days]


def day_number(text: str) -> int:
    """The number of a day; Monday is 0.

    Raises:
        ValueError: naming the days that there are.
    """
    if text.strip() not in DAYS:
        raise ValueError(f"{text.strip()!r} is no day: write {','.join(DAYS)} or mon-fri")
    return DAYS.index(text.strip())


def read_pair(text: str) -> tuple[str, str]:
    """`name=Eva` as a name and a value.

    Raises:
        ValueError: when it is not one.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is no pair like name=Eva")
    return name.strip(), value


def hours(calling_hours: Mapping[str, Any] | None) -> str:
    """Calling hours in one line."""
    if calling_hours is None:
        return "at any time"
    days = "every day" if calling_hours["is_every_day"] else ",".join(calling_hours["days"])
    return f"{calling_hours['start']}-{calling_hours['end']} {days} {calling_hours['timezone']}"


def instant(text: str | None) -> str:
    """An instant of the API to the second, in UTC; `-` for none."""
    if text is None:
        return "-"
    return f"{text[:19].replace('T', ' ')}Z"


def seconds(count: float | None) -> str:
    """How long a call took, like `1:05`; `-` where nobody knows."""
    if count is None:
        return "-"
    minutes, rest = divmod(round(count), 60)
    return f"{minutes}:{rest:02}"


def plain(value: object) -> str:
    """A value in one line that no terminal can take for a command; `-` for none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    spaced = " ".join(str(value).split())
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in spaced
    )
