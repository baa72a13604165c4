"""An import, and a row that stayed outside, as items."""

from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.domain.imports import Import, ImportStatus, RejectedRow
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
        "rows": one.rows,
        "accepted": one.accepted,
        "rejected": one.rejected,
        "duplicates": one.duplicates,
        "created_at": one.created_at,
    }


def import_of(campaign_id: str, item: Item) -> Import:
    """The import that `import_item` wrote."""
    return Import(
        import_id=item["sk"],
        workspace_id=item["workspace_id"],
        campaign_id=campaign_id,
        source=item["source"],
        version=item.get("version"),
        status=ImportStatus(item["status"]),
        reason=item.get("reason"),
        reading=reading_of(item["reading"]) if "reading" in item else PLAIN,
        rows=item["rows"],
        accepted=item["accepted"],
        rejected=item["rejected"],
        duplicates=item["duplicates"],
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


def rejected_item(row: RejectedRow) -> Item:
    """A rejected row in plain values; its key tells its line."""
    return {
        "code": row.code,
        "message": row.message,
        "column": row.column,
        "value": row.value,
    }


def rejected_of(item: Item) -> RejectedRow:
    """The row that `rejected_item` wrote."""
    return RejectedRow(
        line=int(item["sk"]),
        code=item["code"],
        message=item["message"],
        column=item.get("column"),
        value=item.get("value"),
    )
