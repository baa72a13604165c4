"""Sessions of the console in the table."""

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import to_instant
from chalicelibs.adapters.dynamodb.table import Cancelled, Table
from chalicelibs.adapters.dynamodb.writes import IS_THERE, delete, put
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.session import Session


class DynamoSessions:
    """An item per session beside its key, which the table forgets by itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session: Session) -> None:
        """See the port."""
        item = {
            "key_hash": session.key_hash,
            "cookie_hash": session.cookie_hash,
            "pass_hash": session.pass_hash,
            "until": session.expires_at,
            "expires_at": epoch_ms(session.expires_at) // 1000,
        }
        self._table.write(put(keys.session(session.key_id, session.session_id), item))

    def get(self, key_id: str, session_id: str) -> Session | None:
        """See the port."""
        item = self._table.get(keys.session(key_id, session_id))
        if item is None:
            return None
        return Session(
            key_id=key_id,
            session_id=session_id,
            key_hash=item["key_hash"],
            cookie_hash=item["cookie_hash"],
            pass_hash=item["pass_hash"],
            expires_at=to_instant(item["until"]),
        )

    def end(self, key_id: str, session_id: str) -> None:
        """See the port."""
        try:
            self._table.transact([delete(keys.session(key_id, session_id), IS_THERE)])
        except Cancelled:
            return
