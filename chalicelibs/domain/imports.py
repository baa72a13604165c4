"""A file of contacts on its way into a campaign, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Self
from unicodedata import category

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.naming import LENGTH, base32, is_plain_id
from chalicelibs.domain.reading import PLAIN, Reading
from chalicelibs.domain.row_codes import RowCode
from chalicelibs.domain.task import Task


class ImportStatus(StrEnum):
    """How far an import has come."""

    WAITING = "waiting"  #: Announced; its file has not come, and may never come.
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"  #: The file as a whole could not be used; the reason says why.


class RejectedRow(NamedTuple):
    """A row that did not become a task, and what to do about it."""

    line: int  #: Where it begins in the file, counted from 1; no two begin at one.
    code: str
    message: str
    column: str | None = None
    value: str | None = None


class AcceptedRow(NamedTuple):
    """A row that becomes a task."""

    line: int
    task: Task
    phone_column: str = "phone"  #: What the file calls it.

    def as_duplicate(self) -> RejectedRow:
        """The row, found to name a number that the campaign has already."""
        message = "this number is already in the campaign: each is called for it once"
        phone = self.task.phone
        return RejectedRow(self.line, RowCode.DUPLICATE, message, self.phone_column, phone)

    def beyond_reach(self) -> RejectedRow:
        """The row, found to need a lane that its campaign has no room for."""
        message = (
            "the campaign has too many different time zones and priorities: use fewer, like"
            " low, normal and high"
        )
        return RejectedRow(self.line, RowCode.TOO_MANY_LANES, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file, and how many of its rows became tasks."""

    import_id: str
    workspace_id: str
    campaign_id: str
    source: str  #: Where the file is: bucket and key.
    version: str | None = None  #: Of what was found there; None: nothing yet.
    reading: Reading = PLAIN  #: How its file is to be read.
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

    def takes(self, version: str) -> bool:
        """Whether this version of the file is its own, or may become it.

        Rows of two versions never mix: while it runs, and once a row is done, it has its file.
        """
        is_free = self.status is ImportStatus.FAILED and self.rows == 0
        return is_free or self.version in {None, version}

    def begun(self, version: str) -> Self:
        """On its way with this version of the file, from where it stopped."""
        return replace(self, status=ImportStatus.RUNNING, reason=None, version=version)

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
        return sum(row.code == RowCode.DUPLICATE for row in self.rejected)


#: How long an announced file may be uploaded.
UPLOAD_TIME = timedelta(hours=1)

#: In letters; an object's key has room for them, whatever their size.
LONGEST_FILE_NAME = 200

#: What the bucket tells of; it looks at the letters as they are.
FILE_ENDING = ".csv"

#: Letters that no name needs: controls, halves of letters, what is no letter, line ends.
UNFIT = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def file_name(text: str) -> str:
    """The name of a file of contacts.

    Raises:
        Invalid: when it is none.
    """
    if not 1 <= len(text) <= LONGEST_FILE_NAME:
        raise Invalid(f"must have 1 to {LONGEST_FILE_NAME} letters", "file")
    if any(letter in "/\\" or category(letter) in UNFIT for letter in text):
        raise Invalid("must be a name without slashes and control characters", "file")
    if not text.endswith(FILE_ENDING):
        raise Invalid(f"must end with {FILE_ENDING}, in small letters", "file")
    return text


def key_for(workspace_id: str, campaign_id: str, import_id: str, file: str) -> str:
    """Where the file of an announced import belongs in the bucket."""
    return f"imports/{workspace_id}/{campaign_id}/{import_id}/{file}"


def announced_id(source: str) -> str | None:
    """The import that was announced for a file there; None: its place names none."""
    folder = source.rpartition("/")[0].rpartition("/")[2]
    return folder if is_plain_id(folder) else None


def import_id_for(source: str, version: str) -> str:
    """The id of the import of this version of this object: delivered twice, imported once."""
    digest = blake2b(f"{source}\n{version}".encode(), digest_size=10).digest()
    return base32(int.from_bytes(digest), LENGTH)
