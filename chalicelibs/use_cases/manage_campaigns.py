"""Create campaigns and steer them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.agent import check_can_call
from chalicelibs.domain.campaign import CLOSED, Campaign, CampaignState, CampaignStatus
from chalicelibs.domain.errors import Invalid, NotFound
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.outcome import check_outcomes
from chalicelibs.domain.outlook import waiting_as
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.task import TaskStatus
from chalicelibs.ports.calls import Slots
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.pages import Page, Paging
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents


class CampaignReading(NamedTuple):
    """A campaign as people see it."""

    campaign: Campaign
    status: CampaignStatus
    progress: Progress
    in_flight: tuple[str, ...]  #: The calls that hold a slot.
    running: int  #: Tasks with a call, also one that ended and waits for its analysis.
    waiting_as: TaskStatus | None  #: What all its waiting tasks read as; None: as each is stored.


class Busy(NamedTuple):
    """What goes on in a workspace: the calls that hold a slot, and how many tasks have a call."""

    calls: Sequence[str]
    running_by_campaign: Counter[str]


NOBODY = Busy((), Counter())


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageCampaigns:
    """The life of campaigns, as their owners decide it."""

    campaigns: Campaigns
    agents: Agents
    tasks: Tasks
    slots: Slots
    queue: Queue
    clock: Clock
    resume_tasks: Callable[[Campaign], int]
    withdraw_calls: Callable[[Campaign], int]  #: Of a campaign that was paused, or is over.

    def create(self, campaign: Campaign) -> CampaignReading:
        """Store a new campaign; gives the stored one where the same request was here before.

        Raises:
            Invalid: when its agent or number is not there, or its end has passed.
        """
        known = self.campaigns.get(campaign.workspace_id, campaign.campaign_id)
        if known is not None:
            return self._after(known)
        self._check(campaign)
        self._check_end(campaign)
        self.campaigns.add(campaign)
        self.queue.nudge(campaign.workspace_id)
        return self._reading(campaign, NOBODY)

    def update(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> CampaignReading:
        """Change settings, or the state, of a campaign: one write, whatever its size.

        Args:
            workspace_id: whose campaign it is.
            campaign_id: which one.
            change: the campaign as it should be; asked again if somebody else was faster.

        Raises:
            NotFound: when the workspace has no such campaign.
            NotAllowed: when it is over, or the state does not allow it.
            Invalid: when its new agent or number is not there, or its new end has passed.
        """

        def checked(found: Campaign) -> Campaign:
            read = self._as_it_reads(found)
            changed = change(read)
            if changed == read:
                return found
            if (changed.rules, changed.prompt) != (found.rules, found.prompt):
                self._check(changed)
            if changed.end_at != found.end_at:
                self._check_end(changed)
            return changed

        return self._after(self.campaigns.edit(workspace_id, campaign_id, checked))

    def control(self, workspace_id: str, campaign_id: str, control: str) -> CampaignReading:
        """Start, pause, resume or archive a campaign: one write, whatever its size.

        Raises:
            NotFound: when the workspace has no such campaign.
            NotAllowed: when the control does not work in its state.
        """
        now = self.clock.now()
        return self.update(workspace_id, campaign_id, lambda found: found.move(control, now))

    def get(self, workspace_id: str, campaign_id: str) -> CampaignReading:
        """A campaign.

        Raises:
            NotFound: when the workspace has no such campaign.
        """
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return self._reading(campaign, self._busy(workspace_id))

    def page(self, workspace_id: str, paging: Paging) -> Page[CampaignReading]:
        """The campaigns of a workspace, newest first."""
        campaigns, cursor = self.campaigns.page(
            workspace_id, cursor=paging.cursor, limit=paging.limit
        )
        busy = self._busy(workspace_id)
        return Page([self._reading(one, busy) for one in campaigns], cursor)

    def _as_it_reads(self, campaign: Campaign) -> Campaign:
        """Completed from the moment on at which it is, though the schedule has not noted it."""
        if campaign.state in {CampaignState.DRAFT, *CLOSED}:
            return campaign
        progress = self.campaigns.progress(campaign.campaign_id)
        return campaign.finish() if campaign.is_finished(self.clock.now(), progress) else campaign

    def _check(self, campaign: Campaign) -> None:
        if campaign.rules is None:
            return
        agent = self.agents.get(campaign.workspace_id, campaign.rules.agent_id)
        number = self.agents.number(campaign.workspace_id, campaign.rules.caller_id)
        custom = check_can_call(agent, number).custom_outcomes
        check_outcomes(campaign.rules.retry.retry_outcomes, custom=custom)

    def _check_end(self, campaign: Campaign) -> None:
        if campaign.has_ended(self.clock.now()):
            raise Invalid("is in the past", "end_at")

    def _after(self, campaign: Campaign) -> CampaignReading:
        if campaign.is_closed:
            self.campaigns.close(campaign)
        if campaign.state is CampaignState.ACTIVE:
            self.resume_tasks(campaign)
            self.queue.nudge(campaign.workspace_id)
            # What becomes possible within this minute was not looked for before the change.
            self.queue.tick([campaign.workspace_id])
        elif campaign.state is not CampaignState.DRAFT:
            self.withdraw_calls(campaign)
        return self._reading(campaign, self._busy(campaign.workspace_id))

    def _busy(self, workspace_id: str) -> Busy:
        held = sorted(self.slots.held(workspace_id))
        running = (campaign_of(due.task_id) for due in self.tasks.running(workspace_id))
        return Busy(held, Counter(running))

    def _reading(self, campaign: Campaign, busy: Busy) -> CampaignReading:
        progress = self.campaigns.progress(campaign.campaign_id)
        own = tuple(one for one in busy.calls if campaign_of(one) == campaign.campaign_id)
        # What ran a moment ago may have settled since, and is among the counted then.
        most = progress.open_tasks - progress.paused
        running = min(busy.running_by_campaign[campaign.campaign_id], most)
        now = self.clock.now()
        status = campaign.status(now, progress, in_flight=running)
        return CampaignReading(campaign, status, progress, own, running, waiting_as(campaign, now))
