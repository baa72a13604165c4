"""A campaign as one item."""

from chalicelibs.adapters.dynamodb import former
from chalicelibs.adapters.dynamodb.brakes_item import brakes_item, brakes_of
from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant
from chalicelibs.adapters.dynamodb.keys import CAMPAIGN
from chalicelibs.adapters.dynamodb.rules_item import rules_item, rules_of
from chalicelibs.domain.campaign import NO_BUDGET, Campaign, CampaignKind, CampaignState, Dialect
from chalicelibs.domain.priority import Level
from chalicelibs.domain.retry import MOST_ATTEMPTS


def campaign_item(campaign: Campaign) -> Item:
    """A campaign in plain values."""
    return {
        "name": campaign.name,
        "kind": campaign.kind,
        "state": campaign.state,
        "level": campaign.level,
        "zone": campaign.zone,
        "dialect": campaign.dialect,
        "rules": maybe(rules_item, campaign.rules),
        "prompt": campaign.prompt or None,
        "start_at": campaign.start_at,
        "end_at": campaign.end_at,
        "concurrency_limit": campaign.concurrency_limit,
        "families": campaign.families or None,
        "deepest": campaign.deepest,
        "shards": campaign.shards,
        "reached": campaign.reached,
        "has_callbacks": campaign.has_callbacks,
        "importing": campaign.importing or None,
        "repeats_numbers": campaign.repeats_numbers or None,
        "brakes": brakes_item(campaign.brakes),
        "paused_for": campaign.paused_for,
        "resumed_at": campaign.resumed_at,
        "reopened_at": campaign.reopened_at,
        "created_at": campaign.created_at,
        "version": campaign.version,
    }


def campaign_of(workspace_id: str, item: Item) -> Campaign:
    """The campaign that `campaign_item` wrote."""
    rules = maybe(rules_of, item.get("rules"))
    return Campaign(
        campaign_id=item["sk"].removeprefix(CAMPAIGN),
        workspace_id=workspace_id,
        name=item["name"],
        kind=CampaignKind(item["kind"]),
        state=CampaignState(item["state"]),
        level=Level(item["level"]),
        zone=item["zone"],
        dialect=Dialect(item.get("dialect", Dialect.NATIVE)),
        prompt=item.get("prompt", ""),
        rules=rules,
        start_at=maybe(to_instant, item.get("start_at")),
        end_at=maybe(to_instant, item.get("end_at")),
        concurrency_limit=item.get("concurrency_limit"),
        families=former.families_of(item),
        deepest=item.get("deepest", rules.retry.max_attempts if rules else 1),
        shards=item["shards"],
        # Campaigns of before did not note it: whatever may be, is looked for.
        reached=item.get("reached", MOST_ATTEMPTS),
        has_callbacks=item.get("has_callbacks", True),
        importing=item.get("importing", frozenset()),
        repeats_numbers=item.get("repeats_numbers", False),
        brakes=brakes_of(item["brakes"]) if "brakes" in item else NO_BUDGET,
        paused_for=item.get("paused_for"),
        resumed_at=maybe(to_instant, item.get("resumed_at")),
        reopened_at=maybe(to_instant, item.get("reopened_at")),
        created_at=to_instant(item["created_at"]),
        version=item["version"],
    )
