"""Who speaks, and from which number."""

from dataclasses import dataclass
from datetime import timedelta

from chalicelibs.domain.template import variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The voice and prompt at the other end."""

    agent_id: str
    workspace_id: str
    name: str
    carrier: str  #: The name of the carrier that dials for it.
    prompt: str = ""
    custom_outcomes: frozenset[str] = frozenset()  #: What its call analysis may report.
    ring_timeout: timedelta = timedelta(seconds=45)
    max_duration: timedelta = timedelta(minutes=15)
    is_active: bool = True

    @property
    def needed_variables(self) -> tuple[str, ...]:
        """What every contact's context must hold."""
        return variables(self.prompt)

    @property
    def longest_call(self) -> timedelta:
        """From the dial to the latest possible hang-up."""
        return self.ring_timeout + self.max_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that a workspace may show as caller id."""

    phone: str
    workspace_id: str
    carrier: str
