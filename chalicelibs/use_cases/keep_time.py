"""What the schedule does once a minute."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import UNHEARD, Clock, Journal
from chalicelibs.ports.workspaces import Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Wake every workspace."""

    workspaces: Workspaces
    queue: Queue

    def __call__(self) -> int:
        """Send a tick to each workspace; gives their number."""
        ids = self.workspaces.ids()
        self.queue.tick(ids)
        return len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishCampaigns:
    """Close the campaigns that will never call again, so that nothing looks at them any more.

    They read as completed before, from the end of their last task on.
    """

    campaigns: Campaigns
    clock: Clock
    deadlines: Deadlines
    journal: Journal = UNHEARD

    def __call__(self, workspace_id: str) -> int:
        """Finish what is finished in a workspace; gives how many campaigns were closed."""
        return sum(self._finish(campaign) for campaign in self.campaigns.open(workspace_id))

    def _finish(self, campaign: Campaign) -> bool:
        if campaign.state is CampaignState.DRAFT:
            return False
        progress = self.campaigns.progress(campaign.campaign_id)
        if not campaign.is_over(self.clock.now(), progress, last_word=self.deadlines.last_word):
            return False
        finished = self.campaigns.edit(
            campaign.workspace_id,
            campaign.campaign_id,
            lambda found: found.finish() if found.version == campaign.version else found,
        )
        if not finished.is_closed:
            return False
        self.campaigns.close(finished)
        self.journal.tell(
            Note(
                what=Happened.COMPLETED,
                workspace_id=finished.workspace_id,
                of_campaign=finished.campaign_id,
            )
        )
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepTime:
    """What a tick means for one workspace. The steps do not depend on each other."""

    steps: tuple[Callable[[str], int], ...]

    def __call__(self, workspace_id: str) -> None:
        """Take every step; one that fails does not keep the later ones from running.

        Raises:
            ExceptionGroup: with what the steps raised, after all of them ran.
        """
        errors: list[Exception] = []
        for step in self.steps:
            try:
                step(workspace_id)
            except Exception as error:  # noqa: BLE001 - collected, raised below: nothing is lost
                errors.append(error)
        if errors:
            raise ExceptionGroup("a tick's steps failed", errors)
