"""Accounts with carriers, and their secrets, in memory."""

from collections.abc import Mapping, Sequence

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.carrier_account import CarrierAccount


class MemoryAccounts:
    """The twin of the accounts in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def save(self, account: CarrierAccount) -> None:
        """See the port."""
        with self._store.lock:
            self._store.accounts[account.workspace_id, account.name] = account

    def get(self, workspace_id: str, name: str) -> CarrierAccount | None:
        """See the port."""
        return self._store.accounts.get((workspace_id, name))

    def list(self, workspace_id: str) -> Sequence[CarrierAccount]:
        """See the port."""
        with self._store.lock:
            keys = sorted(self._store.accounts)
            return [self._store.accounts[key] for key in keys if key[0] == workspace_id]

    def remove(self, workspace_id: str, name: str) -> None:
        """See the port."""
        with self._store.lock:
            self._store.accounts.pop((workspace_id, name), None)


class MemorySecrets:
    """The twin of the parameter store, by workspace and name."""

    def __init__(self, values: Mapping[tuple[str, str], str]) -> None:
        self._values = values

    def get(self, workspace_id: str, name: str) -> Sequence[str]:
        """See the port."""
        return self._values.get((workspace_id, name), "").split()
