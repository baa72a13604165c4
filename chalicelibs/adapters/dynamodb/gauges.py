"""Gauges in the table."""

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.brakes_item import brakes_item, brakes_of
from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant, to_span
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import put
from chalicelibs.domain.brakes import Gauge, Sample, Used


class DynamoGauges:
    """An item per campaign that has called."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, campaign_id: str) -> Gauge:
        """See the port."""
        item = self._table.get(keys.gauge(campaign_id))
        return Gauge() if item is None else gauge_of(item)

    def save(self, campaign_id: str, gauge: Gauge) -> None:
        """See the port."""
        self._table.write(put(keys.gauge(campaign_id), gauge_item(gauge)))


def gauge_item(gauge: Gauge) -> Item:
    """A gauge in plain values."""
    calls, talked, cost_micros = gauge.at_dawn
    return {
        "samples": [list(sample) for sample in gauge.samples],
        "day": gauge.day,
        "zone": gauge.zone or None,
        "at_dawn": {"calls": calls, "talked": talked, "cost_micros": cost_micros},
        "brakes": maybe(brakes_item, gauge.brakes),
    }


def gauge_of(item: Item) -> Gauge:
    """The gauge that `gauge_item` wrote."""
    dawn = item["at_dawn"]
    return Gauge(
        samples=tuple(
            Sample(to_instant(at), calls, failed) for at, calls, failed in item["samples"]
        ),
        day=item["day"],
        zone=item.get("zone", ""),
        at_dawn=Used(dawn["calls"], to_span(dawn["talked"]), dawn["cost_micros"]),
        brakes=maybe(brakes_of, item.get("brakes")),
    )
