"""Gauges in memory."""

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.brakes import Gauge


class MemoryGauges:
    """The twin of the gauges in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def get(self, campaign_id: str) -> Gauge:
        """See the port."""
        return self._store.gauges.get(campaign_id, Gauge())

    def save(self, campaign_id: str, gauge: Gauge) -> None:
        """See the port."""
        self._store.gauges[campaign_id] = gauge
