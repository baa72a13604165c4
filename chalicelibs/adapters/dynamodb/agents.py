"""Agents and numbers in the table."""

import json
from collections.abc import Sequence
from dataclasses import replace

from chalicelibs.adapters.dynamodb import former, keys
from chalicelibs.adapters.dynamodb.codec import Item, to_span
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import IS_THERE, put
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.errors import Stale

#: A write that counts only for the version that was read.
SAME_VERSION = "#version = :version"

#: Items of a former release have none: they count as version 0.
STILL_FIRST = f"{IS_THERE} AND (attribute_not_exists(#version) OR {SAME_VERSION})"


class DynamoAgents:
    """Items beside their workspace: who asks for another's finds nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, agent: Agent) -> None:
        """See the port."""
        self._table.write(put(keys.agent(agent.workspace_id, agent.agent_id), agent_item(agent)))

    def edit(self, agent: Agent) -> Agent:
        """See the port."""
        edited = replace(agent, version=agent.version + 1)
        key = keys.agent(agent.workspace_id, agent.agent_id)
        self._replace(key, agent_item(edited), agent.version)
        return edited

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
        self._table.write(put(key, number_item(number)))

    def edit_number(self, number: Number) -> Number:
        """See the port."""
        edited = replace(number, version=number.version + 1)
        key = keys.number(number.workspace_id, number.phone)
        self._replace(key, number_item(edited), number.version)
        return edited

    def number(self, workspace_id: str, phone: str) -> Number | None:
        """See the port."""
        item = self._table.get(keys.number(workspace_id, phone))
        return None if item is None else number_of(workspace_id, item)

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """See the port."""
        items = self._all(workspace_id, keys.NUMBER)
        return [number_of(workspace_id, item) for item in items]

    def _replace(self, key: keys.Key, item: Item, version: int) -> None:
        try:
            is_same = SAME_VERSION if version else STILL_FIRST
            self._table.write(put(key, item, is_same, version=version))
        except ConditionFailed as failed:
            raise Stale(key[1]) from failed

    def _all(self, workspace_id: str, prefix: str) -> Sequence[Item]:
        return self._table.query(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            pk=keys.inside(workspace_id),
            prefix=prefix,
        )


def agent_item(agent: Agent) -> Item:
    """An agent in plain values; a voice is whatever its carrier takes, so it is kept as text."""
    return {
        "name": agent.name,
        "carrier": agent.carrier,
        "system_messages": agent.system_messages or None,
        "voice": json.dumps(dict(agent.voice)) if agent.voice else None,
        "custom_outcomes": agent.custom_outcomes or None,
        "offers_callbacks": agent.offers_callbacks,
        "ring_timeout": agent.ring_timeout,
        "max_duration": agent.max_duration,
        "is_active": agent.is_active,
        "version": agent.version,
    }


def agent_of(workspace_id: str, item: Item) -> Agent:
    """The agent that `agent_item` wrote."""
    return Agent(
        agent_id=item["sk"].removeprefix(keys.AGENT),
        workspace_id=workspace_id,
        name=item["name"],
        carrier=item["carrier"],
        system_messages=former.messages_of(item),
        voice=json.loads(item.get("voice", "{}")),
        custom_outcomes=item.get("custom_outcomes", frozenset()),
        offers_callbacks=item.get("offers_callbacks", True),
        ring_timeout=to_span(item["ring_timeout"]),
        max_duration=to_span(item["max_duration"]),
        is_active=item["is_active"],
        version=item.get("version", 0),
    )


def number_item(number: Number) -> Item:
    """A number in plain values."""
    return {
        "carrier": number.carrier,
        "name": number.name,
        "has_outbound_trunk": number.has_outbound_trunk,
        "version": number.version,
    }


def number_of(workspace_id: str, item: Item) -> Number:
    """The number that `number_item` wrote."""
    return Number(
        phone=item["sk"].removeprefix(keys.NUMBER),
        workspace_id=workspace_id,
        carrier=item["carrier"],
        name=item.get("name"),
        has_outbound_trunk=item.get("has_outbound_trunk", True),
        version=item.get("version", 0),
    )
