"""When the next call may start where calls per second are limited, and how many begin at once."""

from datetime import datetime, timedelta

from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.workspace import Workspace

#: More than this in one run would outlast the function; the rest gets a nudge of its own.
MOST_AT_ONCE = 100

#: Calls to place leave at most this far in advance when calls per second are limited.
LONGEST_SPREAD = timedelta(seconds=30)

SECOND = timedelta(seconds=1)
NO_DELAY = timedelta(0)


def delay_of(number: int, calls_per_second: int | None) -> timedelta:
    """When a call may start that has so many others before it."""
    return (0 if calls_per_second is None else number // calls_per_second) * SECOND


def planned_ahead(workspace: Workspace, now: datetime) -> timedelta:
    """How long it takes until a start is free that was not given away."""
    if workspace.calls_per_second is None or workspace.planned_until is None:
        return NO_DELAY
    return max(workspace.planned_until - now, NO_DELAY)


def most_at_once(workspace: Workspace, now: datetime, deadlines: Deadlines) -> int:
    """What one run takes, so that neither it nor the last of its messages lasts too long."""
    if workspace.calls_per_second is None:
        return MOST_AT_ONCE
    left = min(LONGEST_SPREAD, deadlines.longest_queue) - planned_ahead(workspace, now)
    return min(MOST_AT_ONCE, workspace.calls_per_second * left // SECOND)
