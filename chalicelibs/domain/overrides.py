"""What a task sets for itself; everything else it takes from its campaign, as that stands then."""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.retry import RetryPolicy, fitted
from chalicelibs.domain.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """A task's own settings; None: the campaign's.

    Whoever brings intervals or priorities brings the number of attempts, too: a later change of
    the campaign's cannot make the two disagree.
    """

    agent_id: str | None = None
    caller_id: str | None = None
    hours: CallingHours | None = None
    zone: str | None = None  #: The campaign's hours, in this zone; never beside `hours`.
    max_attempts: int | None = None
    intervals: tuple[timedelta, ...] | None = None
    retry_outcomes: frozenset[str] | None = None
    priorities: tuple[int, ...] | None = None

    def __bool__(self) -> bool:
        return self is not NONE and self != NONE

    def retry(self, defaults: RetryPolicy) -> RetryPolicy:
        """How often and when the task is tried again."""
        attempts = self.max_attempts or defaults.max_attempts
        own = self.intervals if self.intervals is not None else defaults.intervals
        outcomes = self.retry_outcomes
        return RetryPolicy(
            max_attempts=attempts,
            intervals=fitted(own, attempts - 1),
            retry_outcomes=defaults.retry_outcomes if outcomes is None else outcomes,
        )

    def hours_from(self, hours: CallingHours | None) -> CallingHours | None:
        """When the task may be called, if these are the campaign's hours."""
        if self.hours is not None:
            return self.hours
        if self.zone is None or hours is None:
            return hours
        return replace(hours, zone=self.zone)


#: A task that sets nothing for itself.
NONE = Overrides()

#: What is asked of a task whose campaign says nothing.
ONE_ATTEMPT = RetryPolicy()


def rules_of(own: Overrides, defaults: Rules | None, level: Level) -> Rules:
    """The rules of a task: its own, and its campaign's where it has none.

    Raises:
        Invalid: naming what neither of them says, or what does not fit together.
    """
    if defaults is not None and not own:
        return defaults
    agent_id = own.agent_id or (defaults and defaults.agent_id)
    caller_id = own.caller_id or (defaults and defaults.caller_id)
    if not agent_id:
        raise Invalid("say which agent calls: the campaign has none", "agent")
    if not caller_id:
        raise Invalid("say from which number to call: the campaign has none", "from")
    retry = own.retry(defaults.retry if defaults else ONE_ATTEMPT)
    return Rules(
        agent_id=agent_id,
        caller_id=caller_id,
        hours=own.hours_from(defaults.hours if defaults else None),
        retry=retry,
        priorities=own.priorities or per_attempt(level, retry.max_attempts),
        callbacks_outside_hours=defaults.callbacks_outside_hours if defaults else False,
    )
