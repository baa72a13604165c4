"""Requests per minute in the table."""

from datetime import datetime

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.domain.instants import epoch_ms

#: Seconds that a counter is kept, for those who want to look at it.
KEPT_FOR = 3600


class DynamoRequests:
    """A counter per key and minute, which the table forgets by itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, key_id: str, minute: datetime) -> int:
        """See the port."""
        expires_at = epoch_ms(minute) // 1000 + KEPT_FOR
        return self._table.add(keys.requests(key_id, minute), "requests", expires_at=expires_at)
