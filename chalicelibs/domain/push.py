"""A task as it is pushed: what it leaves out, its campaign fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.context import check_context
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.priority import check_priorities


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One contact to call, with the settings it brings."""

    campaign_id: str
    phone: str
    context: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None  #: What the sender calls the contact.
    agent_id: str | None = None
    caller_id: str | None = None
    opens: str | int | None = None  #: `10:00` or 1000.
    closes: str | int | None = None
    zone: str | None = None  #: Of these hours, or of the campaign's.
    max_attempts: int | None = None
    intervals: tuple[timedelta, ...] | None = None
    retry_outcomes: frozenset[str] | None = None
    priorities: tuple[int, ...] | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None  #: May equal the start, as in the seed: then nobody is called.

    def __post_init__(self) -> None:
        check_context(self.context)
        if self.start_at and self.end_at and self.end_at < self.start_at:
            raise Invalid("must not be before the start", "end_at")
        if (self.opens is None) != (self.closes is None):
            missing = "start" if self.opens is None else "end"
            raise Invalid("calling hours need both start and end", missing)


def overrides_of(push: Push, campaign: Campaign) -> Overrides:
    """What a pushed task sets for itself, checked.

    Raises:
        Invalid: naming what does not fit together.
    """
    hours = hours_of(push, campaign)
    attempts = attempts_of(push, campaign)
    own = Overrides(
        agent_id=push.agent_id,
        caller_id=push.caller_id,
        hours=hours,
        zone=push.zone if hours is None else None,
        max_attempts=attempts,
        intervals=push.intervals,
        retry_outcomes=push.retry_outcomes,
        priorities=push.priorities,
    )
    if push.intervals is not None and attempts is not None:
        check_length(push.intervals, attempts)
    if push.priorities is not None and attempts is not None:
        check_priorities(push.priorities, max_attempts=attempts)
    return own


def hours_of(push: Push, campaign: Campaign) -> CallingHours | None:
    """Its own hours, in its own zone or else in its campaign's."""
    if push.opens is None or push.closes is None:
        return None
    return CallingHours.of(start=push.opens, end=push.closes, zone=push.zone or campaign.zone)


def attempts_of(push: Push, campaign: Campaign) -> int | None:
    """Its own number of attempts: as it says, as its lists say, or as they stand now."""
    if push.max_attempts is not None:
        return push.max_attempts
    if push.intervals is not None:
        return len(push.intervals) + 1
    return None if push.priorities is None else max(campaign.max_attempts, 1)


def check_length(intervals: tuple[timedelta, ...], attempts: int) -> None:
    """Refuse a list of intervals that is too long or too short.

    Raises:
        Invalid: naming `intervals`.
    """
    if len(intervals) != attempts - 1:
        raise Invalid(f"must have {attempts - 1} entries, one fewer than attempts", "intervals")
