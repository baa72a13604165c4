"""Requests to the API: how many there are, and which were answered before."""

from datetime import datetime
from typing import Protocol

from chalicelibs.domain.once import Answered, Asked, Turn


class Answers(Protocol):
    """Answers that were given, by the keys that came with the requests."""

    def begin(self, asked: Asked, now: datetime) -> Turn | Answered:
        """Take the turn to answer a request; gives the answer, if it has one.

        Raises:
            KeyReused: when the key came with another request.
            InProgress: when somebody else is answering.
        """

    def keep(self, turn: Turn, answer: Answered) -> None:
        """Keep the answer; nothing happens when the turn has passed to another."""

    def forget(self, turn: Turn) -> None:
        """Free the key for any request, but remember when it was first used."""


class Requests(Protocol):
    """How many requests each key makes in each minute."""

    def count(self, key_id: str, minute: datetime) -> int:
        """Count one more; gives how many there are, this one included."""
