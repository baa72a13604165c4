"""Walk through partitions for the items that are wanted, never further than one request may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Stretch, Table
from chalicelibs.domain.search import CallFilter, TaskFilter

#: Items, wanted or not, after which a search goes no further into a partition: about a megabyte.
MOST_LOOKED_AT = 2000

#: Items that one request looks at where only some are wanted.
STEP = 500


@dataclass(frozen=True)
class Wanted:
    """A condition on attributes that are no keys; empty: every item is wanted."""

    terms: Sequence[str] = ()
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def expression(self) -> str | None:
        """The condition as DynamoDB reads it."""
        return " AND ".join(self.terms) or None


class Found(NamedTuple):
    """What was found, and the sort key where to go on; None: that was all."""

    items: list[Item]
    last: str | None


def search(
    table: Table, stretches: Iterable[Stretch], wanted: Wanted, *, limit: int, forward: bool = True
) -> Found:
    """The first items of these stretches that are wanted."""
    items: list[Item] = []
    looked_at = 0
    for stretch in stretches:
        start: str | None = None
        while stretch.first <= stretch.last:
            most = STEP if wanted.terms else limit + 1 - len(items)
            part = table.look(
                stretch, wanted.expression, wanted.values, most=most, forward=forward, start=start
            )
            items += part.items
            looked_at += part.looked_at
            if len(items) > limit:
                return Found(items[:limit], items[limit - 1]["sk"])
            if part.last is None:
                break
            if looked_at >= MOST_LOOKED_AT:
                return Found(items, part.last)
            start = part.last
    return Found(items, None)


def tasks_wanted(wanted: TaskFilter) -> Wanted:
    """The condition of a filter of tasks."""
    terms: list[str] = []
    values: dict[str, Any] = {}
    if wanted.statuses is not None:
        statuses = {f"status{place}": one for place, one in enumerate(sorted(wanted.statuses))}
        terms.append(f"#status IN ({', '.join(f':{name}' for name in statuses)})")
        values |= statuses
    for name in ("outcome", "phone", "external_id"):
        if (value := getattr(wanted, name)) is not None:
            terms.append(f"#{name} = :{name}")
            values[name] = value
    if wanted.attempts == 0:
        terms.append("attribute_not_exists(#attempts)")
    elif wanted.attempts is not None:
        terms.append("#attempts = :attempts")
        values["attempts"] = wanted.attempts
    return Wanted(terms, values)


def calls_wanted(wanted: CallFilter) -> Wanted:
    """The condition of a filter of calls."""
    names = ("campaign_id", "agent_id", "outcome")
    values = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    return Wanted([f"#{name} = :{name}" for name in values], values)
