"""Answers that were given, in the table, which forgets them by itself."""

import zlib
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import put, telling_what_is_stored, update
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.once import LONGEST_ANSWER, Answered, Asked, InProgress, Known, Turn, turn

#: Bytes of an answer that one item takes; DynamoDB's bound is 400 KB.
PART = 300_000

IS_FREE = "attribute_not_exists(#pk) OR #expires_at <= :now"
IS_MINE = "#until = :until"


class DynamoAnswers:
    """An item per key, the answer compressed; what does not fit goes on in items beside it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, asked: Asked, now: datetime) -> Turn | Answered:
        """See the port."""
        new, key = turn(asked, now), keys.answer(asked.principal, asked.key)
        first = put(key, item_of(new), IS_FREE, now=seconds(now))
        try:
            self._table.write(telling_what_is_stored(first))
        except ConditionFailed as failed:
            return self._look(failed.stored, asked, now)
        return new

    def keep(self, turn: Turn, answer: Answered) -> None:
        """See the port."""
        packed = zlib.compress(answer.body)
        parts = [packed[at : at + PART] for at in range(0, len(packed), PART)]
        asked, expires_at = turn.asked, seconds(turn.expires_at)
        for number, part in enumerate(parts[1:]):
            key = keys.answer_part(asked.principal, asked.key, number)
            self._table.write(put(key, {"body": part, "expires_at": expires_at}))
        changes = "SET #status = :status, #body = :body, #more = :more REMOVE #until"
        values = {"status": answer.status, "body": parts[0], "more": len(parts) - 1}
        self._end(turn, changes, **values)

    def forget(self, turn: Turn) -> None:
        """See the port."""
        self._end(turn, "REMOVE #until, #request")

    def _look(self, stored: Item, asked: Asked, now: datetime) -> Turn | Answered:
        known = Known(
            first_at=to_instant(stored["first_at"]),
            expires_at=to_instant(stored["expires_at"] * 1000),
            request=stored.get("request"),
            until=maybe(to_instant, stored.get("until")),
            answer=self._answer(stored, asked) if "status" in stored else None,
        )
        answer = known.answer_to(asked, now)
        return self._take_over(known, asked, now) if answer is None else answer

    def _answer(self, stored: Item, asked: Asked) -> Answered:
        wanted = [
            keys.answer_part(asked.principal, asked.key, number)
            for number in range(stored["more"])
        ]
        found = self._table.get_all(wanted)
        packed = b"".join([stored["body"], *(found[key]["body"] for key in wanted)])
        return Answered(status=stored["status"], body=zlib.decompress(packed))

    def _take_over(self, known: Known, asked: Asked, now: datetime) -> Turn:
        own = turn(asked, now, first_at=known.first_at)
        key = keys.answer(asked.principal, asked.key)
        nobodys, was = "attribute_not_exists(#until)", {}
        if known.until is not None:
            nobodys, was = "#until = :was", {"was": known.until}
        try:
            self._table.write(
                put(key, item_of(own), f"{nobodys} AND attribute_not_exists(#status)", **was)
            )
        except ConditionFailed as failed:
            raise InProgress(LONGEST_ANSWER) from failed
        return own

    def _end(self, turn: Turn, changes: str, **values: Any) -> None:
        key = keys.answer(turn.asked.principal, turn.asked.key)
        with suppress(ConditionFailed):  # the turn has passed to another
            self._table.write(update(key, changes, IS_MINE, until=turn.until, **values))


def item_of(turn: Turn) -> Item:
    """A turn in plain values."""
    return {
        "request": turn.asked.request,
        "first_at": turn.first_at,
        "until": turn.until,
        "expires_at": seconds(turn.expires_at),
    }


def seconds(at: datetime) -> int:
    """An instant as the table's time-to-live reads it."""
    return epoch_ms(at) // 1000
