"""Workspaces and keys in the table."""

from collections.abc import Sequence
from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item, to_instant
from chalicelibs.adapters.dynamodb.keys import Key
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, Write, delete, put, update
from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.quota import DEFAULT_PER_MINUTE
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.workspace import MOST_KEYS, ApiKey, Workspace

#: The attribute of a workspace that tells of a carrier's rest, before the carrier's name.
REST_OF = "rest_of_"

#: The one that tells how often it refused our credentials.
DENIALS_OF = "denials_of_"


class DynamoWorkspaces:
    """An item per workspace, which names its keys, one per key, and a line in a list of all."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """See the port."""
        workspace_id = workspace.workspace_id
        try:
            self._table.transact(
                [
                    put(
                        keys.workspace(workspace_id),
                        {**workspace_item(workspace), **named(key)},
                        IS_NEW,
                    ),
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
        return None if item is None else key_of(key_id, item)

    def keys(self, workspace_id: str) -> Sequence[ApiKey]:
        """See the port."""
        workspace = self._table.get(keys.workspace(workspace_id)) or {}
        wanted = {keys.api_key(key_id): key_id for key_id in sorted(workspace.get("keys", ()))}
        items = self._table.get_all(wanted)
        return [key_of(key_id, items[at]) for at, key_id in wanted.items() if at in items]

    def add_key(self, key: ApiKey) -> bool:
        """See the port."""
        also = ", #managers :ids" if key.scope is Scope.MANAGE else ""
        added = update(
            keys.workspace(key.workspace_id),
            f"ADD #keys :ids{also}",
            "size(#keys) < :most",
            ids=frozenset({key.key_id}),
            most=MOST_KEYS,
        )
        try:
            self._table.transact([added, put(keys.api_key(key.key_id), key_item(key), IS_NEW)])
        except Cancelled as cancelled:
            if 1 in cancelled.failed:
                raise Stale(key.key_id) from cancelled
            return False
        return True

    def save_key(self, key: ApiKey) -> bool:
        """See the port."""
        changed = update(
            keys.api_key(key.key_id),
            "SET #name = :name, #secret_hash = :secret_hash, #scope = :scope,"
            " #requests_per_minute = :requests_per_minute",
            "#workspace_id = :workspace_id",
            name=key.name,
            secret_hash=key.secret_hash,
            scope=key.scope,
            requests_per_minute=key.requests_per_minute,
            workspace_id=key.workspace_id,
        )
        owner, ids = keys.workspace(key.workspace_id), frozenset({key.key_id})
        if key.scope is Scope.MANAGE:
            counted = update(owner, "ADD #managers :ids", ids=ids)
        else:
            counted = without(owner, "#managers", key.key_id)
        return self._changed(key.key_id, [changed, counted])

    def revoke(self, workspace_id: str, key_id: str) -> bool:
        """See the port."""
        is_its = "#workspace_id = :workspace_id"
        removed = delete(keys.api_key(key_id), is_its, workspace_id=workspace_id)
        forgotten = without(keys.workspace(workspace_id), "#keys, #managers", key_id)
        return self._changed(key_id, [removed, forgotten])

    def _changed(self, key_id: str, writes: Sequence[Write]) -> bool:
        """Carry out what is done to a key, and with it to what its workspace knows of it."""
        try:
            self._table.transact(writes)
        except Cancelled as cancelled:
            if 0 in cancelled.failed:
                raise NotFound("key", key_id) from cancelled
            return False
        return True


def workspace_item(workspace: Workspace) -> Item:
    """A workspace in plain values.

    Beside them are kept the ids of its `keys`, of those among them that manage it (`managers`),
    and how often its campaigns were changed (`changes`); the rests and denials of its carriers;
    and until when starts are planned.
    """
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
        rests={
            name.removeprefix(REST_OF): rest_of(stored)
            for name, stored in item.items()
            if name.startswith(REST_OF)
        },
        denials={
            name.removeprefix(DENIALS_OF): denials_of(stored)
            for name, stored in item.items()
            if name.startswith(DENIALS_OF)
        },
        planned_until=to_instant(item["planned_until"]) if "planned_until" in item else None,
        created_at=to_instant(item["created_at"]),
    )


def rest_of(stored: Item) -> Rest:
    """A carrier's rest; `DynamoPacing` writes it."""
    return Rest(to_instant(stored["until"]), int(stored["length_ms"]) * MILLISECOND)


def denials_of(stored: Item) -> Denials:
    """What a carrier refused; `DynamoPacing` writes it."""
    return Denials(stored["times"], to_instant(stored["last_at"]), stored["reason"])


def named(key: ApiKey) -> Item:
    """The first key of a workspace, as the workspace names it."""
    return {"keys": frozenset({key.key_id}), "managers": frozenset({key.key_id})}


def without(workspace: Key, sets: str, key_id: str) -> Write:
    """Take a key out of its workspace's sets, if somebody is left who may manage it."""
    ids = frozenset({key_id})
    removed = ", ".join(f"{name} :ids" for name in sets.split(", "))
    is_not_last = "size(#managers) > :one OR NOT contains(#managers, :id)"
    return update(workspace, f"DELETE {removed}", is_not_last, ids=ids, id=key_id, one=1)


def key_item(key: ApiKey) -> Item:
    """A key in plain values."""
    return {
        "workspace_id": key.workspace_id,
        "secret_hash": key.secret_hash,
        "name": key.name,
        "scope": key.scope,
        "requests_per_minute": key.requests_per_minute,
        "created_at": key.created_at,
    }


def key_of(key_id: str, item: Item) -> ApiKey:
    """The key that `key_item` wrote."""
    return ApiKey(
        key_id=key_id,
        workspace_id=item["workspace_id"],
        secret_hash=item["secret_hash"],
        name=item.get("name", ""),
        scope=Scope(item.get("scope", Scope.MANAGE)),
        requests_per_minute=item.get("requests_per_minute", DEFAULT_PER_MINUTE),
        created_at=to_instant(item.get("created_at", 0)),
    )
