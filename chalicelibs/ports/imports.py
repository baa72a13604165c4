"""Files on their way in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelibs.domain.imports import Batch, Chunk, Import, RejectedRow
from chalicelibs.ports.pages import Page


class Imports(Protocol):
    """Files on their way in, and the rows that stayed outside."""

    def start(self, new: Import) -> Import:
        """Store an import unless it exists; gives the one that is stored."""

    def begin(self, waiting: Import, version: str) -> Import:
        """Set an import going with a version of its file; gives it as stored.

        Raises:
            Stale: when it is no longer as it was read.
        """

    def get(self, workspace_id: str, import_id: str) -> Import | None:
        """An import of this workspace as it stands now."""

    def of_campaign(self, campaign_id: str) -> Sequence[Import]:
        """The imports of a campaign, oldest first."""

    def add_chunks(self, job: Import, chunks: Sequence[Chunk]) -> Import:
        """Store the next chunks of its file; gives the import as stored.

        Raises:
            Stale: when somebody else cuts the same file.
        """

    def set_total(self, job: Import, rows: int) -> Import:
        """Its file is cut to the end and has so many rows; gives the import as stored.

        Raises:
            Stale: when somebody else cuts the same file.
        """

    def chunk(self, import_id: str, number: int) -> Chunk | None:
        """A chunk as it stands now."""

    def chunks(self, import_id: str) -> Sequence[Chunk]:
        """All chunks of an import, in the order of the file."""

    def commit(self, batch: Batch) -> Batch:
        """Store a batch's tasks and rejected rows and count them, together, once.

        Gives the batch as stored, rows whose numbers were known among the rejected or updated.

        Raises:
            Stale: when another worker was here first.
        """

    def give_up(self, chunk: Chunk, reason: str) -> None:
        """Note why a chunk is not done; harmless when repeated, and when it is done."""

    def take_up(self, chunk: Chunk) -> Chunk:
        """Forget that a chunk was given up; gives it as stored."""

    def finish(self, done: Import) -> None:
        """Store its final status and reason; its counts stay as they are."""

    def erase_row(self, import_id: str, line: int) -> None:
        """Forget what stood in the rejected row of this line, and whom it named.

        Harmless when repeated.
        """

    def rejected(self, import_id: str, *, cursor: str | None, limit: int) -> Page[RejectedRow]:
        """The rejected rows, in the order of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Where a file may be sent by HTTP PUT, by whoever knows the address."""

    url: str
    headers: Mapping[str, str]  #: To be sent with it, as they are.
    expires_at: datetime


class Files(Protocol):
    """Files that users drop, or upload."""

    def source(self, key: str) -> str:
        """What the file of this key is read by."""

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """An address to which this one file may be sent."""

    def begin_parts(self, source: str) -> str:
        """Begin a file that comes in parts; gives what the bucket calls it."""

    def uploads(
        self, source: str, upload_id: str, count: int, *, now: datetime, valid_for: timedelta
    ) -> Sequence[Upload]:
        """The addresses to which its parts may be sent, in their order."""

    def join(self, source: str, upload_id: str, size: int) -> None:
        """Put the parts that have come together; whoever watches for files is told of it.

        Raises:
            NotAllowed: when they are not so many bytes together, have other sizes than they were
                announced with, or were put together before.
        """

    def put(self, source: str, content: bytes) -> None:
        """Store a file; whoever watches for files is told of it."""

    def read(self, source: str, version: str, *, start: int, size: int) -> bytes:
        """Some bytes of this version of a file, fewer at its end, none behind it.

        Raises:
            UnreadableFile: when it is gone, or there is another version.
        """


class UnreadableFile(Exception):
    """The file is gone, or it is another by now; the message says what to do."""
