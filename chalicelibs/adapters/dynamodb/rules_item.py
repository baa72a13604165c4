"""Rules as a map inside a campaign or a task."""

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_span
from chalicelibs.domain.calling_hours import CallingHours
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
