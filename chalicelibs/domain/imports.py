"""A file of contacts on its way into a campaign, row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Self
from unicodedata import category

from chalicelibs.domain.errors import Invalid, NotAllowed
from chalicelibs.domain.naming import LENGTH, base32, is_plain_id, task_id_for_phone
from chalicelibs.domain.reading import PLAIN, Duplicates, Reading
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
    task_id: str | None = None  #: Of the task that its number makes; None: that was not read.
    is_erased: bool = False  #: Whom it named was erased: it is not shown as it stood in its file.


class AcceptedRow(NamedTuple):
    """A row that becomes a task."""

    line: int
    task: Task
    phone_column: str = "phone"  #: What the file calls it, as it is shown.

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
        task_id = task_id_for_phone(self.task.campaign_id, self.task.phone)
        return RejectedRow(self.line, RowCode.TOO_MANY_LANES, message, task_id=task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has become of the rows of a file so far."""

    rows: int = 0  #: Rows done; always accepted + rejected + duplicates.
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    updated: int = 0  #: Of the duplicates those that changed the task that was there.
    chunks_done: int = 0
    chunks_given_up: int = 0

    def plus(self, more: "Counts") -> "Counts":
        """The sum of both."""
        names = [one.name for one in fields(self)]
        return Counts(**{name: getattr(self, name) + getattr(more, name) for name in names})


