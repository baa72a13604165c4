"""What follows an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import ALWAYS_RETRIED, Outcome

#: More attempts than this on one person is harassment, not a campaign.
MOST_ATTEMPTS = 20
LONGEST_INTERVAL = timedelta(days=90)

#: A time to call back that is further away is a mistake, and would hold a campaign open till then.
LATEST_CALLBACK = timedelta(days=366)

#: Why a task ends whose contact asked not to be called again: that beats every other rule.
OPTED_OUT = "opted_out"

#: The pause between attempts where nobody names one.
DEFAULT_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, how soon and after which outcomes a task is tried again."""

    max_attempts: int = 1
    intervals: tuple[timedelta, ...] = ()  #: Pauses between attempts, one fewer than attempts.
    retry_outcomes: frozenset[str] = frozenset()  #: Chosen ones; the usual ones are always in.

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= MOST_ATTEMPTS:
            raise Invalid(f"must be between 1 and {MOST_ATTEMPTS}", "max_attempts")
        if len(self.intervals) != self.max_attempts - 1:
            needed = self.max_attempts - 1
            raise Invalid(f"must have {needed} entries, one fewer than attempts", "intervals")
        if not all(timedelta(0) <= interval <= LONGEST_INTERVAL for interval in self.intervals):
            raise Invalid("each must be between 0 and 90 days", "intervals")

    def interval_after(self, attempts: int) -> timedelta:
        """The pause after this many attempts; a granted callback may exceed the list."""
        return self.intervals[min(attempts, len(self.intervals)) - 1]

    def retries(self, outcome: str) -> bool:
        """Whether this outcome is tried again."""
        return outcome in ALWAYS_RETRIED or outcome in self.retry_outcomes


def fitted(intervals: Sequence[timedelta], count: int) -> tuple[timedelta, ...]:
    """So many intervals: the last one repeated, or the later ones left out."""
    last = intervals[-1] if intervals else DEFAULT_INTERVAL
    return (*intervals, *[last] * count)[:count]


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, not before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """Call again when the contact asked to be called."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Complete:
    """Nothing more to do: the contact was reached, or the outcome is not one to retry."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nothing more can be done."""

    reason: str


Decision = Retry | Callback | Complete | GiveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that decides what follows an attempt."""

    outcome: str
    ended_at: datetime
    is_permanent: bool = False  #: The number itself is bad: no retry can help.
    callback_at: datetime | None = None
    takes_callbacks: bool = True  #: Whether a time asked for is kept.
    opts_out: bool = False  #: The person asked not to be called again.

    @property
    def is_callback(self) -> bool:
        """Whether the contact asked for a time that will be kept."""
        if self.outcome != Outcome.BUSY_CALLBACK or self.callback_at is None:
            return False
        return self.takes_callbacks and self.callback_at - self.ended_at <= LATEST_CALLBACK


def decide(verdict: Verdict, *, attempts: int, callbacks: int, policy: RetryPolicy) -> Decision:
    """What follows an attempt.

    Args:
        verdict: how the attempt ended.
        attempts: attempts used, this one included.
        callbacks: callbacks granted before this one.
        policy: the rules of the task.

    The first callback asked for is granted even when no attempt is left, but none by an agent that
    offers no callbacks: to that one, busy is an outcome like a custom one. A retry interval counts
    from the end of the attempt, in UTC (seed: Hooman, follow-up settings).
    """
    if verdict.opts_out:
        return GiveUp(OPTED_OUT)
    if verdict.is_permanent:
        return GiveUp("permanent")
    attempts_left = attempts < policy.max_attempts
    if verdict.is_callback:
        assert verdict.callback_at is not None
        if attempts_left or callbacks == 0:
            return Callback(max(verdict.callback_at, verdict.ended_at))
        return GiveUp("attempts_exhausted")
    if not is_retried(verdict, policy):
        return Complete()
    if not attempts_left:
        return GiveUp("attempts_exhausted")
    return Retry(verdict.ended_at + policy.interval_after(attempts))


def is_retried(verdict: Verdict, policy: RetryPolicy) -> bool:
    """Whether this attempt is followed by another, as far as its outcome goes."""
    if verdict.outcome == Outcome.BUSY_CALLBACK and not verdict.takes_callbacks:
        return verdict.outcome in policy.retry_outcomes
    return policy.retries(verdict.outcome)
