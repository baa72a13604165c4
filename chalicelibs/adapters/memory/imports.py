"""Imports and files in memory."""

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

from chalicelibs.adapters.memory.store import MemoryStore, page_of
from chalicelibs.domain.errors import NotAllowed, Stale
from chalicelibs.domain.imports import (
    JOINED,
    AcceptedRow,
    Batch,
    Chunk,
    Counts,
    Import,
    ImportStatus,
    RejectedRow,
    check_size,
)
from chalicelibs.domain.progress import TASKS
from chalicelibs.ports.imports import UnreadableFile, Upload
from chalicelibs.ports.pages import Page


class MemoryImports:
    """The twin of the imports in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def start(self, new: Import) -> Import:
        """See the port."""
        with self._store.lock:
            return self._store.imports.setdefault(new.import_id, new)

    def begin(self, waiting: Import, version: str) -> Import:
        """See the port."""
        with self._store.lock:
            stored = self._store.imports[waiting.import_id]
            if (stored.status, stored.version) != (waiting.status, waiting.version):
                raise Stale(waiting.import_id)
            self._store.imports[waiting.import_id] = stored.begun(version)
            return stored.begun(version)

    def get(self, workspace_id: str, import_id: str) -> Import | None:
        """See the port."""
        found = self._store.imports.get(import_id)
        return found if found and found.workspace_id == workspace_id else None

    def of_campaign(self, campaign_id: str) -> Sequence[Import]:
        """See the port."""
        with self._store.lock:
            own = [one for one in self._store.imports.values() if one.campaign_id == campaign_id]
            return sorted(own, key=lambda one: one.created_at)

    def add_chunks(self, job: Import, chunks: Sequence[Chunk]) -> Import:
        """See the port."""
        with self._store.lock:
            self._check_cutting(job)
            self._store.chunks[job.import_id].update({one.number: one for one in chunks})
            return self._changed(job.import_id, chunks=job.chunks + len(chunks))

    def set_total(self, job: Import, rows: int) -> Import:
        """See the port."""
        with self._store.lock:
            self._check_cutting(job)
            return self._changed(job.import_id, total=rows)

    def _check_cutting(self, job: Import) -> None:
        stored = self._store.imports[job.import_id]
        if (stored.chunks, stored.total, stored.version) != (job.chunks, None, job.version):
            raise Stale(job.import_id)

    def _changed(self, import_id: str, **changes: Any) -> Import:
        changed = replace(self._store.imports[import_id], **changes)
        self._store.imports[import_id] = changed
        return changed

    def chunk(self, import_id: str, number: int) -> Chunk | None:
        """See the port."""
        return self._store.chunks[import_id].get(number)

    def chunks(self, import_id: str) -> Sequence[Chunk]:
        """See the port."""
        with self._store.lock:
            return [chunk for _, chunk in sorted(self._store.chunks[import_id].items())]

    def commit(self, batch: Batch) -> Batch:
        """See the port."""
        before = batch.chunk
        with self._store.lock:
            stored = self._store.chunks[before.import_id][before.number]
            if stored.done != before.done:
                raise Stale(before.import_id)
            if batch.is_dry_run:
                return self._rehearsed(batch)
            batch = batch.without(self._known(batch.accepted))
            batch = batch.without(self._called(batch.updated))
            for row in batch.accepted:
                self._store.put_task(row.task)
            for row in batch.updated:
                known = self._store.tasks[row.task.task_id]
                told = known.told_as(row.task)
                self._store.put_task(replace(told, version=known.version + 1))
            self._store.counters[before.campaign_id][TASKS] += len(batch.accepted)
            self._note(batch)
            return batch

    def _rehearsed(self, batch: Batch) -> Batch:
        seen = self._store.rehearsed[batch.chunk.import_id]
        ids = frozenset(row.task.task_id for row in batch.accepted)
        batch = batch.without(ids & seen)
        seen |= ids
        self._note(batch)
        return batch

    def _note(self, batch: Batch) -> None:
        """What a batch changes besides tasks."""
        before = batch.chunk
        self._store.rejected[before.import_id].update({row.line: row for row in batch.rejected})
        self._store.chunks[before.import_id][before.number] = batch.after
        self._count(before.import_id, batch.counts)

    def _known(self, rows: Iterable[AcceptedRow]) -> frozenset[str]:
        return frozenset({row.task.task_id for row in rows} & self._store.tasks.keys())

    def _called(self, rows: Iterable[AcceptedRow]) -> frozenset[str]:
        found = (self._store.tasks[row.task.task_id] for row in rows)
        return frozenset(task.task_id for task in found if not task.is_fresh)

    def _count(self, import_id: str, more: Counts) -> None:
        self._changed(import_id, counts=self._store.imports[import_id].counts.plus(more))

    def give_up(self, chunk: Chunk, reason: str) -> None:
        """See the port."""
        with self._store.lock:
            stored = self._store.chunks[chunk.import_id][chunk.number]
            if stored.is_done or stored.reason is not None:
                return
            self._store.chunks[chunk.import_id][chunk.number] = replace(stored, reason=reason)
            self._count(chunk.import_id, Counts(chunks_given_up=1))

    def take_up(self, chunk: Chunk) -> Chunk:
        """See the port."""
        with self._store.lock:
            stored = self._store.chunks[chunk.import_id][chunk.number]
            if stored.reason is not None:
                self._count(chunk.import_id, Counts(chunks_given_up=-1))
            taken = replace(stored, reason=None)
            self._store.chunks[chunk.import_id][chunk.number] = taken
            return taken

    def finish(self, done: Import) -> None:
        """See the port."""
        with self._store.lock:
            if self._store.imports[done.import_id].status is not ImportStatus.COMPLETED:
                self._changed(done.import_id, status=done.status, reason=done.reason)

    def erase_row(self, import_id: str, line: int) -> None:
        """See the port."""
        with self._store.lock:
            rows = self._store.rejected[import_id]
            if line in rows:
                rows[line] = rows[line]._replace(value=None, task_id=None, is_erased=True)

    def rejected(self, import_id: str, *, cursor: str | None, limit: int) -> Page[RejectedRow]:
        """See the port."""
        with self._store.lock:
            rows = sorted(self._store.rejected[import_id].items())
            return page_of(
                [(f"{number:010}", row) for number, row in rows], cursor=cursor, limit=limit
            )


class MemoryFiles:
    """Files by their name; the version of one is what S3 would say."""

    def __init__(self, bytes_by_source: MutableMapping[str, bytes]) -> None:
        self._bytes_by_source = bytes_by_source
        self.parts: dict[str, dict[int, bytes]] = {}

    def source(self, key: str) -> str:
        """See the port."""
        return f"s3://drop/{key}"

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """See the port; nobody listens at this address."""
        url = f"https://memory.invalid/{source.removeprefix('s3://')}"
        return Upload(url=url, headers={"Content-Type": "text/csv"}, expires_at=now + valid_for)

    def begin_parts(self, source: str) -> str:
        """See the port."""
        upload_id = f"parts-of-{source}"
        self.parts[upload_id] = {}
        return upload_id

    def uploads(
        self, source: str, upload_id: str, count: int, *, now: datetime, valid_for: timedelta
    ) -> Sequence[Upload]:
        """See the port."""
        whole = self.upload(source, now=now, valid_for=valid_for)
        return [
            replace(whole, url=f"{whole.url}?parts={upload_id}&part={number}", headers={})
            for number in range(1, count + 1)
        ]

    def put_part(self, upload_id: str, number: int, content: bytes) -> None:
        """What whoever has the address of a part does."""
        self.parts[upload_id][number] = content

    def join(self, source: str, upload_id: str, size: int) -> None:
        """See the port."""
        if upload_id not in self.parts:
            raise NotAllowed(JOINED, "upload")
        content = b"".join(part for _, part in sorted(self.parts[upload_id].items()))
        check_size(len(content), size)
        self.put(source, content)
        del self.parts[upload_id]

    def put(self, source: str, content: bytes) -> None:
        """See the port."""
        self._bytes_by_source[source] = content

    def read(self, source: str, version: str, *, start: int, size: int) -> bytes:
        """See the port."""
        content = self._bytes_by_source.get(source)
        if content is None:
            raise UnreadableFile("the file is gone: drop it again")
        if version != version_of(content):
            raise UnreadableFile("the file was replaced while it was read: drop it again")
        return content[start : start + size]


def version_of(content: bytes) -> str:
    """The version of a file with this content, as S3 names it."""
    return md5(content, usedforsecurity=False).hexdigest()
