"""Wake dispatch at the moments at which something becomes possible before the next schedule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.deadlines import LOOK_AHEAD
from chalicelibs.domain.instants import wait_until
from chalicelibs.domain.lane import Lane
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks

#: Entries looked at in each partition: those that wait already wake dispatch by themselves.
ENTRIES = 20


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
        waits = {
            wait_until(at, now=now)
            for campaign in self.campaigns.open(workspace_id)
            if campaign.state is CampaignState.ACTIVE
            for at in self._moments(campaign, now)
            if now < at <= now + LOOK_AHEAD
        }
        for wait in sorted(waits):
            self.queue.nudge(workspace_id, wait)
        return len(waits)

    def _moments(self, campaign: Campaign, now: datetime) -> Iterator[datetime]:
        if campaign.has_ended(now):
            return
        begin = max(campaign.start_at or now, now)
        yield begin
        for lane in campaign.lanes_in_use():
            opening = lane.next_opening(begin)
            if opening is not None and opening <= now + LOOK_AHEAD:
                yield opening
                yield from self._dues(campaign, lane, opening, until=now + LOOK_AHEAD)

    def _dues(
        self, campaign: Campaign, lane: Lane, opening: datetime, *, until: datetime
    ) -> Iterator[datetime]:
        """When tasks of a lane are due after it opened."""
        for partition in campaign.partitions(lane.name):
            for due in self.tasks.due(partition, until=until, limit=ENTRIES):
                if due.entry.at > opening:
                    yield due.entry.at
