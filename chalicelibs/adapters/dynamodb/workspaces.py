"""Workspaces and keys in the table."""

from collections.abc import Sequence
from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, put, update
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.workspace import ApiKey, Workspace


class DynamoWorkspaces:
    """An item per workspace, one per key, and a line in a list of all."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """See the port."""
        workspace_id = workspace.workspace_id
        try:
            self._table.transact(
                [
                    put(keys.workspace(workspace_id), workspace_item(workspace), IS_NEW),
                    put(keys.api_key(key.key_id), key_item(key), IS_NEW),
                    put(keys.registered(workspace_id), {}),
                ]
            )
        except Cancelled as cancelled:
            raise Stale(workspace_id) from cancelled

    def get(self, workspace_id: str) -> Workspace | None:
        """See the port."""
        item = self._table.get(keys.workspace(workspace_id))
        return None if item is None else workspace_of(workspace_id, item)

    def set_limits(self, workspace: Workspace) -> None:
        """See the port."""
        pace = workspace.calls_per_second
        expression = "SET #concurrency_limit = :limit" + (
            " REMOVE #calls_per_second" if pace is None else ", #calls_per_second = :pace"
        )
        values: dict[str, Any] = {} if pace is None else {"pace": pace}
        key = keys.workspace(workspace.workspace_id)
        try:
            self._table.write(
                update(key, expression, IS_THERE, limit=workspace.concurrency_limit, **values)
            )
        except ConditionFailed as failed:
            raise NotFound("workspace", workspace.workspace_id) from failed

    def ids(self) -> Sequence[str]:
        """See the port."""
        lines = self._table.query("#pk = :pk", pk=keys.REGISTRY)
        return [line["sk"] for line in lines]

    def key(self, key_id: str) -> ApiKey | None:
        """See the port."""
        item = self._table.get(keys.api_key(key_id))
        if item is None:
            return None
        return ApiKey(
            key_id=key_id, workspace_id=item["workspace_id"], secret_hash=item["secret_hash"]
        )


def workspace_item(workspace: Workspace) -> Item:
    """A workspace in plain values; `open`, the set of its open campaigns, is kept beside them."""
    return {
        "name": workspace.name,
        "concurrency_limit": workspace.concurrency_limit,
        "calls_per_second": workspace.calls_per_second,
        "created_at": workspace.created_at,
    }


def workspace_of(workspace_id: str, item: Item) -> Workspace:
    """The workspace that `workspace_item` wrote."""
    return Workspace(
        workspace_id=workspace_id,
        name=item["name"],
        concurrency_limit=item["concurrency_limit"],
        calls_per_second=item.get("calls_per_second"),
        created_at=to_instant(item["created_at"]),
    )


def key_item(key: ApiKey) -> Item:
    """A key in plain values."""
    return {"workspace_id": key.workspace_id, "secret_hash": key.secret_hash}
