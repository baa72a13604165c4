"""What workspaces have with carriers, in the table."""

import json
from collections.abc import Sequence
from contextlib import suppress

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.table import Cancelled, Table
from chalicelibs.adapters.dynamodb.writes import IS_THERE, delete, put
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind


class DynamoAccounts:
    """Items beside their workspace; none of them holds a secret, only what it is kept under."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, account: CarrierAccount) -> None:
        """See the port."""
        key = keys.carrier(account.workspace_id, account.name)
        self._table.write(put(key, account_item(account)))

    def get(self, workspace_id: str, name: str) -> CarrierAccount | None:
        """See the port."""
        item = self._table.get(keys.carrier(workspace_id, name))
        return None if item is None else account_of(workspace_id, item)

    def list(self, workspace_id: str) -> Sequence[CarrierAccount]:
        """See the port."""
        items = self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            pk=keys.inside(workspace_id),
            prefix=keys.CARRIER,
        )
        return [account_of(workspace_id, item) for item in items]

    def remove(self, workspace_id: str, name: str) -> None:
        """See the port."""
        with suppress(Cancelled):
            self._table.transact([delete(keys.carrier(workspace_id, name), IS_THERE)])


def account_item(account: CarrierAccount) -> Item:
    """An account in plain values; settings are whatever JSON its kind takes, kept as text."""
    return {
        "kind": account.kind,
        "settings": json.dumps(dict(account.settings)),
        "secrets": dict(account.secrets),
    }


def account_of(workspace_id: str, item: Item) -> CarrierAccount:
    """The account that `account_item` wrote."""
    return CarrierAccount(
        workspace_id=workspace_id,
        name=item["sk"].removeprefix(keys.CARRIER),
        kind=CarrierKind(item["kind"]),
        settings=json.loads(item["settings"]),
        secrets=item["secrets"],
    )
