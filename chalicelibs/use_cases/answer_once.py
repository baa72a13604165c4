"""Answer a request that came with a key of its sender's, once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from chalicelibs.domain.once import Answered, Asked, Turn
from chalicelibs.ports.requests import Answers
from chalicelibs.ports.surroundings import Clock, Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class IdsOfRequest:
    """Ids that are the same whenever the same request is answered; all else is new."""

    turn: Turn
    others: Ids
    numbers: "count[int]" = field(default_factory=count)

    def new(self) -> str:
        """See the port."""
        return self.turn.id(next(self.numbers))

    def secret(self) -> str:
        """See the port."""
        return self.others.secret()

    def lot(self) -> int:
        """See the port."""
        return self.others.lot()

    def shuffled(self, count: int) -> Sequence[int]:
        """See the port."""
        return self.others.shuffled(count)


class Reply(NamedTuple):
    """An answer, and whether it was given before."""

    answer: Answered
    is_replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOnce:
    """Give the answer that was given, or have the request answered and keep that."""

    answers: Answers
    clock: Clock
    ids: Ids

    def __call__(self, asked: Asked, answer: Callable[[Ids], Answered]) -> Reply:
        """Answer a request; what it makes, it makes under the ids that it is given.

        Raises:
            KeyReused: when the key came with another request.
            InProgress: when somebody else is answering.
        """
        begun = self.answers.begin(asked, self.clock.now())
        if isinstance(begun, Answered):
            return Reply(begun, is_replayed=True)
        try:
            answered = answer(IdsOfRequest(turn=begun, others=self.ids))
            self.answers.keep(begun, answered)
        except Exception:
            self.answers.forget(begun)
            raise
        return Reply(answered, is_replayed=False)
