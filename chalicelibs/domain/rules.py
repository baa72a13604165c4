"""Who calls, when, how often and how urgently: of a campaign, or of one realtime task."""

from dataclasses import dataclass

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.priority import check_priorities
from chalicelibs.domain.retry import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All that an attempt needs to know besides the contact."""

    agent_id: str
    caller_id: str  #: The number shown, E.164.
    hours: CallingHours | None = None  #: None: at any time.
    retry: RetryPolicy
    priorities: tuple[int, ...]  #: One per attempt, larger first.
    callbacks_outside_hours: bool = False

    def __post_init__(self) -> None:
        check_priorities(self.priorities, max_attempts=self.retry.max_attempts)

    @property
    def callback_hours(self) -> CallingHours | None:
        """When a callback may start."""
        return None if self.callbacks_outside_hours else self.hours
