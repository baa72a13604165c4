"""What an agent is told of a contact: its own messages, its campaign's, the context filled in."""

from chalicelibs.domain.agent import Agent
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.template import variables


def template_for(agent: Agent, campaign: Campaign) -> str:
    """The agent's prompt with the campaign's after it (seed: HMS, system message template)."""
    return "\n\n".join(part for part in (agent.prompt, campaign.prompt) if part)


def needed_variables(agent: Agent, campaign: Campaign) -> tuple[str, ...]:
    """What the context of every contact must hold."""
    return variables(template_for(agent, campaign))
