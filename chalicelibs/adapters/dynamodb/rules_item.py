"""Rules as a map inside a campaign, and what a task sets for itself as one inside the task."""

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_span
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules


def rules_item(rules: Rules) -> Item:
    """Rules in plain values."""
    return {
        "agent_id": rules.agent_id,
        "caller_id": rules.caller_id,
        "hours": maybe(str, rules.hours),
        "max_attempts": rules.retry.max_attempts,
        "intervals": rules.retry.intervals or None,
        "retry_outcomes": rules.retry.retry_outcomes or None,
        "priorities": rules.priorities,
        "callbacks_outside_hours": rules.callbacks_outside_hours or None,
    }


def rules_of(item: Item) -> Rules:
    """The rules that `rules_item` wrote."""
    return Rules(
        agent_id=item["agent_id"],
        caller_id=item["caller_id"],
        hours=maybe(CallingHours.parse, item.get("hours")),
        retry=RetryPolicy(
            max_attempts=item["max_attempts"],
            intervals=tuple(map(to_span, item.get("intervals", ()))),
            retry_outcomes=item.get("retry_outcomes", frozenset()),
        ),
        priorities=tuple(item["priorities"]),
        callbacks_outside_hours=item.get("callbacks_outside_hours", False),
    )


def overrides_item(own: Overrides) -> Item:
    """Overrides in plain values."""
    return {
        "agent_id": own.agent_id,
        "caller_id": own.caller_id,
        "hours": maybe(str, own.hours),
        "zone": own.zone,
        "max_attempts": own.max_attempts,
        "intervals": own.intervals,
        "retry_outcomes": maybe(sorted, own.retry_outcomes),  # a list: it may be empty
        "priorities": own.priorities,
    }


def overrides_of(item: Item) -> Overrides:
    """The overrides that `overrides_item` wrote."""
    return Overrides(
        agent_id=item.get("agent_id"),
        caller_id=item.get("caller_id"),
        hours=maybe(CallingHours.parse, item.get("hours")),
        zone=item.get("zone"),
        max_attempts=item.get("max_attempts"),
        intervals=maybe(lambda spans: tuple(map(to_span, spans)), item.get("intervals")),
        retry_outcomes=maybe(frozenset, item.get("retry_outcomes")),
        priorities=maybe(tuple, item.get("priorities")),
    )
