"""Imports in the table."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelibs.adapters.dynamodb import counters, keys
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.import_item import (
    chunk_item,
    chunk_of,
    import_item,
    import_of,
    rejected_item,
    rejected_of,
    tally_of,
)
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Table
from chalicelibs.adapters.dynamodb.tasks import amend, insert
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, Write, put, update
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import (
    Batch,
    Chunk,
    Counts,
    Import,
    ImportStatus,
    RejectedRow,
)
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.progress import TASKS
from chalicelibs.ports.pages import Page

#: How long a dry run knows which numbers came before.
REMEMBERED = timedelta(days=1)


class DynamoImports:
    """An item per import with its campaign's others, and a pointer to it with its workspace."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def start(self, new: Import) -> Import:
        """See the port."""
        pointer = keys.import_pointer(new.workspace_id, new.import_id)
        item = keys.imported(new.campaign_id, new.import_id)
        try:
            self._table.transact(
                [
                    put(pointer, {"campaign_id": new.campaign_id}, IS_NEW),
                    put(item, import_item(new), IS_NEW),
                ]
            )
        except Cancelled as cancelled:
            stored = self.get(new.workspace_id, new.import_id)
            if stored is None:
                raise Stale(new.import_id) from cancelled
            return stored
        return new

    def begin(self, waiting: Import, version: str) -> Import:
        """See the port."""
        begun = waiting.begun(version)
        try:
            self._table.write(_begin(waiting, begun))
        except ConditionFailed as failed:
            raise Stale(waiting.import_id) from failed
        return begun

    def get(self, workspace_id: str, import_id: str) -> Import | None:
        """See the port."""
        pointer = self._table.get(keys.import_pointer(workspace_id, import_id))
        if pointer is None:
            return None
        item = self._table.get(keys.imported(pointer["campaign_id"], import_id))
        return None if item is None else self._counted(pointer["campaign_id"], item)

    def of_campaign(self, campaign_id: str) -> Sequence[Import]:
        """See the port."""
        items = self._table.query("#pk = :pk", pk=keys.imports_of(campaign_id))
        imports = [self._counted(campaign_id, item) for item in items]
        return sorted(imports, key=lambda one: (one.created_at, one.import_id))

    def _counted(self, campaign_id: str, item: Item) -> Import:
        """An import with its counts: at its end they are written down, until then counted."""
        if "counts" in item or not item["chunks"]:
            return import_of(campaign_id, item, item.get("counts", {}))
        return import_of(campaign_id, item, counters.total(self._table, item["sk"]))

    def add_chunks(self, job: Import, chunks: Sequence[Chunk]) -> Import:
        """See the port. Holds for at most 99 chunks."""
        grown = replace(job, chunks=job.chunks + len(chunks))
        self._cut(
            job,
            _set_while_cutting(job, "chunks", grown.chunks),
            *(
                put(keys.chunk(one.import_id, one.number), chunk_item(one), IS_NEW)
                for one in chunks
            ),
        )
        return grown

    def set_total(self, job: Import, rows: int) -> Import:
        """See the port."""
        self._cut(job, _set_while_cutting(job, "total", rows))
        return replace(job, total=rows)

    def _cut(self, job: Import, *writes: Write) -> None:
        try:
            self._table.transact(writes)
        except Cancelled as cancelled:
            raise Stale(job.import_id) from cancelled

    def chunk(self, import_id: str, number: int) -> Chunk | None:
        """See the port."""
        item = self._table.get(keys.chunk(import_id, number))
        return None if item is None else chunk_of(import_id, item)

    def chunks(self, import_id: str) -> Sequence[Chunk]:
        """See the port."""
        items = self._table.query("#pk = :pk", pk=keys.chunks_of(import_id))
        return [chunk_of(import_id, item) for item in items]

    def commit(self, batch: Batch) -> Batch:
        """See the port. Holds for batches of at most 97 rows."""
        while True:
            try:
                self._table.transact(self._writes(batch))
            except Cancelled as cancelled:
                if 0 in cancelled.failed:
                    raise Stale(batch.chunk.import_id) from cancelled
                batch = batch.without(_refused(batch, cancelled.failed))
            else:
                return batch

    def _writes(self, batch: Batch) -> list[Write]:
        """Everything that belongs to a batch; the chunk itself comes first."""
        chunk, lot = batch.chunk, self._table.ids.lot()
        writes = [
            _advance(batch),
            *(_tasks(batch) if not batch.is_dry_run else _rehearsed(batch)),
            *(
                put(keys.rejected(chunk.import_id, row.line), rejected_item(row))
                for row in batch.rejected
            ),
            counters.count(chunk.import_id, tally_of(batch.counts), lot=lot),
        ]
        if batch.accepted and not batch.is_dry_run:
            tally = {TASKS: len(batch.accepted)}
            writes.append(counters.count(chunk.campaign_id, tally, lot=lot))
        return writes

    def give_up(self, chunk: Chunk, reason: str) -> None:
        """See the port."""
        noted = update(
            keys.chunk(chunk.import_id, chunk.number),
            "SET #reason = :reason",
            "attribute_not_exists(#reason) AND #done < #rows",
            reason=reason,
        )
        self._count_with(noted, chunk, Counts(chunks_given_up=1))

    def take_up(self, chunk: Chunk) -> Chunk:
        """See the port."""
        key = keys.chunk(chunk.import_id, chunk.number)
        forgotten = update(key, "REMOVE #reason", "attribute_exists(#reason)")
        self._count_with(forgotten, chunk, Counts(chunks_given_up=-1))
        return replace(chunk, reason=None)

    def _count_with(self, write: Write, chunk: Chunk, counts: Counts) -> None:
        """Carry out a write and count it; if its condition does not hold, somebody else did."""
        lot = self._table.ids.lot()
        with suppress(Cancelled):
            self._table.transact(
                [write, counters.count(chunk.import_id, tally_of(counts), lot=lot)]
            )

    def finish(self, done: Import) -> None:
        """See the port. The counts of a completed import do not change any more."""
        is_completed = done.status is ImportStatus.COMPLETED
        sets: dict[str, Any] = {
            "status": done.status,
            "reason": done.reason,
            "counts": tally_of(done.counts) if is_completed else None,
        }
        key = keys.imported(done.campaign_id, done.import_id)
        values = {name: value for name, value in sets.items() if value is not None}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        if gone := sets.keys() - values.keys():
            expression += " REMOVE " + ", ".join(f"#{name}" for name in sorted(gone))
        unless = f"{IS_THERE} AND #status <> :completed"
        with suppress(ConditionFailed):
            self._table.write(
                update(key, expression, unless, completed=ImportStatus.COMPLETED, **values)
            )

    def erase_row(self, import_id: str, line: int) -> None:
        """See the port."""
        key, bare = keys.rejected(import_id, line), "SET #is_erased = :yes REMOVE #value, #task_id"
        with suppress(ConditionFailed):  # no such row was rejected
            self._table.write(update(key, bare, IS_THERE, yes=True))

    def rejected(self, import_id: str, *, cursor: str | None, limit: int) -> Page[RejectedRow]:
        """See the port."""
        pk, after = keys.rejected_of(import_id), cursor or " "  # before every number
        items = self._table.query(
            "#pk = :pk AND #sk > :after", limit=limit + 1, pk=pk, after=after
        )
        rows = [rejected_of(item) for item in items[:limit]]
        return Page(rows, items[limit - 1]["sk"] if len(items) > limit else None)


