"""Dead letters, and why they are dead, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName


class MemoryFailures:
    """The twin of the failures in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def save(self, failure: Failure) -> None:
        """See the port."""
        self._store.failures[failure.queue, failure.message_id] = failure

    def of(self, queue: QueueName, message_ids: Sequence[str]) -> Mapping[str, Failure]:
        """See the port."""
        shelf = self._store.failures
        return {one: shelf[queue, one] for one in message_ids if (queue, one) in shelf}


@dataclass
class MemoryDeadLetters:
    """Letters that whoever drives a test puts there, and those that were sent back."""

    dead: list[DeadLetter] = field(default_factory=list)
    sent_back: list[DeadLetter] = field(default_factory=list)

    def count(self, queue: QueueName) -> int:
        """See the port."""
        return len(self._of(queue))

    def peek(self, queue: QueueName, *, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        return self._of(queue)[:limit]

    def redrive(self, queue: QueueName, *, limit: int) -> int:
        """See the port."""
        going = self._of(queue)[:limit]
        self.sent_back += going
        self.dead = [one for one in self.dead if one not in going]
        return len(going)

    def _of(self, queue: QueueName) -> list[DeadLetter]:
        return [one for one in self.dead if one.queue == queue]
