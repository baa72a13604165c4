"""Starts per second in the table."""

from datetime import datetime

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import update
from chalicelibs.domain.instants import epoch_ms

#: Seconds that a counter is kept, for those who want to look at it.
KEPT_FOR = 3600


class DynamoPacing:
    """A counter per second, which the table forgets by itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, workspace_id: str, at: datetime, limit: int) -> bool:
        """See the port."""
        if limit < 1:
            return False
        started = update(
            keys.starts(workspace_id, at),
            "ADD #starts :one SET #expires_at = :expires_at",
            "attribute_not_exists(#starts) OR #starts < :limit",
            one=1,
            limit=limit,
            expires_at=epoch_ms(at) // 1000 + KEPT_FOR,
        )
        try:
            self._table.write(started)
        except ConditionFailed:
            return False
        return True
