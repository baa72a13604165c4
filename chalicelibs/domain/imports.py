"""A file of contacts on its way into a campaign, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Self

from chalicelibs.domain.naming import LENGTH, base32
from chalicelibs.domain.task import Task


class ImportStatus(StrEnum):
    """How far an import has come."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"  #: The file as a whole could not be used; the reason says why.


class RejectedRow(NamedTuple):
    """A row that did not become a task, and what to do about it."""

    row: int  #: Data rows count from 1; the header is row 0.
    line: int  #: Where it begins in the file, counted from 1.
    code: str
    message: str
    column: str | None = None
    value: str | None = None


#: The code of a row whose number is already in the campaign.
DUPLICATE = "duplicate"


class AcceptedRow(NamedTuple):
    """A row that becomes a task."""

    row: int
    line: int
    task: Task

    def as_duplicate(self) -> RejectedRow:
        """The row, found to name a number that the campaign has already."""
        message = "this number is already in the campaign: each is called for it once"
        return RejectedRow(self.row, self.line, DUPLICATE, message, "phone", self.task.phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file, and how many of its rows became tasks."""

    import_id: str
    workspace_id: str
    campaign_id: str
    source: str  #: Where the file is: bucket and key.
    status: ImportStatus = ImportStatus.RUNNING
    reason: str | None = None
    rows: int = 0  #: Rows done; also where to go on after a crash.
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    created_at: datetime

    def failed(self, reason: str) -> Self:
        """The file as a whole could not be used."""
        return replace(self, status=ImportStatus.FAILED, reason=reason)

    def again(self) -> Self:
        """On its way once more, from where it stopped."""
        return replace(self, status=ImportStatus.RUNNING, reason=None)

    def completed(self) -> Self:
        """Every row is done."""
        return replace(self, status=ImportStatus.COMPLETED, reason=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows in a row, to be saved together or not at all."""

    import_id: str
    campaign_id: str
    rows_before: int
    rows_after: int
    accepted: Sequence[AcceptedRow] = field(default_factory=tuple)
    rejected: Sequence[RejectedRow] = field(default_factory=tuple)

    def without(self, known_task_ids: frozenset[str]) -> Self:
        """The chunk with the rows rejected whose numbers turned out to be known."""
        known = [row for row in self.accepted if row.task.task_id in known_task_ids]
        return replace(
            self,
            accepted=[row for row in self.accepted if row.task.task_id not in known_task_ids],
            rejected=[*self.rejected, *(row.as_duplicate() for row in known)],
        )

    @property
    def duplicates(self) -> int:
        """How many of its rows name a number that the campaign has already."""
        return sum(row.code == DUPLICATE for row in self.rejected)


def import_id_for(source: str, version: str) -> str:
    """The id of the import of this version of this object: delivered twice, imported once."""
    digest = blake2b(f"{source}\n{version}".encode(), digest_size=10).digest()
    return base32(int.from_bytes(digest), LENGTH)