def _begin(waiting: Import, begun: Import) -> Write:
    condition = "#status = :before AND " + (
        "attribute_not_exists(#version)" if waiting.version is None else "#version = :old"
    )
    old: dict[str, Any] = {} if waiting.version is None else {"old": waiting.version}
    return update(
        keys.imported(begun.campaign_id, begun.import_id),
        "SET #status = :status, #version = :version REMOVE #reason",
        condition,
        status=begun.status,
        version=begun.version,
        before=waiting.status,
        **old,
    )


def _set_while_cutting(job: Import, name: str, value: int) -> Write:
    return update(
        keys.imported(job.campaign_id, job.import_id),
        f"SET #{name} = :value",
        "#chunks = :chunks AND #version = :version AND attribute_not_exists(#total)",
        value=value,
        chunks=job.chunks,
        version=job.version,
    )


def _advance(batch: Batch) -> Write:
    return update(
        keys.chunk(batch.chunk.import_id, batch.chunk.number),
        "SET #done = :after, #done_line = :line",
        "#done = :before",
        before=batch.chunk.done,
        after=batch.after.done,
        line=batch.line,
    )


def _tasks(batch: Batch) -> Iterator[Write]:
    """The new tasks, then those that change."""
    yield from (insert(row.task) for row in batch.accepted)
    yield from (amend(row.task) for row in batch.updated)


def _rehearsed(batch: Batch) -> Iterator[Write]:
    """A mark for each task that there would be, under its condition."""
    for row in batch.accepted:
        expires_at = epoch_ms(row.task.created_at + REMEMBERED) // 1000
        key = keys.rehearsed(batch.chunk.import_id, row.task.task_id)
        yield put(key, {"expires_at": expires_at}, IS_NEW)


def _refused(batch: Batch, failed: Sequence[int]) -> frozenset[str]:
    """The tasks that are there already, or were called meanwhile."""
    rows = [*batch.accepted, *batch.updated]
    return frozenset(rows[place - 1].task.task_id for place in failed)
