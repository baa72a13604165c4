"""Note why messages fail; show those that were given up, and send them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName
from chalicelibs.ports.queues import DeadLetters, Failures
from chalicelibs.ports.surroundings import Clock

#: Letters that one request shows, and sends back, of each queue.
MOST_SHOWN = 50
MOST_MOVED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFailure:
    """Remember why a message becomes a dead letter."""

    failures: Failures
    clock: Clock

    def __call__(self, failure: Failure) -> None:
        """Keep the last failure of a message; the earlier ones are in the log."""
        if failure.is_last:
            self.failures.save(failure)


@dataclass(frozen=True, slots=True)
class DeadQueue:
    """The dead letters of one queue."""

    queue: QueueName
    count: int  #: About how many there are.
    letters: Sequence[DeadLetter]  #: The first of them.


@dataclass(frozen=True, slots=True)
class Redriven:
    """What was sent back to one queue."""

    queue: QueueName
    moved: int
    has_more: bool  #: Whether there may be more that can go back.


@dataclass(frozen=True, slots=True, kw_only=True)
class TendDeadLetters:
    """What the operator does about messages that were given up."""

    letters: DeadLetters
    failures: Failures

    def list(self) -> Sequence[DeadQueue]:
        """Each queue's dead letters, and why they are dead."""
        return [self._look_at(queue) for queue in QueueName]

    def redrive(self, queue: QueueName | None) -> Sequence[Redriven]:
        """Send letters back to their queue; None: those of all queues."""
        return [self._redrive(one) for one in ([queue] if queue else QueueName)]

    def _look_at(self, queue: QueueName) -> DeadQueue:
        letters = self.letters.peek(queue, limit=MOST_SHOWN)
        noted = self.failures.of(queue, [one.message_id for one in letters])
        explained = [
            replace(one, failure=one.failure or noted.get(one.message_id)) for one in letters
        ]
        # A queue counts a moment late; what was seen is there.
        return DeadQueue(queue, max(self.letters.count(queue), len(letters)), explained)

    def _redrive(self, queue: QueueName) -> Redriven:
        moved = self.letters.redrive(queue, limit=MOST_MOVED)
        return Redriven(queue, moved, has_more=moved == MOST_MOVED)
