"""Requests per minute in memory."""

from datetime import datetime

from chalicelibs.adapters.memory.store import MemoryStore


class MemoryRequests:
    """The twin of the counters of requests."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def count(self, key_id: str, minute: datetime) -> int:
        """See the port."""
        with self._store.lock:
            self._store.requests[key_id, minute] += 1
            return self._store.requests[key_id, minute]
