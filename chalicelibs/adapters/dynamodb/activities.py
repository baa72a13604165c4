"""What went on in campaigns, in the table."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import update
from chalicelibs.domain.activity import HOUR, MINUTE, Activity, Ended, Kind, floor
from chalicelibs.domain.instants import EPOCH

#: What a counter's name begins with; the minute follows. Short: there may be 180 of them.
LETTERS = {Kind.REACHED: "r", Kind.MISSED: "m", Kind.FAILED: "f"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}


class DynamoActivities:
    """An item per campaign and hour, with a counter for each minute and kind that occurred."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, counts: Mapping[Ended, int]) -> None:
        """See the port."""
        by_item: dict[tuple[str, datetime], dict[str, Any]] = defaultdict(dict)
        for ended, count in counts.items():
            hour = floor(ended.minute, HOUR)
            by_item[ended.campaign_id, hour][counter_of(ended)] = count
        for (campaign_id, hour), counters in by_item.items():
            self._add(campaign_id, hour, counters)

    def _add(self, campaign_id: str, hour: datetime, counters: Mapping[str, Any]) -> None:
        additions = ", ".join(f"#{name} :{name}" for name in counters)
        key = keys.activity_in(campaign_id, hour)
        self._table.write(update(key, f"ADD {additions}", **counters))

    def between(self, campaign_id: str, since: datetime, until: datetime) -> Activity:
        """See the port."""
        items = self._table.query(
            "#pk = :pk AND #sk BETWEEN :first AND :last",
            pk=keys.activity(campaign_id),
            first=keys.hour_of(since),
            last=keys.hour_of(until),
        )
        return dict(entry for item in items for entry in entries(item))


def counter_of(ended: Ended) -> str:
    """The name of a counter, like `r07`: reached at seven minutes past."""
    return f"{LETTERS[ended.kind]}{ended.minute.minute:02}"


def entries(item: Item) -> Iterator[tuple[tuple[datetime, Kind], int]]:
    """The counters of an hour."""
    hour = EPOCH + int(item["sk"]) * HOUR
    for name in sorted(item.keys() - {"pk", "sk"}):
        yield (hour + int(name[1:]) * MINUTE, KINDS[name[0]]), int(item[name])
