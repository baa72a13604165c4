"""Sessions of the console in memory."""

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.session import Session


class MemorySessions:
    """The twin of the sessions in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, session: Session) -> None:
        """See the port."""
        with self._store.lock:
            self._store.sessions[session.key_id, session.session_id] = session

    def get(self, key_id: str, session_id: str) -> Session | None:
        """See the port."""
        return self._store.sessions.get((key_id, session_id))

    def end(self, key_id: str, session_id: str) -> None:
        """See the port."""
        with self._store.lock:
            self._store.sessions.pop((key_id, session_id), None)
