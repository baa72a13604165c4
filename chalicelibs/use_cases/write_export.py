"""Write an export, part by part; whoever comes next goes on where the last one stopped."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, Protocol

from chalicelibs.domain.call import Call
from chalicelibs.domain.corrections import Correction, corrections, is_wanted, lines_at
from chalicelibs.domain.csv_rows import MESSAGES, narrow, narrow_encoding, read_blocks
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.exports import LEASE, TURN, Export, ExportKind
from chalicelibs.domain.head import HEAD_BYTES, Head
from chalicelibs.domain.imports import Chunk, Import, RejectedRow
from chalicelibs.domain.outlook import TaskReading, read
from chalicelibs.domain.reading import UnusableFile
from chalicelibs.domain.task import Task
from chalicelibs.ports.calls import Calls
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.exports import PART_BYTES, Exports, Parts, UploadGone
from chalicelibs.ports.imports import Files, Imports, UnreadableFile
from chalicelibs.ports.pages import Page
from chalicelibs.ports.queues import Queue, WriteExport
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks

#: Tasks, and calls, that are in memory at the same time; a call may weigh 200 KB.
TASKS_AT_ONCE, CALLS_AT_ONCE = 400, 100

#: Rejected rows that are looked for together: about as many as a chunk of their file has.
ROWS_AT_ONCE = 5000

#: Bytes of a file that are read in one request.
PIECE_BYTES = 8 * 1024 * 1024

NOTHING_TO_DO = "nothing to do"
HELD = "another worker is at it"
GOES_ON = "goes on"
COMPLETED = "completed"
GIVEN_UP = "given up"

NOTHING = b""


class Lines(Protocol):
    """How rows look in a file; the use case knows no format."""

    def head(self, export: Export) -> bytes:
        """What comes before the first row."""

    def of_tasks(self, export: Export, tasks: Sequence[TaskReading], now: datetime) -> bytes:
        """A row for each task."""

    def of_calls(self, export: Export, calls: Sequence[Call]) -> bytes:
        """A row for each call."""

    def of_corrections(self, rows: Iterable[Correction], delimiter: str) -> bytes:
        """A row for each row that is to be corrected, as its file is written."""


class Batch(NamedTuple):
    """Some rows as they stand in the file, and where to go on; None: they were the last."""

    content: bytes
    rows: int
    cursor: str | None

    @property
    def is_last(self) -> bool:
        """Whether no rows follow."""
        return self.cursor is None


class Source:
    """The file of an import, of which parts are read."""

    def __init__(self, files: Files, job: Import) -> None:
        self._files = files
        self._job = job
        self.head = Head.of(self._read(0, HEAD_BYTES), job.reading)

    def corrections(self, chunk: Chunk, rows: Sequence[RejectedRow]) -> Iterator[Correction]:
        """These rows of a chunk as they stand there."""
        blocks = read_blocks(
            self._bytes(chunk),
            encoding=self.head.encoding,
            delimiter=self.head.delimiter,
            start=chunk.start,
            line=chunk.line,
        )
        records = (record for block in blocks for record in block.records)
        return corrections(rows, records, self._lines(chunk, rows), header=self.head.header)

    def _lines(self, chunk: Chunk, rows: Sequence[RejectedRow]) -> Mapping[int, str]:
        """The texts of those that are no records."""
        numbers = frozenset(row.line for row in rows if row.code in MESSAGES)
        if not numbers:
            return {}
        return lines_at(
            narrow(self._bytes(chunk), self.head.encoding),
            numbers,
            encoding=narrow_encoding(self.head.encoding),
            line=chunk.line,
        )

    def _bytes(self, chunk: Chunk) -> Iterator[bytes]:
        for start in range(chunk.start, chunk.end, PIECE_BYTES):
            yield self._read(start, min(PIECE_BYTES, chunk.end - start))

    def _read(self, start: int, size: int) -> bytes:
        if self._job.version is None:
            raise UnreadableFile("the file of this import never came")
        return self._files.read(self._job.source, self._job.version, start=start, size=size)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteExports:
    """Give a worker its turn at an export."""

    campaigns: Campaigns
    tasks: Tasks
    calls: Calls
    imports: Imports
    files: Files
    exports: Exports
    parts: Parts
    queue: Queue
    clock: Clock

    def __call__(self, message: WriteExport, lines: Lines) -> str:
        """Write for as long as a turn is; gives what came of it.

        While another worker may be at it, nothing is touched: two would store each other's parts.
        """
        ids = message.workspace_id, message.campaign_id, message.export_id
        export, now = self.exports.get(*ids), self.clock.now()
        if export is None or not export.is_open:
            return NOTHING_TO_DO
        if export.held_until is not None and export.is_held(now):
            self.queue.export(message, export.held_until - now)
            return HELD
        try:
            return self._turn(self.exports.save(export.held(now)), message, lines)
        except Stale:
            # Somebody was faster, or has withdrawn it: a later look finds out which.
            self.queue.export(message, LEASE)
            return HELD

    def _turn(self, export: Export, message: WriteExport, lines: Lines) -> str:
        try:
            export = self._write(export, lines)
            if export.done.is_whole:
                self._complete(export)
                return COMPLETED
            self.exports.save(export.let_go())
        except UploadGone:
            self.exports.save(export.anew().let_go())
        except (UnreadableFile, UnusableFile) as error:
            return self._give_up(export, str(error))
        self.queue.export(message)
        return GOES_ON

    def _give_up(self, export: Export, reason: str) -> str:
        """End what nobody can write, as it stands by now."""
        found = self.exports.get(export.workspace_id, export.campaign_id, export.export_id)
        if found is not None and found.is_open:
            self.exports.save(found.failed(reason))
        return GIVEN_UP

    def _write(self, export: Export, lines: Lines) -> Export:
        """The export as far as this turn brings it; a part is safe before the next begins."""
        if export.done.is_whole:
            return export
        ends_at = self.clock.now() + TURN
        export, waiting = self._taken_up(export, lines)
        for batch in self._batches(export, lines):
            waiting += batch.content
            export = export.at(cursor=batch.cursor, rows=export.done.rows + batch.rows)
            if batch.is_last or len(waiting) >= PART_BYTES:
                export = self._store(export, bytes(waiting), is_whole=batch.is_last)
                waiting.clear()
            if not batch.is_last and self.clock.now() >= ends_at:
                return self._put_aside(export, bytes(waiting))
        return export

    def _taken_up(self, export: Export, lines: Lines) -> tuple[Export, bytearray]:
        """The export with a place for its parts, and what waits to become part of one."""
        done = export.done
        if done.upload is None:
            export = self.exports.save(
                export.at(upload=self.parts.begin(export.key, export.format))
            )
        if done.cursor is None:
            return export, bytearray(lines.head(export))
        return export, bytearray(b"" if done.rest is None else self.parts.kept(done.rest))

    def _store(self, export: Export, content: bytes, *, is_whole: bool) -> Export:
        done = export.done
        if content or not done.parts:  # a file of nothing is one part of nothing
            assert done.upload is not None
            tag = self.parts.add(export.key, done.upload, len(done.parts) + 1, content)
            export = export.at(parts=(*done.parts, tag))
        return self.exports.save(export.at(rest=None, is_whole=is_whole))

    def _put_aside(self, export: Export, content: bytes) -> Export:
        """The export with its latest rows kept, although they fill no part."""
        if not content:
            return export.at(rest=None)
        self.parts.keep(export.rest_key, content)
        return export.at(rest=export.rest_key)

    def _complete(self, export: Export) -> None:
        done = export.done
        assert done.upload is not None
        try:
            self.parts.complete(export.key, done.upload, done.parts)
        except UploadGone:
            if not self.parts.is_there(export.key):
                raise
            # The last worker had come so far and died.
        try:
            self.exports.save(export.completed())
        except Stale:
            self.parts.keep(export.key, NOTHING)  # it was withdrawn at this very moment
            raise

    def _batches(self, export: Export, lines: Lines) -> Iterator[Batch]:
        match export.kind:
            case ExportKind.TASKS:
                return self._tasks(export, lines)
            case ExportKind.CALLS:
                return self._calls(export, lines)
            case ExportKind.REJECTED_ROWS:
                return self._rejected_rows(export, lines)

    def _tasks(self, export: Export, lines: Lines) -> Iterator[Batch]:
        campaign = self.campaigns.get(export.workspace_id, export.campaign_id)
        assert campaign is not None, "campaigns are never removed"
        for tasks, cursor in self._pages(export):
            now = self.clock.now()
            readings = [read(task, campaign, now) for task in tasks]
            yield Batch(lines.of_tasks(export, readings, now), len(tasks), cursor)

    def _calls(self, export: Export, lines: Lines) -> Iterator[Batch]:
        """The calls of one task after the other, so that each comes once and none is missed."""
        for tasks, cursor in self._pages(export):
            for group, is_last in groups_of(tasks):
                calls = self._calls_of(export, group)
                # A list of tasks goes on behind any of them.
                place = cursor if is_last else group[-1].task_id
                yield Batch(lines.of_calls(export, calls), len(calls), place)

    def _rejected_rows(self, export: Export, lines: Lines) -> Iterator[Batch]:
        """The rows as they stand in their file, of which only what holds them is read."""
        assert export.import_id is not None
        job = self.imports.get(export.workspace_id, export.import_id)
        assert job is not None, "imports are never removed"
        source = Source(self.files, job)
        if export.done.cursor is None:
            header = Correction.header(source.head.header)
            yield Batch(lines.of_corrections([header], source.head.delimiter), 0, cursor_at(0))
        chunks = self.imports.chunks(job.import_id)
        for rows, cursor in self._rejected(export, job):
            wanted = [one for one in rows if is_wanted(one, has_duplicates=export.has_duplicates)]
            for chunk, inside in by_chunk(wanted, chunks):
                found = source.corrections(chunk, inside)
                content = lines.of_corrections(found, source.head.delimiter)
                yield Batch(content, len(inside), cursor_at(inside[-1].line))
            yield Batch(NOTHING, 0, cursor)

    def _rejected(self, export: Export, job: Import) -> Iterator[Page[RejectedRow]]:
        cursor = export.done.cursor
        while True:
            page = self.imports.rejected(job.import_id, cursor=cursor, limit=ROWS_AT_ONCE)
            yield page
            cursor = page.cursor
            if cursor is None:
                return

    def _pages(self, export: Export) -> Iterator[Page[Task]]:
        cursor = export.done.cursor
        while True:
            page = self.tasks.page(export.campaign_id, cursor=cursor, limit=TASKS_AT_ONCE)
            yield page
            cursor = page.cursor
            if cursor is None:
                return

    def _calls_of(self, export: Export, tasks: Sequence[Task]) -> Sequence[Call]:
        """The calls of some tasks, task by task, first to last, those in flight included."""
        dialed = [one for task in tasks for one in task.ended_calls]
        found = self.calls.get_all(export.workspace_id, dialed) if dialed else ()
        ended = {call.call_id: call for call in found}
        calls: list[Call] = []
        for task in tasks:
            calls += [ended[one.call_id] for one in task.ended_calls if one.call_id in ended]
            calls += [] if task.call is None else [task.call]
        return calls


def by_chunk(
    rows: Sequence[RejectedRow], chunks: Sequence[Chunk]
) -> Iterator[tuple[Chunk, Sequence[RejectedRow]]]:
    """The rows, each group with the part of the file that holds it."""
    first_lines = [chunk.line for chunk in chunks]
    groups = groupby(rows, key=lambda row: bisect_right(first_lines, row.line) - 1)
    for number, inside in groups:
        yield chunks[number], list(inside)


def cursor_at(line: int) -> str:
    """Where a list of rejected rows goes on behind this line."""
    return f"{line:010}"


def groups_of(tasks: Sequence[Task]) -> Iterator[tuple[Sequence[Task], bool]]:
    """The tasks in groups with few enough calls, at least one group; whether it is the last."""
    group: list[Task] = []
    calls = 0
    for task in tasks:
        if group and calls + len(task.dialed) > CALLS_AT_ONCE:
            yield group, False
            group, calls = [], 0
        group.append(task)
        calls += len(task.dialed)
    yield group, True
