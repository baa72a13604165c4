"""Create campaigns and steer them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.campaign import Campaign, CampaignState, CampaignStatus
from chalicelibs.domain.errors import Invalid, NotFound, Stale
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.outcome import check_outcomes
from chalicelibs.domain.progress import Progress
from chalicelibs.ports import Agents, Campaigns, Clock, Page, Paging, Queue, Slots

#: How often a control tries again when somebody else edits the campaign at the same moment.
TRIES = 10


class CampaignReading(NamedTuple):
    """A campaign as people see it."""

    campaign: Campaign
    status: CampaignStatus
    progress: Progress
    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageCampaigns:
    """The life of campaigns, as their owners decide it."""

    campaigns: Campaigns
    agents: Agents
    slots: Slots
    queue: Queue
    clock: Clock

    def create(self, campaign: Campaign) -> CampaignReading:
        """Store a new campaign; gives the stored one where the same request was here before.

        Raises:
            Invalid: when its agent or number is not there, or its end has passed.
        """
        known = self.campaigns.get(campaign.workspace_id, campaign.campaign_id)
        if known is not None:
            return self._after_control(known)
        self._check(campaign)
        self.campaigns.add(campaign)
        self.queue.nudge(campaign.workspace_id)
        return self._reading(campaign, in_flight=0)

    def _check(self, campaign: Campaign) -> None:
        if campaign.rules is not None:
            agent = self.agents.get(campaign.workspace_id, campaign.rules.agent_id)
            if agent is None or not agent.is_active:
                raise Invalid("there is no such active agent", "agent_id")
            if self.agents.number(campaign.workspace_id, campaign.rules.caller_id) is None:
                raise Invalid("this number is not one of the workspace's", "caller_id")
            check_outcomes(campaign.rules.retry.retry_outcomes, custom=agent.custom_outcomes)
        if campaign.has_ended(self.clock.now()):
            raise Invalid("is in the past", "end_at")

    def get(self, workspace_id: str, campaign_id: str) -> CampaignReading:
        """A campaign.

        Raises:
            NotFound: when the workspace has no such campaign.
        """
        campaign = self._load(workspace_id, campaign_id)
        return self._reading(campaign, in_flight=self._in_flight(workspace_id)(campaign_id))

    def page(self, workspace_id: str, paging: Paging) -> Page[CampaignReading]:
        """The campaigns of a workspace, newest first."""
        campaigns, cursor = self.campaigns.page(
            workspace_id, cursor=paging.cursor, limit=paging.limit
        )
        count = self._in_flight(workspace_id)
        readings = [
            self._reading(campaign, in_flight=count(campaign.campaign_id))
            for campaign in campaigns
        ]
        return Page(readings, cursor)

    def control(self, workspace_id: str, campaign_id: str, control: str) -> CampaignReading:
        """Start, pause, resume or archive a campaign: one write, whatever its size.

        Raises:
            NotFound: when the workspace has no such campaign.
            NotAllowed: when the control does not work in its state.
        """
        for _ in range(TRIES):
            campaign = self._load(workspace_id, campaign_id)
            moved = campaign.move(control)
            try:
                saved = campaign if moved == campaign else self.campaigns.save(moved)
            except Stale:
                continue
            return self._after_control(saved)
        raise Stale(campaign_id)

    def _after_control(self, campaign: Campaign) -> CampaignReading:
        if campaign.is_closed:
            self.campaigns.close(campaign)
        if campaign.state is CampaignState.ACTIVE:
            self.queue.nudge(campaign.workspace_id)
        count = self._in_flight(campaign.workspace_id)
        return self._reading(campaign, in_flight=count(campaign.campaign_id))

    def _load(self, workspace_id: str, campaign_id: str) -> Campaign:
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return campaign

    def _in_flight(self, workspace_id: str) -> Callable[[str], int]:
        """How many slots each campaign holds: a call's id names its campaign."""
        held = Counter(campaign_of(call_id) for call_id in self.slots.held(workspace_id))
        return lambda campaign_id: held[campaign_id]

    def _reading(self, campaign: Campaign, *, in_flight: int) -> CampaignReading:
        progress = self.campaigns.progress(campaign.campaign_id)
        status = campaign.status(self.clock.now(), progress, in_flight=in_flight)
        return CampaignReading(campaign, status, progress, in_flight)
