"""Which state of a campaign's settings somebody has read."""

from chalicelibs.api.bodies import iso
from chalicelibs.api.brakes import budget_view
from chalicelibs.api.etags import etag_of
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.rules import Rules


def tag_of(campaign: Campaign) -> str:
    """The tag of what can be edited; imports and new lanes do not change it."""
    return etag_of(
        {
            "name": campaign.name,
            "state": campaign.state,
            "level": campaign.level,
            "zone": campaign.zone,
            "start_at": iso(campaign.start_at),
            "end_at": iso(campaign.end_at),
            "concurrency_limit": campaign.concurrency_limit,
            "prompt": campaign.prompt,
            "failure_brake": str(campaign.brakes.failure),
            "daily_budget": budget_view(campaign.brakes.budget).to_json(),
            "rules": campaign.rules and plain(campaign.rules),
        }
    )


def plain(rules: Rules) -> dict[str, object]:
    """Rules in plain values, sets in an order."""
    return {
        "agent_id": rules.agent_id,
        "caller_id": rules.caller_id,
        "hours": str(rules.hours),
        "max_attempts": rules.retry.max_attempts,
        "intervals": [str(interval) for interval in rules.retry.intervals],
        "retry_outcomes": sorted(rules.retry.retry_outcomes),
        "callbacks_outside_hours": rules.callbacks_outside_hours,
    }
