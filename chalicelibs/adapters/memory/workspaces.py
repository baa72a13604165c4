"""Workspaces, keys, agents and numbers in memory."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.workspace import MOST_KEYS, ApiKey, Workspace


class MemoryWorkspaces:
    """The twin of the workspaces in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """See the port."""
        with self._store.lock:
            if workspace.workspace_id in self._store.workspaces or key.key_id in self._store.keys:
                raise Stale(workspace.workspace_id)
            self._store.workspaces[workspace.workspace_id] = workspace
            self._store.keys[key.key_id] = key

    def get(self, workspace_id: str) -> Workspace | None:
        """See the port."""
        return self._store.workspaces.get(workspace_id)

    def set_limits(self, workspace: Workspace) -> None:
        """See the port."""
        with self._store.lock:
            stored = self._store.workspaces[workspace.workspace_id]
            self._store.workspaces[workspace.workspace_id] = replace(
                workspace,
                rests=stored.rests,
                denials=stored.denials,
                planned_until=stored.planned_until,
            )

    def ids(self) -> Sequence[str]:
        """See the port."""
        with self._store.lock:
            return sorted(self._store.workspaces)

    def key(self, key_id: str) -> ApiKey | None:
        """See the port."""
        return self._store.keys.get(key_id)

    def keys(self, workspace_id: str) -> Sequence[ApiKey]:
        """See the port."""
        with self._store.lock:
            ordered = sorted(self._store.keys.items(), key=itemgetter(0))
            return [key for _, key in ordered if key.workspace_id == workspace_id]

    def add_key(self, key: ApiKey) -> bool:
        """See the port."""
        with self._store.lock:
            if key.key_id in self._store.keys:
                raise Stale(key.key_id)
            if len(self.keys(key.workspace_id)) >= MOST_KEYS:
                return False
            self._store.keys[key.key_id] = key
            return True

    def save_key(self, key: ApiKey) -> bool:
        """See the port."""
        with self._store.lock:
            self._check(key.workspace_id, key.key_id)
            if key.scope is not Scope.MANAGE and self._is_last_manager(key):
                return False
            self._store.keys[key.key_id] = key
            return True

    def revoke(self, workspace_id: str, key_id: str) -> bool:
        """See the port."""
        with self._store.lock:
            self._check(workspace_id, key_id)
            if self._is_last_manager(self._store.keys[key_id]):
                return False
            del self._store.keys[key_id]
            return True

    def _is_last_manager(self, key: ApiKey) -> bool:
        own = self.keys(key.workspace_id)
        return {one.key_id for one in own if one.scope is Scope.MANAGE} == {key.key_id}

    def _check(self, workspace_id: str, key_id: str) -> None:
        stored = self._store.keys.get(key_id)
        if stored is None or stored.workspace_id != workspace_id:
            raise NotFound("key", key_id)


class MemoryAgents:
    """The twin of the agents in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def save(self, agent: Agent) -> None:
        """See the port."""
        with self._store.lock:
            self._store.agents[agent.workspace_id, agent.agent_id] = agent

    def edit(self, agent: Agent) -> Agent:
        """See the port."""
        with self._store.lock:
            stored = self._store.agents.get((agent.workspace_id, agent.agent_id))
            if stored is None or stored.version != agent.version:
                raise Stale(agent.agent_id)
            edited = replace(agent, version=agent.version + 1)
            self._store.agents[agent.workspace_id, agent.agent_id] = edited
            return edited

    def get(self, workspace_id: str, agent_id: str) -> Agent | None:
        """See the port."""
        return self._store.agents.get((workspace_id, agent_id))

    def list(self, workspace_id: str) -> Sequence[Agent]:
        """See the port."""
        with self._store.lock:
            agents = self._store.agents.items()
            return [
                agent
                for (owner, _), agent in sorted(agents, key=itemgetter(0))
                if owner == workspace_id
            ]

    def save_number(self, number: Number) -> None:
        """See the port."""
        with self._store.lock:
            self._store.numbers[number.workspace_id, number.phone] = number

    def edit_number(self, number: Number) -> Number:
        """See the port."""
        with self._store.lock:
            stored = self._store.numbers.get((number.workspace_id, number.phone))
            if stored is None or stored.version != number.version:
                raise Stale(number.phone)
            edited = replace(number, version=number.version + 1)
            self._store.numbers[number.workspace_id, number.phone] = edited
            return edited

    def number(self, workspace_id: str, phone: str) -> Number | None:
        """See the port."""
        return self._store.numbers.get((workspace_id, phone))

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """See the port."""
        with self._store.lock:
            numbers = self._store.numbers.items()
            return [
                number
                for (owner, _), number in sorted(numbers, key=itemgetter(0))
                if owner == workspace_id
            ]
