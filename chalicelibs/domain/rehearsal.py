"""What an import would do, found out without doing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from chalicelibs.domain.imports import Batch, Counts, RejectedRow

#: Before any row was judged.
NO_ROWS = Counts()

#: Rows that are shown of all that would not become tasks.
MOST_REJECTED = 100

#: Prompts that are shown.
MOST_PREVIEWS = 5


class Preview(NamedTuple):
    """What the agent would be told for one row."""

    line: int
    phone: str
    prompt: str | None  #: None: there is no agent any more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What would become of the rows of a file."""

    counts: Counts = NO_ROWS
    rejected: Sequence[RejectedRow] = ()  #: The first of them.
    previews: Sequence[Preview] = ()

    def with_batch(self, batch: Batch) -> Self:
        """The same with some more rows."""
        room = MOST_REJECTED - len(self.rejected)
        return replace(
            self,
            counts=self.counts.plus(batch.counts),
            rejected=[*self.rejected, *in_order(batch.rejected)[:room]],
        )


def in_order(rows: Sequence[RejectedRow]) -> list[RejectedRow]:
    """Rows in the order of their file."""
    return sorted(rows, key=lambda row: row.line)
