"""Workspaces, keys, agents and numbers in memory."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.workspace import ApiKey, Workspace


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
            self._store.workspaces[workspace.workspace_id] = workspace

    def ids(self) -> Sequence[str]:
        """See the port."""
        with self._store.lock:
            return sorted(self._store.workspaces)

    def key(self, key_id: str) -> ApiKey | None:
        """See the port."""
        return self._store.keys.get(key_id)


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
