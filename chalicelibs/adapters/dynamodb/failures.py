"""Why messages failed, in the table."""

from collections.abc import Mapping, Sequence

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import put
from chalicelibs.domain.dead_letters import KEPT_FOR, Failure, QueueName
from chalicelibs.domain.instants import epoch_ms


class DynamoFailures:
    """An item per message, which the table forgets with the dead letter."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, failure: Failure) -> None:
        """See the port."""
        self._table.write(put(keys.failure(failure.queue, failure.message_id), item_of(failure)))

    def of(self, queue: QueueName, message_ids: Sequence[str]) -> Mapping[str, Failure]:
        """See the port."""
        items = self._table.get_all(keys.failure(queue, one) for one in message_ids)
        found = map(failure_of, items.values())
        return {failure.message_id: failure for failure in found}


def item_of(failure: Failure) -> Item:
    """A failure in plain values."""
    return {
        "queue": failure.queue.value,
        "message_id": failure.message_id,
        "function": failure.function,
        "error": failure.error,
        "message": failure.message,
        "receives": failure.receives,
        "failed_at": epoch_ms(failure.at),
        "expires_at": epoch_ms(failure.at + KEPT_FOR) // 1000,
    }


def failure_of(item: Item) -> Failure:
    """The failure that `item_of` wrote."""
    return Failure(
        queue=QueueName(item["queue"]),
        message_id=item["message_id"],
        function=item["function"],
        error=item["error"],
        message=item["message"],
        receives=item["receives"],
        at=to_instant(item["failed_at"]),
    )
