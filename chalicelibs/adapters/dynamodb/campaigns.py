"""Campaigns in the table."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelibs.adapters.dynamodb import counters, keys
from chalicelibs.adapters.dynamodb.campaign_item import campaign_item, campaign_of
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Table
from chalicelibs.adapters.dynamodb.workspaces import workspace_of
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, put, update
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.progress import Progress
from chalicelibs.ports import AtDispatch, Page

#: How often a change is made again when somebody else writes at the same moment.
TRIES = 10


class DynamoCampaigns:
    """An item per campaign; the ids of those that are open stand on their workspace."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, campaign: Campaign) -> None:
        """See the port."""
        owner, own = campaign.workspace_id, campaign.campaign_id
        opened = update(keys.workspace(owner), "ADD #open :ids", IS_THERE, ids=frozenset({own}))
        stored = put(keys.campaign(owner, own), campaign_item(campaign), IS_NEW)
        try:
            self._table.transact([opened, stored])
        except Cancelled as cancelled:
            if 0 in cancelled.failed:
                raise NotFound("workspace", owner) from cancelled
            raise Stale(own) from cancelled

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """See the port."""
        item = self._table.get(keys.campaign(workspace_id, campaign_id))
        return None if item is None else campaign_of(workspace_id, item)

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """See the port."""
        for _ in range(TRIES):
            campaign = self.get(workspace_id, campaign_id)
            if campaign is None:
                raise NotFound("campaign", campaign_id)
            changed = change(campaign)
            if changed == campaign:
                return campaign
            if self._replace(saved := replace(changed, version=campaign.version + 1)):
                return saved
        raise Stale(campaign_id)

    def _replace(self, campaign: Campaign) -> bool:
        """Store the version that follows the one that is there; False if it is another."""
        key = keys.campaign(campaign.workspace_id, campaign.campaign_id)
        only_if, before = "#version = :version", campaign.version - 1
        try:
            self._table.write(put(key, campaign_item(campaign), only_if, version=before))
        except ConditionFailed:
            return False
        return True

    def close(self, campaign: Campaign) -> None:
        """See the port."""
        ids = frozenset({campaign.campaign_id})
        key = keys.workspace(campaign.workspace_id)
        self._table.write(update(key, "DELETE #open :ids", ids=ids))

    def open(self, workspace_id: str) -> Sequence[Campaign]:
        """See the port."""
        found = self.at_dispatch(workspace_id)
        return () if found is None else found.campaigns

    def at_dispatch(self, workspace_id: str) -> AtDispatch | None:
        """See the port."""
        item = self._table.get(keys.workspace(workspace_id))
        if item is None:
            return None
        return AtDispatch(workspace_of(workspace_id, item), self._named(workspace_id, item))

    def _named(self, workspace_id: str, workspace: Item) -> Sequence[Campaign]:
        """The campaigns that a workspace's item names as open, and that are."""
        ids = sorted(workspace.get("open", ()))
        items = self._table.get_all(keys.campaign(workspace_id, one) for one in ids)
        found = [campaign_of(workspace_id, item) for item in items.values()]
        return sorted(
            (campaign for campaign in found if not campaign.is_closed),
            key=lambda campaign: campaign.campaign_id,
        )

    def page(self, workspace_id: str, *, cursor: str | None, limit: int) -> Page[Campaign]:
        """See the port."""
        own = keys.inside(workspace_id)
        # `$` follows `#` in ASCII: all keys of campaigns, or those before the cursor's.
        last = f"{keys.CAMPAIGN[:-1]}$" if cursor is None else f"{keys.CAMPAIGN}{cursor}"
        items = self._table.query(
            "#pk = :pk AND #sk BETWEEN :first AND :last",
            forward=False,
            limit=limit + 2,  # the cursor's own, and one to know whether it goes on
            pk=own,
            first=keys.CAMPAIGN,
            last=last,
        )
        campaigns = [campaign_of(workspace_id, item) for item in items if item["sk"] != last]
        goes_on = len(campaigns) > limit
        chosen = campaigns[:limit]
        return Page(chosen, chosen[-1].campaign_id if goes_on else None)

    def progress(self, campaign_id: str) -> Progress:
        """See the port."""
        return counters.progress(self._table, campaign_id)
