"""An import, and a row that stayed outside, as items."""

from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.domain.imports import Import, ImportStatus, RejectedRow


def import_item(one: Import) -> Item:
    """An import in plain values."""
    return {
        "workspace_id": one.workspace_id,
        "source": one.source,
        "version": one.version,
        "status": one.status,
        "reason": one.reason,
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
        rows=item["rows"],
        accepted=item["accepted"],
        rejected=item["rejected"],
        duplicates=item["duplicates"],
        created_at=to_instant(item["created_at"]),
    )


def rejected_item(row: RejectedRow) -> Item:
    """A rejected row in plain values; its key tells its number."""
    return {
        "line": row.line,
        "code": row.code,
        "message": row.message,
        "column": row.column,
        "value": row.value,
    }


def rejected_of(item: Item) -> RejectedRow:
    """The row that `rejected_item` wrote."""
    return RejectedRow(
        row=int(item["sk"]),
        line=item["line"],
        code=item["code"],
        message=item["message"],
        column=item.get("column"),
        value=item.get("value"),
    )
