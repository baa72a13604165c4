"""What a row may say besides the number and words for the prompt."""

from datetime import UTC, datetime

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.external_id import external_id
from chalicelibs.domain.instants import whole_ms
from chalicelibs.domain.local_time import instant_of
from chalicelibs.domain.priority import HIGHEST, LOWEST, Level, of_attempts, per_attempt
from chalicelibs.domain.row_codes import RowCode, UnusableRow
from chalicelibs.domain.zones import UnknownZone, zone, zone_like

#: Outside of these no call is planned.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def zone_in(text: str) -> str:
    """The IANA name of a zone, which may be written `europe/madrid` or `America/New York`.

    Raises:
        UnusableRow: when there is none of this name.
    """
    try:
        return zone_like(text)
    except UnknownZone:
        message = (
            "write an IANA name like Asia/Kolkata or America/New_York, or nothing: then the"
            " campaign's zone holds"
        )
        raise UnusableRow(RowCode.INVALID_TIMEZONE, message) from None


def start_in(text: str, zone_name: str) -> datetime:
    """The instant before which nobody is called; without an offset it is local.

    Raises:
        UnusableRow: when it is no time, or too far away.
    """
    try:
        start = datetime.fromisoformat(text)
        if start.tzinfo is None:
            start = instant_of(start, zone(zone_name))
        start = whole_ms(start.astimezone(UTC))
    except (ValueError, OverflowError):
        message = (
            "write it like 2027-03-05 16:30 (local time) or 2027-03-05T16:30+01:00, or nothing:"
            " then the campaign's start holds"
        )
        raise UnusableRow(RowCode.INVALID_START, message) from None
    if not EARLIEST <= start <= LATEST:
        message = "it must lie between the years 1970 and 2200"
        raise UnusableRow(RowCode.INVALID_START, message)
    return start


def priorities_in(text: str, attempts: int) -> tuple[int, ...]:
    """The priorities of so many attempts, from a word or from the number of the first.

    Raises:
        UnusableRow: when it is neither.
    """
    word = text.casefold()
    if word in set(Level):
        return per_attempt(Level(word), attempts)
    number = text.removesuffix(".0")
    is_number = number.isascii() and number.isdecimal() and len(number) <= len(str(HIGHEST))
    if not is_number or not LOWEST <= int(number) <= HIGHEST:
        message = (
            f"write {', '.join(Level)} or a number from {LOWEST} to {HIGHEST}, or nothing: then"
            " the campaign's priority holds"
        )
        raise UnusableRow(RowCode.INVALID_PRIORITY, message)
    return of_attempts(int(number), attempts)


def external_id_in(text: str) -> str:
    """What the sender calls the contact.

    Raises:
        UnusableRow: when that is too long, or has signs that no id needs.
    """
    try:
        return external_id(text)
    except Invalid as error:
        raise UnusableRow(RowCode.INVALID_EXTERNAL_ID, error.message) from None
