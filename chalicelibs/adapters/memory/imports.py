"""Imports and files in memory."""

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO

from chalicelibs.adapters.memory.store import MemoryStore, page_of
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import Chunk, Import, RejectedRow
from chalicelibs.domain.progress import TASKS
from chalicelibs.ports import Page, UnreadableFile, Upload


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

    def commit(self, chunk: Chunk) -> Chunk:
        """See the port."""
        with self._store.lock:
            stored = self._store.imports[chunk.import_id]
            if stored.rows != chunk.rows_before:
                raise Stale(chunk.import_id)
            ids = {row.task.task_id for row in chunk.accepted}
            done = chunk.without(frozenset(ids & self._store.tasks.keys()))
            for accepted in done.accepted:
                self._store.put_task(accepted.task)
            self._store.counters[chunk.campaign_id][TASKS] += len(done.accepted)
            self._store.rejected[chunk.import_id].update({row.line: row for row in done.rejected})
            self._store.imports[chunk.import_id] = replace(
                stored,
                rows=chunk.rows_after,
                accepted=stored.accepted + len(done.accepted),
                rejected=stored.rejected + len(done.rejected) - done.duplicates,
                duplicates=stored.duplicates + done.duplicates,
            )
            return done

    def finish(self, done: Import) -> None:
        """See the port."""
        with self._store.lock:
            stored = self._store.imports[done.import_id]
            self._store.imports[done.import_id] = replace(
                stored, status=done.status, reason=done.reason
            )

    def erase_value(self, import_id: str, line: int) -> None:
        """See the port."""
        with self._store.lock:
            rows = self._store.rejected[import_id]
            if line in rows:
                rows[line] = rows[line]._replace(value=None)

    def rejected(self, import_id: str, *, cursor: str | None, limit: int) -> Page[RejectedRow]:
        """See the port."""
        with self._store.lock:
            rows = sorted(self._store.rejected[import_id].items())
            return page_of(
                [(f"{number:010}", row) for number, row in rows], cursor=cursor, limit=limit
            )


class MemoryFiles:
    """Files by their name."""

    def __init__(self, text_by_source: MutableMapping[str, str]) -> None:
        self._text_by_source = text_by_source

    def source(self, key: str) -> str:
        """See the port."""
        return f"s3://drop/{key}"

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """See the port; nobody listens at this address."""
        url = f"https://memory.invalid/{source.removeprefix('s3://')}"
        return Upload(url=url, headers={"Content-Type": "text/csv"}, expires_at=now + valid_for)

    def put(self, source: str, content: bytes) -> None:
        """See the port; what is no text is lost."""
        self._text_by_source[source] = content.decode(errors="replace")

    def lines(self, source: str) -> Iterable[str]:
        """See the port."""
        if source not in self._text_by_source:
            raise UnreadableFile("the file is gone: drop it again")
        return StringIO(self._text_by_source[source], newline="")
