"""Exports in the table."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.export_item import export_item, export_of
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import IS_NEW, put
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.exports import Export


class DynamoExports:
    """An item per export with its campaign's others."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, new: Export) -> Export:
        """See the port."""
        key = keys.exported(new.campaign_id, new.export_id)
        try:
            self._table.write(put(key, export_item(new), IS_NEW))
        except ConditionFailed as failed:
            stored = self.get(new.workspace_id, new.campaign_id, new.export_id)
            if stored is None:
                raise Stale(new.export_id) from failed
            return stored
        return new

    def get(self, workspace_id: str, campaign_id: str, export_id: str) -> Export | None:
        """See the port."""
        item = self._table.get(keys.exported(campaign_id, export_id))
        if item is None or item["workspace_id"] != workspace_id:
            return None
        return export_of(campaign_id, item)

    def of_campaign(self, workspace_id: str, campaign_id: str) -> Sequence[Export]:
        """See the port."""
        items = self._table.query("#pk = :pk", pk=keys.exports_of(campaign_id), forward=False)
        found = [export_of(campaign_id, item) for item in items]
        return [export for export in found if export.workspace_id == workspace_id]

    def save(self, export: Export) -> Export:
        """See the port."""
        saved = replace(export, version=export.version + 1)
        write = put(
            keys.exported(export.campaign_id, export.export_id),
            export_item(saved),
            "#version = :version",
            version=export.version,
        )
        try:
            self._table.write(write)
        except ConditionFailed as failed:
            raise Stale(export.export_id) from failed
        return saved
