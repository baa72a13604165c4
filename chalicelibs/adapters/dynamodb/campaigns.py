"""Campaigns in the table."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from chalicelibs.adapters.dynamodb import counters, former, keys
from chalicelibs.adapters.dynamodb.campaign_item import campaign_item, campaign_of
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Cancelled, Table
from chalicelibs.adapters.dynamodb.workspaces import workspace_of
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, Write, put, update
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.progress import Progress
from chalicelibs.ports.campaigns import AtDispatch
from chalicelibs.ports.pages import Page

#: How often a change is made again when somebody else writes at the same moment.
TRIES = 10

#: Workspaces whose open campaigns are remembered, and how long what is remembered is believed:
#: nothing should ever be wrong with it, and what is wrong all the same does not last.
MOST_REMEMBERED = 100
BELIEVED_FOR_S = 60


class Read(NamedTuple):
    """The open campaigns of a workspace, as they were read when it had seen so many changes."""

    changes: int
    at: float  #: In seconds, by a clock that is never set.
    campaigns: Sequence[Campaign]


class DynamoCampaigns:
    """An item per campaign, and one per workspace with the ids of those that are open.

    Each change of a campaign is counted on its workspace, in the same transaction. So whoever
    reads the workspace, and knows its campaigns by that count, knows them as they stand now.
    """

    def __init__(self, table: Table, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._monotonic = monotonic
        self._read: dict[str, Read] = {}

    def add(self, campaign: Campaign) -> None:
        """See the port."""
        owner, own = campaign.workspace_id, campaign.campaign_id
        opened = update(keys.open_in(owner), "ADD #ids :ids", ids=frozenset({own}))
        stored = put(keys.campaign(owner, own), campaign_item(campaign), IS_NEW)
        try:
            self._table.transact([counted(owner), stored, opened])
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
        replaced = put(key, campaign_item(campaign), only_if, version=before)
        try:
            self._table.transact([replaced, counted(campaign.workspace_id)])
        except Cancelled:
            return False
        return True

    def close(self, campaign: Campaign) -> None:
        """See the port."""
        owner, ids = campaign.workspace_id, frozenset({campaign.campaign_id})
        closed = update(keys.open_in(owner), "DELETE #ids :ids", ids=ids)
        # Where it was opened by a former release, its id stands on the workspace.
        seen = update(keys.workspace(owner), "ADD #changes :one DELETE #open :ids", ids=ids, one=1)
        self._table.transact([seen, closed])

    def open(self, workspace_id: str) -> Sequence[Campaign]:
        """See the port."""
        found = self.at_dispatch(workspace_id)
        return () if found is None else found.campaigns

    def at_dispatch(self, workspace_id: str) -> AtDispatch | None:
        """See the port."""
        item = self._table.get(keys.workspace(workspace_id))
        if item is None:
            return None
        campaigns = self._named(workspace_id, item)
        return AtDispatch(
            workspace_of(workspace_id, item), [one for one in campaigns if not one.is_closed]
        )

    def _named(self, workspace_id: str, workspace: Item) -> Sequence[Campaign]:
        """The campaigns that a workspace's item names as open: as known, or read anew."""
        changes = workspace.get("changes", 0)
        now, known = self._monotonic(), self._read.get(workspace_id)
        if known and known.changes == changes and now < known.at + BELIEVED_FOR_S:
            return known.campaigns
        # What is read now may be newer than the count, never older: the next look then reads anew.
        listed = self._table.get(keys.open_in(workspace_id)) or {}
        ids = listed.get("ids", frozenset()) | former.open_in(workspace)
        items = self._table.get_all(keys.campaign(workspace_id, one) for one in sorted(ids))
        found = [campaign_of(workspace_id, items[key]) for key in sorted(items)]
        if len(self._read) >= MOST_REMEMBERED:
            self._read.clear()
        self._read[workspace_id] = Read(changes, now, found)
        return found

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


def counted(workspace_id: str) -> Write:
    """Count a change on its workspace, so that nobody goes by what was before."""
    return update(keys.workspace(workspace_id), "ADD #changes :one", IS_THERE, one=1)
