"""Answers that were given, in memory."""

from dataclasses import replace
from datetime import datetime

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.once import Answered, Asked, Known, Turn, turn


class MemoryAnswers:
    """The twin of the answers in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def begin(self, asked: Asked, now: datetime) -> Turn | Answered:
        """See the port."""
        with self._store.lock:
            known = self._store.answers.get((asked.principal, asked.key))
            if known is not None and known.expires_at <= now:
                known = None
            if known is not None and (answer := known.answer_to(asked, now)) is not None:
                return answer
            own = turn(asked, now, first_at=known.first_at if known else None)
            self._store.answers[asked.principal, asked.key] = Known(
                first_at=own.first_at,
                request=asked.request,
                until=own.until,
                expires_at=own.expires_at,
            )
            return own

    def keep(self, turn: Turn, answer: Answered) -> None:
        """See the port."""
        with self._store.lock:
            if (known := self._held(turn)) is not None:
                self._put(turn, replace(known, until=None, answer=answer))

    def forget(self, turn: Turn) -> None:
        """See the port."""
        with self._store.lock:
            if (known := self._held(turn)) is not None:
                self._put(turn, replace(known, until=None, request=None))

    def _held(self, turn: Turn) -> Known | None:
        known = self._store.answers.get((turn.asked.principal, turn.asked.key))
        return known if known is not None and known.until == turn.until else None

    def _put(self, turn: Turn, known: Known) -> None:
        self._store.answers[turn.asked.principal, turn.asked.key] = known
