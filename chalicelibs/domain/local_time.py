"""Local times as instants. Two a year do not name one: the clocks skip it, or show it twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_ONE_SECOND = timedelta(seconds=1)


def instant_of(wall: datetime, zone: ZoneInfo, *, fold: int = 1) -> datetime:
    """The instant at which clocks in a zone show a time, to the second.

    Args:
        wall: what the clocks show, without a zone; one they skip stands for the end of the gap.
        zone: where the clocks hang.
        fold: which occurrence of a time that comes twice: 0 the earlier, 1 the later.
    """
    local = wall.replace(microsecond=0, tzinfo=zone)
    first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first > second:  # so zoneinfo answers, and only then, for a time that the clocks skip
        return _end_of_gap(local, before=second, after=first)
    return second if fold else first


def _end_of_gap(skipped: datetime, *, before: datetime, after: datetime) -> datetime:
    """Search the second at which the clocks jump over a local time: zoneinfo does not tell it."""
    wall = skipped.replace(tzinfo=None)
    while after - before > _ONE_SECOND:
        middle = before + (after - before) // _ONE_SECOND // 2 * _ONE_SECOND
        if middle.astimezone(skipped.tzinfo).replace(tzinfo=None) > wall:
            after = middle
        else:
            before = middle
    return after
