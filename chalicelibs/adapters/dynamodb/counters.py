"""Counters of a campaign or an import, on some items, so that parallel writers seldom meet."""

from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import Write, update
from chalicelibs.domain.progress import SETTLED_AT, Progress, Tally, added

#: Items per owner; one of them is drawn for each change.
SHARDS = 8


def count(owner_id: str, tally: Tally, *, lot: int) -> Write:
    """The write that adds a tally, which is not empty, to the counters."""
    names = {f"#n{place}": name for place, name in enumerate(tally)}
    values: dict[str, Any] = {f"v{place}": change for place, change in enumerate(tally.values())}
    additions = [f"#n{place} :v{place}" for place, name in enumerate(tally) if name != SETTLED_AT]
    settled = [f"#n{place} = :v{place}" for place, name in enumerate(tally) if name == SETTLED_AT]
    clauses = (("ADD", additions), ("SET", settled))
    expression = " ".join(f"{verb} {', '.join(terms)}" for verb, terms in clauses if terms)
    key = (keys.counters(owner_id), f"{lot % SHARDS:02}")
    return update(key, expression, names=names, **values)


def progress(table: Table, campaign_id: str) -> Progress:
    """The counters, read as progress."""
    return Progress.of(total(table, campaign_id))


def total(table: Table, owner_id: str) -> Tally:
    """The counters of a campaign, or of an import, summed."""
    found: dict[str, int] = {}
    for item in table.query("#pk = :pk", pk=keys.counters(owner_id)):
        found = added(found, {name: item[name] for name in item.keys() - {"pk", "sk"}})
    return found
