"""A campaign as one item."""

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant
from chalicelibs.adapters.dynamodb.keys import CAMPAIGN
from chalicelibs.adapters.dynamodb.rules_item import rules_item, rules_of
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.priority import Level


def campaign_item(campaign: Campaign) -> Item:
    """A campaign in plain values."""
    return {
        "name": campaign.name,
        "kind": campaign.kind,
        "state": campaign.state,
        "level": campaign.level,
        "zone": campaign.zone,
        "rules": maybe(rules_item, campaign.rules),
        "start_at": campaign.start_at,
        "end_at": campaign.end_at,
        "concurrency_limit": campaign.concurrency_limit,
        "lane_names": campaign.lane_names or None,
        "shards": campaign.shards,
        "importing": campaign.importing or None,
        "created_at": campaign.created_at,
        "version": campaign.version,
    }


def campaign_of(workspace_id: str, item: Item) -> Campaign:
    """The campaign that `campaign_item` wrote."""
    return Campaign(
        campaign_id=item["sk"].removeprefix(CAMPAIGN),
        workspace_id=workspace_id,
        name=item["name"],
        kind=CampaignKind(item["kind"]),
        state=CampaignState(item["state"]),
        level=Level(item["level"]),
        zone=item["zone"],
        rules=maybe(rules_of, item.get("rules")),
        start_at=maybe(to_instant, item.get("start_at")),
        end_at=maybe(to_instant, item.get("end_at")),
        concurrency_limit=item.get("concurrency_limit"),
        lane_names=item.get("lane_names", frozenset()),
        shards=item["shards"],
        importing=item.get("importing", frozenset()),
        created_at=to_instant(item["created_at"]),
        version=item["version"],
    )
