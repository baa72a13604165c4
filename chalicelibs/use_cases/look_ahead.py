"""Wake dispatch at the moments at which something becomes possible before the next schedule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.deadlines import LOOK_AHEAD
from chalicelibs.domain.lane import Lane
from chalicelibs.ports import Campaigns, Clock, Queue, Tasks

#: Entries looked at in each partition: those that wait already wake dispatch by themselves.
ENTRIES = 20

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAhead:
    """Send a delayed nudge for each second in which a start, an opening or a due time falls."""

    campaigns: Campaigns
    tasks: Tasks
    queue: Queue
    clock: Clock

    def __call__(self, workspace_id: str) -> int:
        """Look ahead for a workspace; gives the number of nudges sent."""
        now = self.clock.now()
        seconds = {
            ceil((at - now) / SECOND)
            for campaign in self.campaigns.open(workspace_id)
            if campaign.state is CampaignState.ACTIVE
            for at in self._moments(campaign, now)
            if now < at <= now + LOOK_AHEAD
        }
        for second in sorted(seconds):
            self.queue.nudge(workspace_id, second * SECOND)
        return len(seconds)

    def _moments(self, campaign: Campaign, now: datetime) -> Iterator[datetime]:
        if not campaign.has_begun(now):
            assert campaign.start_at is not None
            yield campaign.start_at
        elif not campaign.has_ended(now):
            for lane in campaign.lanes():
                yield from self._moments_of_lane(campaign, lane, now)

    def _moments_of_lane(
        self, campaign: Campaign, lane: Lane, now: datetime
    ) -> Iterator[datetime]:
        if not lane.is_open(now):
            opening = lane.next_opening(now)
            if opening is not None:
                yield opening
            return
        for partition in campaign.partitions(lane):
            for due in self.tasks.due(partition, until=now + LOOK_AHEAD, limit=ENTRIES):
                yield due.entry.at
