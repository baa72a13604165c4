"""What went on in campaigns, in memory."""

from collections.abc import Mapping
from datetime import datetime

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.activity import HOUR, Activity, Ended, floor


class MemoryActivities:
    """The twin of what went on in campaigns."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, counts: Mapping[Ended, int]) -> None:
        """See the port."""
        with self._store.lock:
            self._store.activity.update(counts)

    def between(self, campaign_id: str, since: datetime, until: datetime) -> Activity:
        """See the port."""
        first, end = floor(since, HOUR), floor(until, HOUR) + HOUR
        with self._store.lock:
            return {
                (ended.minute, ended.kind): count
                for ended, count in sorted(self._store.activity.items())
                if ended.campaign_id == campaign_id and first <= ended.minute < end
            }
