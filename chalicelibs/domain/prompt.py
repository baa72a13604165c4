"""What an agent is told of a contact: its own messages, its campaign's, the context filled in."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelibs.domain.agent import Agent
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.template import MissingVariables, TooLong, render, variables


@dataclass(frozen=True, slots=True)
class Ready:
    """An agent, and what it is told of a contact."""

    agent: Agent
    prompt: str


@dataclass(frozen=True, slots=True)
class Unready:
    """Nobody can be sent to this contact."""

    reason: str


def prepare(
    agent: Agent | None, campaign: Campaign, context: Mapping[str, str]
) -> Ready | Unready:
    """What is to be sent to a contact, or why nobody can be."""
    if agent is None or not agent.is_active:
        return Unready("agent_inactive")
    try:
        return Ready(agent, render(template_for(agent, campaign), context))
    except MissingVariables:
        return Unready("missing_variables")
    except TooLong:
        return Unready("prompt_too_long")


def template_for(agent: Agent, campaign: Campaign) -> str:
    """The agent's prompt with the campaign's after it (seed: HMS, system message template)."""
    return "\n\n".join(part for part in (agent.prompt, campaign.prompt) if part)


def needed_variables(agent: Agent, campaign: Campaign) -> tuple[str, ...]:
    """What the context of every contact must hold."""
    return variables(template_for(agent, campaign))
