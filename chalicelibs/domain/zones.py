"""Time zones, by their IANA name and from one pinned set of data."""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

from chalicelibs.domain.errors import Invalid

# zoneinfo prefers the system's data and takes the tzdata package only where that is missing, so a
# machine with old data would call Havana an hour early, and Lambda and laptop would disagree.
# With an empty path the tzdata pinned in requirements.txt is the only source, for all the process.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()  # whatever was looked up before this line came from the system


class UnknownZone(Invalid):
    """The name is not one of the IANA time zones; `name` carries it."""

    def __init__(self, name: object) -> None:
        super().__init__(
            f"{name!r} is not an IANA time zone: use a name like 'Asia/Kolkata'", param="zone"
        )
        self.name = name


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that exact IANA name.

    The name is looked up in a list and never becomes part of a path before it was found there.
    """
    if not isinstance(name, str) or name not in _names():
        raise UnknownZone(name)
    return _zone(name)


def zone_like(text: str) -> str:
    """The IANA name that is written so but for case, and for blanks instead of underscores."""
    name = _names_by_likeness().get("_".join(text.casefold().split()))
    if name is None:
        raise UnknownZone(text)
    return name


@cache
def _names_by_likeness() -> dict[str, str]:
    return {name.casefold(): name for name in _names()}


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - {"Factory"}  # "no zone was set"


@cache  # ZoneInfo itself keeps no more than eight zones for sure, and parses the rest anew
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
