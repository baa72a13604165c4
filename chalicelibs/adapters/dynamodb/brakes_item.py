"""Brakes as a map inside a campaign."""

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_span
from chalicelibs.domain.brakes import Brakes, Budget, FailureBrake


def brakes_item(brakes: Brakes) -> Item:
    """Brakes in plain values; a share is kept as text, for no item holds a float."""
    failure, budget = brakes.failure, brakes.budget
    return {
        "failure": failure
        and {
            "share": str(failure.share),
            "least_calls": failure.least_calls,
            "window": failure.window,
        },
        "attempts": budget.attempts,
        "minutes": budget.minutes,
        "cost_micros": budget.cost_micros or None,
    }


def brakes_of(item: Item) -> Brakes:
    """The brakes that `brakes_item` wrote."""
    budget = Budget(
        attempts=item.get("attempts"),
        minutes=item.get("minutes"),
        cost_micros=item.get("cost_micros", {}),
    )
    return Brakes(failure=maybe(failure_of, item.get("failure")), budget=budget)


def failure_of(item: Item) -> FailureBrake:
    """The brake for failing calls."""
    return FailureBrake(
        share=float(item["share"]),
        least_calls=item["least_calls"],
        window=to_span(item["window"]),
    )
