"""An export as one item, which the table forgets by itself."""

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant
from chalicelibs.domain.exports import (
    Checkpoint,
    Export,
    ExportFormat,
    ExportKind,
    ExportStatus,
)
from chalicelibs.domain.instants import epoch_ms


def export_item(export: Export) -> Item:
    """An export in plain values; its key tells its campaign and its id."""
    return {
        "workspace_id": export.workspace_id,
        "kind": export.kind,
        "format": export.format,
        "file": export.file,
        "context": list(export.context) or None,
        "import_id": export.import_id,
        "has_duplicates": export.has_duplicates or None,
        "total": export.total,
        "status": export.status,
        "reason": export.reason,
        "done": checkpoint_item(export.done),
        "held_until": export.held_until,
        "created_at": export.created_at,
        "version": export.version,
        "expires_at": epoch_ms(export.expires_at) // 1000,
    }


def export_of(campaign_id: str, item: Item) -> Export:
    """The export that `export_item` wrote."""
    return Export(
        export_id=item["sk"],
        workspace_id=item["workspace_id"],
        campaign_id=campaign_id,
        kind=ExportKind(item["kind"]),
        format=ExportFormat(item["format"]),
        file=item["file"],
        context=tuple(item.get("context", ())),
        import_id=item.get("import_id"),
        has_duplicates=item.get("has_duplicates", False),
        total=item["total"],
        status=ExportStatus(item["status"]),
        reason=item.get("reason"),
        done=checkpoint_of(item["done"]),
        held_until=maybe(to_instant, item.get("held_until")),
        created_at=to_instant(item["created_at"]),
        version=item["version"],
    )


def checkpoint_item(done: Checkpoint) -> Item:
    """A checkpoint in plain values."""
    return {
        "upload": done.upload,
        "parts": list(done.parts) or None,
        "rest": done.rest,
        "cursor": done.cursor,
        "rows": done.rows,
        "is_whole": done.is_whole or None,
    }


def checkpoint_of(item: Item) -> Checkpoint:
    """The checkpoint that `checkpoint_item` wrote."""
    return Checkpoint(
        upload=item.get("upload"),
        parts=tuple(item.get("parts", ())),
        rest=item.get("rest"),
        cursor=item.get("cursor"),
        rows=item["rows"],
        is_whole=item.get("is_whole", False),
    )
