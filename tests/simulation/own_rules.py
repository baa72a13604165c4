"""What the documentation says of attempts, callbacks and priorities, worked out once more."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.task import Task

USUALLY_RETRIED = {"no_answer", "busy", "failed", "init_failed", "busy_callback"}
LEVELS = {"lowest": 25, "low": 50, "normal": 100, "high": 200, "highest": 400}
MILLISECOND = timedelta(milliseconds=1)


class Ended(NamedTuple):
    """How an attempt ended, as far as it decides what follows."""

    outcome: str
    ended_at: datetime
    is_permanent: bool = False
    callback_at: datetime | None = None


class Next(NamedTuple):
    """What follows: another attempt, or nothing (`due_at` is None)."""

    due_at: datetime | None
    is_callback: bool = False


NOTHING = Next(None)


def max_attempts(task: Task, campaign: Campaign) -> int:
    """How many attempts a task may use, besides a callback that is granted."""
    if task.own.max_attempts is not None:
        return task.own.max_attempts
    return campaign.rules.retry.max_attempts if campaign.rules else 1


def interval_after(attempt_no: int, task: Task, campaign: Campaign) -> timedelta:
    """The pause after an attempt: of a list that is too short the last one goes on."""
    shared = campaign.rules.retry.intervals if campaign.rules else ()
    intervals = task.own.intervals if task.own.intervals is not None else shared
    if not intervals:
        return timedelta(hours=1)
    return intervals[attempt_no - 1] if attempt_no <= len(intervals) else intervals[-1]


def hours_of(task: Task, campaign: Campaign, *, is_callback: bool) -> CallingHours | None:
    """When a task may be called: its own hours, or its campaign's, perhaps in its own zone."""
    rules = campaign.rules
    if is_callback and rules is not None and rules.callbacks_outside_hours:
        return None
    if task.own.hours is not None:
        return task.own.hours
    shared = rules.hours if rules else None
    if shared is None or task.own.zone is None:
        return shared
    return CallingHours(
        opens=shared.opens, closes=shared.closes, days=shared.days, zone=task.own.zone
    )


def follow_up(
    ended: Ended, task: Task, campaign: Campaign, *, attempts: int, granted: int, offers: bool
) -> Next:
    """What follows an attempt, when so many are used and so many callbacks were granted."""
    rules = campaign.rules
    chosen = task.own.retry_outcomes
    if chosen is None:
        chosen = rules.retry.retry_outcomes if rules else frozenset()
    has_more = attempts < max_attempts(task, campaign)
    if ended.is_permanent:
        return NOTHING
    if ended.outcome == "busy_callback" and ended.callback_at is not None and offers:
        is_granted = has_more or granted == 0
        at = max(ended.callback_at, ended.ended_at)
        return Next(at, is_callback=True) if is_granted else NOTHING
    is_retried = ended.outcome in USUALLY_RETRIED | chosen
    if ended.outcome == "busy_callback" and not offers:
        is_retried = ended.outcome in chosen
    if not is_retried or not has_more:
        return NOTHING
    return Next(ended.ended_at + interval_after(attempts, task, campaign))


def rank(task: Task, campaign: Campaign) -> tuple[bool, int]:
    """Callbacks first, then the larger number; of a callback that of the first attempt counts."""
    number = 1 if task.is_callback else task.attempts + 1
    own = task.own.priorities
    if own is not None:
        return task.is_callback, own[min(number, len(own)) - 1]
    return task.is_callback, LEVELS[campaign.level] - (number - 1)


def earliest_start(task: Task, campaign: Campaign) -> datetime:
    """When its next attempt may start at the earliest, to the millisecond."""
    due_at = task.due_at - timedelta(microseconds=task.due_at.microsecond % 1000)
    starts = [due_at, *([] if campaign.start_at is None else [campaign.start_at])]
    return max(starts)


def whole(at: datetime | None) -> datetime | None:
    """An instant to the millisecond: below that, lots are drawn."""
    return None if at is None else at - timedelta(microseconds=at.microsecond % 1000)


def is_one_of(found: Next, expected: Iterable[Next]) -> bool:
    """Whether what followed is what should have, one way or another."""
    return any(
        (whole(found.due_at), found.is_callback) == (whole(one.due_at), one.is_callback)
        for one in expected
    )