class Parts(NamedTuple):
    """How a large file is uploaded."""

    upload_id: str  #: What the bucket calls it.
    size: int  #: Of the whole, in bytes.


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
    chunks: int = 0  #: Into how many its file has been cut so far.
    total: int | None = None  #: Rows of the file; None: it is not cut to its end yet.
    counts: Counts = Counts()
    parts: Parts | None = None  #: None: its file comes, or came, as a whole.
    created_at: datetime

    @property
    def rows(self) -> int:
        """Rows done."""
        return self.counts.rows

    @property
    def accepted(self) -> int:
        """Rows that became tasks."""
        return self.counts.accepted

    @property
    def rejected(self) -> int:
        """Rows that could not be used."""
        return self.counts.rejected

    @property
    def duplicates(self) -> int:
        """Rows whose number the campaign had already."""
        return self.counts.duplicates

    @property
    def is_done(self) -> bool:
        """Whether every row is done."""
        return self.total is not None and self.counts.chunks_done == self.chunks

    @property
    def is_stuck(self) -> bool:
        """Whether nothing more is done by itself, although rows are missing."""
        left = self.chunks - self.counts.chunks_done
        return self.total is not None and 0 < left <= self.counts.chunks_given_up

    def failed(self, reason: str) -> Self:
        """The file as a whole could not be used."""
        return replace(self, status=ImportStatus.FAILED, reason=reason)

    def takes(self, version: str) -> bool:
        """Whether this version of the file is its own, or may become it.

        Rows of two versions never mix: while it runs, and once its file is cut, it has its file.
        """
        is_free = self.status is ImportStatus.FAILED and self.chunks == 0
        return is_free or self.version in {None, version}

    def begun(self, version: str) -> Self:
        """On its way with this version of the file, from where it stopped."""
        return replace(self, status=ImportStatus.RUNNING, reason=None, version=version)

    def completed(self) -> Self:
        """Every row is done."""
        return replace(self, status=ImportStatus.COMPLETED, reason=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A part of a file that one worker imports, and how far it has come."""

    import_id: str
    campaign_id: str
    number: int  #: The first is 0.
    start: int  #: The byte of the file at which its first row begins.
    end: int  #: The byte after its last row.
    line: int  #: The line at which its first row begins.
    end_line: int  #: The line after its last row.
    rows: int
    shards: int = 1  #: Over how many its tasks are spread.
    done: int = 0  #: Rows done; also where to go on after a crash.
    done_line: int  #: Up to this line all is done.
    reason: str | None = None  #: Why it was given up; None: it was not.

    @property
    def is_done(self) -> bool:
        """Whether every row is done."""
        return self.done == self.rows


class MissingLines(NamedTuple):
    """Lines of a file that are not done."""

    first: int
    last: int
    reason: str | None  #: Why they were given up; None: they were not, or their import says it.


def missing_in(chunks: Iterable[Chunk]) -> list[MissingLines]:
    """The lines of these chunks that are not done; those that follow one another together."""
    found: list[MissingLines] = []
    for chunk in chunks:
        if chunk.is_done:
            continue
        first, last = chunk.done_line + 1, chunk.end_line - 1
        before = found[-1] if found else None
        if before is not None and (before.last + 1, before.reason) == (first, chunk.reason):
            first = found.pop().first
        found.append(MissingLines(first, last, chunk.reason))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows in a row, to be saved together or not at all."""

    chunk: Chunk  #: As it was before.
    rows: int
    line: int  #: At which the last of them begins.
    duplicates_are: Duplicates = Duplicates.SKIP
    is_dry_run: bool = False  #: None of its rows becomes a task, nor changes one.
    accepted: Sequence[AcceptedRow] = ()
    updated: Sequence[AcceptedRow] = ()  #: Of tasks that are there and wait for their first call.
    merged: Sequence[AcceptedRow] = ()  #: Later rows that changed one of those above.
    rejected: Sequence[RejectedRow] = ()

    @property
    def after(self) -> Chunk:
        """The chunk once they are saved."""
        return replace(self.chunk, done=self.chunk.done + self.rows, done_line=self.line)

    def without(self, task_ids: frozenset[str]) -> Self:
        """The batch without writing what could not be: these tasks were there, or were called.

        A task that is there is updated where that is wanted; one that was called stays as it is.
        """
        known = [row for row in self.accepted if row.task.task_id in task_ids]
        refused = [row for row in self.updated if row.task.task_id in task_ids]
        if self.duplicates_are is not Duplicates.UPDATE:
            refused, known = known, []
        gone = {row.task.task_id for row in refused}
        refused += [row for row in self.merged if row.task.task_id in gone]
        return replace(
            self,
            accepted=[row for row in self.accepted if row.task.task_id not in task_ids],
            updated=[row for row in self.updated if row.task.task_id not in task_ids] + known,
            merged=[row for row in self.merged if row.task.task_id not in gone],
            rejected=[*self.rejected, *(row.as_duplicate() for row in refused)],
        )

    def where_there_are(self, tasks: Iterable[Task], seen: frozenset[str] = frozenset()) -> Self:
        """The batch as it would be stored where these tasks are, and fresh ones of these ids."""
        stored = {task.task_id: task for task in tasks}
        batch = self.without(frozenset(stored) | seen)
        if self.duplicates_are is not Duplicates.UPDATE:
            return batch
        called = (task_id for task_id, task in stored.items() if not task.is_fresh)
        return batch.without(frozenset(called))

    @property
    def counts(self) -> Counts:
        """What it adds to the counts of its import."""
        updated = len(self.updated) + len(self.merged)
        duplicates = sum(row.code == RowCode.DUPLICATE for row in self.rejected)
        return Counts(
            rows=self.rows,
            accepted=len(self.accepted),
            rejected=len(self.rejected) - duplicates,
            duplicates=duplicates + updated,
            updated=updated,
            chunks_done=int(self.after.is_done),
        )


#: How long an announced file may be uploaded.
UPLOAD_TIME = timedelta(hours=1)

#: Parts of a file that are uploaded each for itself: not more than an answer has room for.
MOST_PARTS = 1000
LEAST_PART = 16 * 1024 * 1024
LARGEST_FILE = 100 * 1024 * 1024 * 1024


def part_sizes(size: int) -> list[int]:
    """The bytes of each part of a file, in its order.

    Raises:
        Invalid: when there is no such file.
    """
    if not 1 <= size <= LARGEST_FILE:
        raise Invalid(f"must be a number from 1 to {LARGEST_FILE}", "bytes")
    each = max(LEAST_PART, -(-size // MOST_PARTS))
    return [min(each, size - start) for start in range(0, size, each)]


#: Of a file whose parts are no longer waiting to be put together.
JOINED = (
    "its parts were put together before, or given up a day after they were announced: look at the"
    " import, and announce the file again if nothing has come"
)


#: Of a file whose bytes have come in parts too small to be put together.
CUT_OTHERWISE = (
    "the file was cut otherwise than was said: send each part with as many bytes as stand with its"
    " address, and ask again"
)


def check_size(come: int, size: int) -> None:
    """Make sure that all parts of a file have come.

    Raises:
        NotAllowed: saying how much is missing.
    """
    if come != size:
        raise NotAllowed(f"{come} of {size} bytes have come: send the other parts first", "upload")


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
