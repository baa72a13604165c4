"""A create-task body for a new realtime campaign: it works once a phone number is put in."""

from datetime import timedelta

from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.prompt import needed_variables

#: How long the sample's task may be called.
A_WEEK = timedelta(days=7)

#: What stands where the workspace has nothing to name yet.
AGENT, NUMBER = "<an agent's id>", "<a number of yours>"


def sample_task(
    campaign: Campaign, agent: Agent | None, number: Number | None
) -> dict[str, object] | None:
    """The sample, in the words of the seed (Hooman); None for a campaign that takes a list.

    Args:
        campaign: the new campaign.
        agent: who would call: the campaign's own agent, or one of the workspace's.
        number: from where: the campaign's own number, or one of the workspace's.
    """
    if campaign.kind is not CampaignKind.REALTIME:
        return None
    start = campaign.starts_at(campaign.created_at)
    ends = [start + A_WEEK, *([campaign.end_at] if campaign.end_at else [])]
    names = needed_variables(agent, campaign) if agent else ("name",)
    return {
        "phone": "<the number to call, like +919812345678>",
        "from": number.phone if number else NUMBER,
        "agent": agent.agent_id if agent else AGENT,
        "start": 1000,
        "end": 1800,
        "timezone": campaign.zone,
        "startAfter": epoch_ms(start),
        "endAfter": epoch_ms(min(ends)),
        "priorities": [100, 50],
        "retries": 2,
        "intervals": [180_000],
        "retryOutcomes": ["voicemail"],
        "context": {name: "Tarun" if name == "name" else f"<{name}>" for name in names},
        "campaign": campaign.campaign_id,
    }
