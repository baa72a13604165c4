"""Show what went on in a campaign: over time, and attempt by attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelibs.domain.activity import LONGEST, MINUTE, Series, floor, series
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Invalid, NotFound
from chalicelibs.domain.progress import Progress
from chalicelibs.ports.campaigns import Activities, Campaigns
from chalicelibs.ports.surroundings import Clock


class Picture(NamedTuple):
    """What went on in a campaign."""

    series: Series
    tries: Mapping[int, Mapping[str, int]]  #: All its ended calls by attempt and outcome: exact.


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowActivity:
    """One campaign's calls over a span of time; what it reads is bounded by the span."""

    campaigns: Campaigns
    activities: Activities
    clock: Clock

    def __call__(
        self,
        workspace_id: str,
        campaign_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Picture:
        """What ended in a span; by default all there was, as far as the longest reaches.

        Raises:
            NotFound: when the workspace has no such campaign.
            Invalid: when the span is empty, or too long.
        """
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        progress = self.campaigns.progress(campaign_id)
        end = until or self._end(campaign, progress)
        start = since or max(campaign.created_at, end - LONGEST)
        if not start < end <= start + LONGEST:
            raise Invalid(f"must be before until, by at most {LONGEST.days} days", "since")
        known = self.activities.between(campaign_id, start, end)
        first = min((minute for minute, _ in known), default=start)
        return Picture(series(known, since or max(start, first), end), progress.tries)

    def _end(self, campaign: Campaign, progress: Progress) -> datetime:
        """The end of this minute; of a campaign that is over, the last in which it moved."""
        last = progress.settled_at if campaign.is_closed else None
        return floor(last or self.clock.now(), MINUTE) + MINUTE
