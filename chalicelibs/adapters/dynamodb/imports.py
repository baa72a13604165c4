"""Imports in the table."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chalicelibs.adapters.dynamodb import counters, keys
from chalicelibs.adapters.dynamodb.import_item import (
    import_item,
    import_of,
    rejected_item,
    rejected_of,
)
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Table
from chalicelibs.adapters.dynamodb.tasks import insert
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, Write, put, update
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.imports import Chunk, Import, RejectedRow
from chalicelibs.domain.progress import TASKS
from chalicelibs.ports import Page

ADVANCE = (
    "SET #rows = :after ADD #accepted :accepted, #rejected :rejected, #duplicates :duplicates"
)


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
        return None if item is None else import_of(pointer["campaign_id"], item)

    def of_campaign(self, campaign_id: str) -> Sequence[Import]:
        """See the port."""
        items = self._table.query("#pk = :pk", pk=keys.imports_of(campaign_id))
        imports = [import_of(campaign_id, item) for item in items]
        return sorted(imports, key=lambda one: (one.created_at, one.import_id))

    def commit(self, chunk: Chunk) -> Chunk:
        """See the port. Holds for chunks of at most 90 rows."""
        while True:
            try:
                self._table.transact(self._writes(chunk))
            except Cancelled as cancelled:
                known = _known(chunk, cancelled)
                if not known:
                    raise Stale(chunk.import_id) from cancelled
                chunk = chunk.without(known)
            else:
                return chunk

    def _writes(self, chunk: Chunk) -> list[Write]:
        """Everything that belongs to a chunk; the import itself comes first."""
        writes = [
            _advance(chunk),
            *(insert(row.task) for row in chunk.accepted),
            *(
                put(keys.rejected(chunk.import_id, row.line), rejected_item(row))
                for row in chunk.rejected
            ),
        ]
        if chunk.accepted:
            tally = {TASKS: len(chunk.accepted)}
            writes.append(counters.count(chunk.campaign_id, tally, lot=self._table.ids.lot()))
        return writes

    def finish(self, done: Import) -> None:
        """See the port."""
        expression = "SET #status = :status" + (
            " REMOVE #reason" if done.reason is None else ", #reason = :reason"
        )
        values: dict[str, Any] = {} if done.reason is None else {"reason": done.reason}
        key = keys.imported(done.campaign_id, done.import_id)
        try:
            self._table.write(update(key, expression, IS_THERE, status=done.status, **values))
        except ConditionFailed as failed:
            raise NotFound("import", done.import_id) from failed

    def erase_value(self, import_id: str, line: int) -> None:
        """See the port."""
        with suppress(ConditionFailed):  # no such row was rejected
            self._table.write(update(keys.rejected(import_id, line), "REMOVE #value", IS_THERE))

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


def _advance(chunk: Chunk) -> Write:
    duplicates = chunk.duplicates
    return update(
        keys.imported(chunk.campaign_id, chunk.import_id),
        ADVANCE,
        "#rows = :before",
        before=chunk.rows_before,
        after=chunk.rows_after,
        accepted=len(chunk.accepted),
        rejected=len(chunk.rejected) - duplicates,
        duplicates=duplicates,
    )


def _known(chunk: Chunk, cancelled: Cancelled) -> frozenset[str]:
    """The tasks that are there already; none if somebody else stored this chunk."""
    if 0 in cancelled.failed:
        return frozenset()
    return frozenset(chunk.accepted[place - 1].task.task_id for place in cancelled.failed)
