"""Ended calls in the table."""

from collections.abc import Sequence

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.call_item import call_item, call_of
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import put
from chalicelibs.domain.call import Call
from chalicelibs.ports import CallRecord


class DynamoCalls:
    """An item per call, those of one task side by side."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        item = {"workspace_id": workspace_id, **call_item(call)}
        self._table.write(put(keys.call(call.call_id), item))

    def get(self, call_id: str) -> CallRecord | None:
        """See the port."""
        item = self._table.get(keys.call(call_id))
        return None if item is None else record_of(item)

    def of_task(self, task_id: str) -> Sequence[CallRecord]:
        """See the port."""
        items = self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            pk=keys.calls_of(task_id),
            prefix=f"{task_id}-",
        )
        return [record_of(item) for item in sorted(items, key=claim_no)]


def claim_no(item: Item) -> int:
    """The number of the claim that made the call: 10 sorts before 9 as text."""
    return int(item["sk"].rpartition("-")[2])


def record_of(item: Item) -> CallRecord:
    """An ended call as it was stored."""
    return CallRecord(item["workspace_id"], call_of(item["sk"], item))
