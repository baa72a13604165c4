"""A campaign's tasks, calls or rejected rows on their way into a file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from re import sub
from typing import Self
from unicodedata import normalize

from chalicelibs.domain.errors import NotAllowed


class ExportKind(StrEnum):
    """What an export holds."""

    TASKS = "tasks"
    CALLS = "calls"
    REJECTED_ROWS = "rejected_rows"  #: Of an import, to be corrected and imported again.


class ExportFormat(StrEnum):
    """How the file is written."""

    CSV = "csv"
    NDJSON = "ndjson"  #: A line of JSON for each row.


class ExportStatus(StrEnum):
    """How far an export has come."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"  #: The reason says why; nothing of it can be downloaded.


OPEN = frozenset({ExportStatus.QUEUED, ExportStatus.RUNNING})

#: How long there is a file to download; the bucket removes it a little later.
KEPT_FOR = timedelta(days=7)

#: How long the address of a file is good: long enough to begin.
DOWNLOAD_TIME = timedelta(minutes=15)

#: Exports of one campaign that may be on their way at the same time.
MOST_OPEN = 5

#: One that has not come to its end by then holds up no other.
LONGEST_EXPORT = timedelta(days=1)

#: How long one worker keeps at it before the next one goes on, and when it is surely gone:
#: its function has 50 seconds, of which the last page takes some.
TURN = timedelta(seconds=20)
LEASE = timedelta(seconds=60)

#: Letters of a campaign's name that the name of a file has room for.
MOST_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How much of a file is safe, and where the rest of it begins."""

    upload: str | None = None  #: What its parts belong to; None: not begun.
    parts: Sequence[str] = ()  #: What each part is known by, first to last.
    rest: str | None = None  #: Where the rows wait that do not fill a part; None: there are none.
    cursor: str | None = None  #: The last thing that was looked at; None: nothing was.
    rows: int = 0
    is_whole: bool = False  #: Every row is in one of the parts.


START = Checkpoint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One file of a campaign's tasks, calls or rejected rows."""

    export_id: str
    workspace_id: str
    campaign_id: str
    kind: ExportKind
    format: ExportFormat
    file: str  #: The name under which it is downloaded.
    context: Sequence[str] = ()  #: Names of the context that have columns of their own.
    import_id: str | None = None  #: Whose rejected rows; None for other kinds.
    has_duplicates: bool = False  #: Whether rows whose number was known are among them.
    total: int = 0  #: About how many rows it will have: counted when it was asked for.
    status: ExportStatus = ExportStatus.QUEUED
    reason: str | None = None
    done: Checkpoint = START
    held_until: datetime | None = None  #: While a worker has its turn.
    created_at: datetime
    version: int = 0

    @property
    def key(self) -> str:
        """Where the file is in the bucket."""
        place = f"exports/{self.workspace_id}/{self.campaign_id}/{self.export_id}"
        return f"{place}.{self.format}"

    @property
    def rest_key(self) -> str:
        """Where rows wait for the next turn; those of another state are never taken for them."""
        return f"{self.key}.{self.version}.rest"

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self.status in OPEN

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.created_at + KEPT_FOR

    def holds_up_others(self, now: datetime) -> bool:
        """Whether it counts among those that are on their way."""
        return self.is_open and now < self.created_at + LONGEST_EXPORT

    def is_held(self, now: datetime) -> bool:
        """Whether a worker may be at it."""
        return self.held_until is not None and now < self.held_until

    def held(self, now: datetime) -> Self:
        """In the hands of a worker."""
        return replace(self, status=ExportStatus.RUNNING, held_until=now + LEASE)

    def at(self, **done: object) -> Self:
        """Safe up to there; what is not named is as it was."""
        return replace(self, done=replace(self.done, **done))  # type: ignore[arg-type]

    def anew(self) -> Self:
        """From the first row on: what was written is gone."""
        return replace(self, done=START)

    def let_go(self) -> Self:
        """Ready for the next worker."""
        return replace(self, held_until=None)

    def completed(self) -> Self:
        """All rows are in the file."""
        rows = replace(START, rows=self.done.rows)
        return replace(self, status=ExportStatus.COMPLETED, done=rows, held_until=None)

    def withdrawn(self) -> Self:
        """Taken back: it may hold somebody who was erased since."""
        return self.failed(ERASED)

    def failed(self, reason: str) -> Self:
        """Nothing will come of it."""
        return replace(
            self, status=ExportStatus.FAILED, reason=reason, done=START, held_until=None
        )


#: Why an export was taken back.
ERASED = "somebody was erased from this campaign: ask for the export again"


def check_not_too_many(exports: Sequence[Export], now: datetime) -> None:
    """Let one more begin.

    Raises:
        NotAllowed: when as many as may be are on their way.
    """
    if sum(export.holds_up_others(now) for export in exports) >= MOST_OPEN:
        raise NotAllowed(f"{MOST_OPEN} exports of this campaign are on their way: wait for one")


def file_name_for(name: str, kind: ExportKind, at: datetime, ending: ExportFormat) -> str:
    """What an export of a campaign with this name is downloaded as; any system can store it."""
    bare = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = sub(r"[^a-z0-9]+", "-", bare)[:MOST_LETTERS].strip("-") or "campaign"
    return f"{words}-{kind.replace('_', '-')}-{at:%Y%m%d-%H%M%S}.{ending}"
