"""When a campaign must stop by itself: too many calls fail, or its day's budget is spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, Self

from chalicelibs.domain.call import MICROS
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.zones import zone as zone_named

#: Outcomes that speak of a broken carrier or a wrong setting rather than of the contact.
FAILURES = frozenset({Outcome.FAILED, Outcome.INIT_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureBrake:
    """Stop when so large a share of the calls of the last minutes has failed."""

    share: float = 0.8
    least_calls: int = 30  #: Fewer say nothing.
    window: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise Invalid("must be above 0 and at most 1", "failure_brake.share")
        if self.least_calls < 1:
            raise Invalid("must be at least 1", "failure_brake.least_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a campaign may use in one day of its zone; None: no bound."""

    attempts: int | None = None
    minutes: int | None = None  #: Of conversation.
    cost_micros: Mapping[str, int] = field(default_factory=dict)  #: By currency.


@dataclass(frozen=True, slots=True, kw_only=True)
class Brakes:
    """What stops a campaign by itself."""

    failure: FailureBrake | None = field(default_factory=FailureBrake)
    budget: Budget = field(default_factory=Budget)

    @property
    def window(self) -> timedelta:
        """How far back looks at the counters are remembered."""
        return self.failure.window if self.failure else timedelta(0)


class Used(NamedTuple):
    """What a campaign had used by some moment."""

    calls: int = 0
    talked: timedelta = timedelta(0)
    cost_micros: Mapping[str, int] = MappingProxyType({})

    @classmethod
    def by(cls, progress: Progress) -> Self:
        """What these counters say."""
        return cls(progress.calls, progress.talked, dict(progress.cost_micros))


class Sample(NamedTuple):
    """How far the counters of calls had come."""

    at: datetime
    calls: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What the brakes remember from one look to the next."""

    samples: tuple[Sample, ...] = ()  #: Oldest first; the first is older than the window.
    day: str = ""  #: Like `2027-03-05`.
    zone: str = ""  #: In which that day is; empty: a former release looked.
    at_dawn: Used = field(default_factory=Used)  #: When the day began.
    brakes: Brakes | None = None  #: By what the last look judged; None: a former release looked.

    def after(self, progress: Progress, now: datetime, *, zone: str, brakes: Brakes) -> Self:
        """The gauge with one more look at the counters.

        A day ends in the zone in which it began. A campaign that moves to another zone counts by
        that from then on, so that no edit gives it the budget of a day twice.
        """
        sample = Sample(now, progress.calls, failures_in(progress))
        # A campaign begins with nothing: what the first look finds was called just now.
        seen = self.samples or (Sample(now, 0, 0),)
        recent = [one for one in seen if now - one.at < brakes.window]
        older = [one for one in seen if now - one.at >= brakes.window][-1:]
        samples, in_zone = (*older, *recent, sample), self.zone or zone
        looked = replace(self, samples=samples, zone=in_zone, brakes=brakes)
        today = date_in(in_zone, now)
        if today <= self.day:
            return looked
        # On its first day a campaign began with nothing.
        at_dawn = Used.by(progress) if self.day else self.at_dawn
        return replace(looked, day=today, zone=zone, at_dawn=at_dawn)

    def is_of(self, progress: Progress, now: datetime, *, zone: str, brakes: Brakes) -> bool:
        """Whether nothing has happened since the last look, and it judged by the same settings.

        Whoever resumes a campaign without a change to them so gives it another chance.
        """
        return (
            bool(self.samples)
            and date_in(self.zone or zone, now) <= self.day
            and self.samples[-1].calls == progress.calls
            and self.brakes == brakes
        )


def date_in(zone: str, now: datetime) -> str:
    """The date in a zone, as `Gauge.day` has it: later ones are greater."""
    return f"{now.astimezone(zone_named(zone)):%Y-%m-%d}"


def failures_in(progress: Progress) -> int:
    """Ended calls that failed."""
    return sum(progress.outcomes.get(outcome, 0) for outcome in FAILURES)


def verdict(
    brakes: Brakes, gauge: Gauge, progress: Progress, *, since: datetime | None
) -> str | None:
    """Why a campaign must stop now; None: it may go on.

    Args:
        brakes: its settings.
        gauge: what was seen of its counters, this look included.
        progress: its counters now.
        since: when it was resumed last: what failed before that was known to whoever did it.
    """
    return why_failing(brakes.failure, gauge, since) or why_spent(brakes.budget, gauge, progress)


def why_failing(brake: FailureBrake | None, gauge: Gauge, since: datetime | None) -> str | None:
    """Whether too many of the calls of the window have failed."""
    if brake is None:
        return None
    seen = [one for one in gauge.samples if since is None or one.at >= since]
    if len(seen) < 2:  # noqa: PLR2004 - a difference needs two looks
        return None
    first, last = seen[0], seen[-1]
    calls, failed = last.calls - first.calls, last.failed - first.failed
    # Divided, not multiplied: 55 of 100 is 0.55, but 0.55 times 100 is more than 55.
    if calls < brake.least_calls or failed / calls < brake.share:
        return None
    return f"{failed} of the last {calls} calls failed"


def why_spent(budget: Budget, gauge: Gauge, progress: Progress) -> str | None:
    """Which part of the day's budget is spent."""
    dawn = gauge.at_dawn
    calls = progress.calls - dawn.calls
    if budget.attempts is not None and calls >= budget.attempts:
        return f"the day's {budget.attempts} attempts are used"
    minutes = (progress.talked - dawn.talked) // timedelta(minutes=1)
    if budget.minutes is not None and minutes >= budget.minutes:
        return f"the day's {budget.minutes} minutes are used"
    for currency, most in sorted(budget.cost_micros.items()):
        spent = progress.cost_micros.get(currency, 0) - dawn.cost_micros.get(currency, 0)
        if spent >= most:
            return f"the day's {money(most)} {currency} are spent"
    return None


def money(micros: int) -> str:
    """An amount as people write it: no more decimals than it has."""
    return f"{(Decimal(micros) / MICROS).normalize():f}"
