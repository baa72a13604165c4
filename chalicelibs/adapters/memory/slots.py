"""Slots and pacing in memory."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.rest import Rest


class MemorySlots:
    """The twin of the slots pages; it needs one page, and no limit on its size."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        """See the port."""
        with self._store.lock:
            page = self._store.slots.setdefault(scope, {0: set()})[0]
            for call_id in call_ids:
                if len(page) < limit:
                    page.add(call_id)
            return {call_id: 0 for call_id in call_ids if call_id in page}

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        """See the port."""
        with self._store.lock:
            for number, held in self._store.slots.get(scope, {}).items():
                if page in {None, number}:
                    held.difference_update(call_ids)

    def held(self, scope: str) -> frozenset[str]:
        """See the port."""
        with self._store.lock:
            return frozenset().union(*self._store.slots.get(scope, {}).values())


class MemoryPacing:
    """The twin of the counters of starts."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def take(self, workspace_id: str, at: datetime, *, limit: int, wanted: int = 1) -> int:
        """See the port."""
        with self._store.lock:
            second = (workspace_id, epoch_ms(at) // 1000)
            taken = max(0, min(wanted, limit - self._store.starts[second]))
            self._store.starts[second] += taken
            return taken

    def plan(self, workspace_id: str, *, seen: datetime | None, until: datetime) -> bool:
        """See the port."""
        with self._store.lock:
            workspace = self._store.workspaces[workspace_id]
            if workspace.planned_until != seen:
                return False
            self._store.workspaces[workspace_id] = replace(workspace, planned_until=until)
            return True

    def rest(self, workspace_id: str, carrier: str, rest: Rest) -> None:
        """See the port."""
        with self._store.lock:
            workspace = self._store.workspaces[workspace_id]
            last = workspace.rests.get(carrier)
            if last is None or last.until < rest.until:
                rests = {**workspace.rests, carrier: rest}
                self._store.workspaces[workspace_id] = replace(workspace, rests=rests)

    def deny(self, workspace_id: str, carrier: str, denial: Denials, *, since: datetime) -> None:
        """See the port."""
        with self._store.lock:
            workspace = self._store.workspaces[workspace_id]
            last = workspace.denials.get(carrier)
            if last is not None and last.last_at >= since:
                denial = replace(denial, times=last.times + denial.times)
            denials = {**workspace.denials, carrier: denial}
            self._store.workspaces[workspace_id] = replace(workspace, denials=denials)

    def wake(self, workspace_id: str, carrier: str) -> None:
        """See the port."""
        with self._store.lock:
            workspace = self._store.workspaces[workspace_id]
            self._store.workspaces[workspace_id] = replace(
                workspace,
                rests={name: one for name, one in workspace.rests.items() if name != carrier},
                denials={name: one for name, one in workspace.denials.items() if name != carrier},
            )
