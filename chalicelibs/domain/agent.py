"""Who speaks, and from which number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.template import variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The voice and prompt at the other end."""

    agent_id: str
    workspace_id: str
    name: str
    carrier: str  #: The name of the carrier that dials for it.
    system_messages: tuple[str, ...] = ()  #: What it is told before it speaks, part by part.
    voice: Mapping[str, object] = field(default_factory=dict)  #: The carrier's settings, as given.
    custom_outcomes: frozenset[str] = frozenset()  #: What its call analysis may report.
    offers_callbacks: bool = True  #: Whether a time that a contact asks for is kept.
    ring_timeout: timedelta = timedelta(seconds=45)
    max_duration: timedelta = timedelta(minutes=15)
    is_active: bool = True
    version: int = 0

    @property
    def prompt(self) -> str:
        """All its messages as one text."""
        return "\n\n".join(self.system_messages)

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
    name: str | None = None
    has_outbound_trunk: bool = True  #: Whether its carrier lets calls out from it.
    version: int = 0


def check_can_call(agent: Agent | None, number: Number | None) -> Agent:
    """The agent, when it may call from this number.

    Raises:
        Invalid: naming which of the two may not, and why.
    """
    active = check_agent(agent)
    check_number(number)
    return active


def check_agent(agent: Agent | None, param: str = "agent_id") -> Agent:
    """The agent, when it may call.

    Raises:
        Invalid: when there is none, or it is not active.
    """
    if agent is None:
        raise Invalid("there is no such agent", param)
    if not agent.is_active:
        raise Invalid("this agent is not active: activate it, or name another", param)
    return agent


def check_number(number: Number | None, param: str = "caller_id") -> Number:
    """The number, when calls may go out from it.

    Raises:
        Invalid: when there is none, or it takes calls only.
    """
    if number is None:
        raise Invalid("this number is not one of the workspace's: register it first", param)
    if not number.has_outbound_trunk:
        raise Invalid("this number has no outbound trunk: name one that can call out", param)
    return number
