"""Agents and numbers in the table."""

from collections.abc import Sequence

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.codec import Item, to_span
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import put
from chalicelibs.domain.agent import Agent, Number


class DynamoAgents:
    """Items beside their workspace: who asks for another's finds nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, agent: Agent) -> None:
        """See the port."""
        self._table.write(put(keys.agent(agent.workspace_id, agent.agent_id), agent_item(agent)))

    def get(self, workspace_id: str, agent_id: str) -> Agent | None:
        """See the port."""
        item = self._table.get(keys.agent(workspace_id, agent_id))
        return None if item is None else agent_of(workspace_id, item)

    def list(self, workspace_id: str) -> Sequence[Agent]:
        """See the port."""
        items = self._all(workspace_id, keys.AGENT)
        return [agent_of(workspace_id, item) for item in items]

    def save_number(self, number: Number) -> None:
        """See the port."""
        key = keys.number(number.workspace_id, number.phone)
        self._table.write(put(key, {"carrier": number.carrier}))

    def number(self, workspace_id: str, phone: str) -> Number | None:
        """See the port."""
        item = self._table.get(keys.number(workspace_id, phone))
        return None if item is None else number_of(workspace_id, item)

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """See the port."""
        items = self._all(workspace_id, keys.NUMBER)
        return [number_of(workspace_id, item) for item in items]

    def _all(self, workspace_id: str, prefix: str) -> Sequence[Item]:
        return self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            pk=keys.inside(workspace_id),
            prefix=prefix,
        )


def agent_item(agent: Agent) -> Item:
    """An agent in plain values."""
    return {
        "name": agent.name,
        "carrier": agent.carrier,
        "prompt": agent.prompt,
        "custom_outcomes": agent.custom_outcomes or None,
        "ring_timeout": agent.ring_timeout,
        "max_duration": agent.max_duration,
        "is_active": agent.is_active,
    }


def agent_of(workspace_id: str, item: Item) -> Agent:
    """The agent that `agent_item` wrote."""
    return Agent(
        agent_id=item["sk"].removeprefix(keys.AGENT),
        workspace_id=workspace_id,
        name=item["name"],
        carrier=item["carrier"],
        prompt=item["prompt"],
        custom_outcomes=item.get("custom_outcomes", frozenset()),
        ring_timeout=to_span(item["ring_timeout"]),
        max_duration=to_span(item["max_duration"]),
        is_active=item["is_active"],
    )


def number_of(workspace_id: str, item: Item) -> Number:
    """A number as it was stored."""
    phone = item["sk"].removeprefix(keys.NUMBER)
    return Number(phone=phone, workspace_id=workspace_id, carrier=item["carrier"])
