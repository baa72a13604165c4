"""Instants as the table stores them: UTC milliseconds, with a lot drawn below the millisecond.

Two tasks that start in the same millisecond go in random order. The order is drawn once, when the
task is made, and kept where no clock looks: in the microseconds of its start time.
"""

from datetime import UTC, datetime, timedelta
from math import ceil

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)

#: How many different lots there are below one millisecond.
LOTS = 1000


def epoch_ms(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - EPOCH) // MILLISECOND


def from_epoch_ms(value: int) -> datetime:
    """The instant of whole milliseconds since 1970."""
    return EPOCH + value * MILLISECOND


def with_lot(at: datetime, lot: int) -> datetime:
    """The same millisecond, with its place among equals (0 to 999)."""
    return at.replace(microsecond=at.microsecond // LOTS * LOTS + lot)


def lot_of(at: datetime) -> int:
    """The place among equals that `with_lot` gave."""
    return at.microsecond % LOTS


def whole_ms(at: datetime) -> datetime:
    """The instant without its lot."""
    return with_lot(at, 0)


def wait_until(at: datetime, *, now: datetime) -> timedelta:
    """The whole seconds after which an instant has come; its lot makes nobody wait longer."""
    return ceil((whole_ms(at) - now) / SECOND) * SECOND
