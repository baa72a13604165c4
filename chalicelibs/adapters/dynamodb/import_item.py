"""An import, and a row that stayed outside, as items."""

from collections.abc import Mapping
from dataclasses import asdict

from chalicelibs.adapters.dynamodb import former
from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.domain.imports import Chunk, Counts, Import, ImportStatus, Parts, RejectedRow
from chalicelibs.domain.reading import PLAIN, Duplicates, Meaning, Reading


def import_item(one: Import) -> Item:
    """An import in plain values."""
    return {
        "workspace_id": one.workspace_id,
        "source": one.source,
        "version": one.version,
        "status": one.status,
        "reason": one.reason,
        "reading": reading_item(one.reading) if one.reading != PLAIN else None,
        "chunks": one.chunks,
        "total": one.total,
        "parts": one.parts and one.parts._asdict(),
        "created_at": one.created_at,
    }


def tally_of(counts: Counts) -> Item:
    """What has become of rows, as it is counted; zeros count nothing."""
    return {name: count for name, count in asdict(counts).items() if count}


def import_of(campaign_id: str, item: Item, tally: Mapping[str, int]) -> Import:
    """The import that `import_item` wrote, with what was counted since."""
    return Import(
        import_id=item["sk"],
        workspace_id=item["workspace_id"],
        campaign_id=campaign_id,
        source=item["source"],
        version=item.get("version"),
        status=ImportStatus(item["status"]),
        reason=item.get("reason"),
        reading=reading_of(item["reading"]) if "reading" in item else PLAIN,
        chunks=item.get("chunks", 0),
        total=item.get("total"),
        counts=Counts(**{**former.counts_of(item), **tally}),
        parts=Parts(**item["parts"]) if "parts" in item else None,
        created_at=to_instant(item["created_at"]),
    )


def reading_item(reading: Reading) -> Item:
    """How a file is to be read, in plain values."""
    return {
        "columns": dict(reading.columns) or None,
        "region": reading.region,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "duplicates": reading.duplicates,
        "is_dry_run": reading.is_dry_run or None,
    }


def reading_of(item: Item) -> Reading:
    """What `reading_item` wrote."""
    return Reading(
        columns={Meaning(one): name for one, name in item.get("columns", {}).items()},
        region=item.get("region"),
        encoding=item.get("encoding"),
        delimiter=item.get("delimiter"),
        duplicates=Duplicates(item["duplicates"]),
        is_dry_run=item.get("is_dry_run", False),
    )


def chunk_item(chunk: Chunk) -> Item:
    """A chunk in plain values; its key tells its number."""
    return {
        "campaign_id": chunk.campaign_id,
        "start": chunk.start,
        "end": chunk.end,
        "line": chunk.line,
        "end_line": chunk.end_line,
        "rows": chunk.rows,
        "shards": chunk.shards,
        "done": chunk.done,
        "done_line": chunk.done_line,
        "reason": chunk.reason,
    }


def chunk_of(import_id: str, item: Item) -> Chunk:
    """The chunk that `chunk_item` wrote."""
    return Chunk(
        import_id=import_id,
        campaign_id=item["campaign_id"],
        number=int(item["sk"]),
        start=item["start"],
        end=item["end"],
        line=item["line"],
        end_line=item["end_line"],
        rows=item["rows"],
        shards=item["shards"],
        done=item["done"],
        done_line=item["done_line"],
        reason=item.get("reason"),
    )


def rejected_item(row: RejectedRow) -> Item:
    """A rejected row in plain values; its key tells its line."""
    return {
        "code": row.code,
        "message": row.message,
        "column": row.column,
        "value": row.value,
        "task_id": row.task_id,
        "is_erased": row.is_erased or None,
    }


def rejected_of(item: Item) -> RejectedRow:
    """The row that `rejected_item` wrote."""
    return RejectedRow(
        line=int(item["sk"]),
        code=item["code"],
        message=item["message"],
        column=item.get("column"),
        value=item.get("value"),
        task_id=item.get("task_id"),
        is_erased=item.get("is_erased", False),
    )
