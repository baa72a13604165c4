"""Campaigns and their counters in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import itemgetter

from chalicelibs.adapters.memory.store import MemoryStore, page_of
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.progress import Progress
from chalicelibs.ports.campaigns import AtDispatch
from chalicelibs.ports.pages import Page


class MemoryCampaigns:
    """The twin of the campaigns in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, campaign: Campaign) -> None:
        """See the port."""
        with self._store.lock:
            if campaign.workspace_id not in self._store.workspaces:
                raise NotFound("workspace", campaign.workspace_id)
            if campaign.campaign_id in self._store.campaigns:
                raise Stale(campaign.campaign_id)
            self._store.campaigns[campaign.campaign_id] = campaign
            self._store.open_campaigns[campaign.workspace_id].add(campaign.campaign_id)

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """See the port."""
        campaign = self._store.campaigns.get(campaign_id)
        return campaign if campaign and campaign.workspace_id == workspace_id else None

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """See the port."""
        while True:
            campaign = self.get(workspace_id, campaign_id)
            if campaign is None:
                raise NotFound("campaign", campaign_id)
            changed = change(campaign)  # may look at other things, so others may write meanwhile
            if changed == campaign:
                return campaign
            saved = replace(changed, version=campaign.version + 1)
            with self._store.lock:
                if self._store.campaigns[campaign_id] is campaign:
                    self._store.campaigns[campaign_id] = saved
                    return saved

    def close(self, campaign: Campaign) -> None:
        """See the port."""
        with self._store.lock:
            self._store.open_campaigns[campaign.workspace_id].discard(campaign.campaign_id)

    def open(self, workspace_id: str) -> Sequence[Campaign]:
        """See the port."""
        with self._store.lock:
            ids = sorted(self._store.open_campaigns[workspace_id])
            found = [self._store.campaigns[campaign_id] for campaign_id in ids]
            return [campaign for campaign in found if not campaign.is_closed]

    def at_dispatch(self, workspace_id: str) -> AtDispatch | None:
        """See the port."""
        with self._store.lock:
            workspace = self._store.workspaces.get(workspace_id)
            if workspace is None:
                return None
            return AtDispatch(workspace, self.open(workspace_id))

    def page(self, workspace_id: str, *, cursor: str | None, limit: int) -> Page[Campaign]:
        """See the port."""
        with self._store.lock:
            newest_first = sorted(self._store.campaigns.items(), key=itemgetter(0), reverse=True)
            own = [pair for pair in newest_first if pair[1].workspace_id == workspace_id]
            return page_of(own, cursor=cursor, limit=limit, is_falling=True)

    def progress(self, campaign_id: str) -> Progress:
        """See the port."""
        with self._store.lock:
            return Progress.of(self._store.counters[campaign_id])
