"""Pause the campaigns whose calls fail, or whose day's budget is spent."""

from dataclasses import dataclass

from chalicelibs.domain.brakes import verdict
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.ports.campaigns import Campaigns, Gauges
from chalicelibs.ports.surroundings import UNHEARD, Clock, Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyBrakes:
    """Look at the counters once a minute: what is dialled in between is not held back."""

    campaigns: Campaigns
    gauges: Gauges
    clock: Clock
    journal: Journal = UNHEARD

    def __call__(self, workspace_id: str) -> int:
        """Look at a workspace's campaigns; gives how many were paused."""
        return sum(
            self._look_at(campaign)
            for campaign in self.campaigns.open(workspace_id)
            if campaign.state is CampaignState.ACTIVE
        )

    def _look_at(self, campaign: Campaign) -> bool:
        progress, now = self.campaigns.progress(campaign.campaign_id), self.clock.now()
        if campaign.is_finished(now, progress):
            return False  # it calls nobody any more: there is nothing to stop
        gauge, brakes = self.gauges.get(campaign.campaign_id), campaign.brakes
        if gauge.is_of(progress, now, zone=campaign.zone, brakes=brakes):
            return False
        gauge = gauge.after(progress, now, zone=campaign.zone, brakes=brakes)
        self.gauges.save(campaign.campaign_id, gauge)
        if verdict(brakes, gauge, progress, since=campaign.resumed_at) is None:
            return False

        def braked(found: Campaign) -> Campaign:
            # Somebody may have mended what stops it, and resumed it, since it was looked at.
            reason = verdict(found.brakes, gauge, progress, since=found.resumed_at)
            return found if reason is None else found.braked(reason)

        stopped = self.campaigns.edit(campaign.workspace_id, campaign.campaign_id, braked)
        if stopped.paused_for is not None:
            self.journal.tell(
                Note(
                    what=Happened.BRAKED,
                    workspace_id=stopped.workspace_id,
                    of_campaign=stopped.campaign_id,
                    reason=stopped.paused_for,
                )
            )
        return True
