"""What items of former releases say in other words than today's: read here, never written."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.rules_item import overrides_of
from chalicelibs.domain.imports import Counts
from chalicelibs.domain.lane import ANY_TIME, CALLBACK
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.retry import OPTED_OUT

#: What told of a task what `own` tells now; it goes when that is written.
OWN_BEFORE = {"rules": None}


def own_of(item: Item) -> Overrides:
    """What a task sets for itself. Tasks of realtime campaigns once held all of their rules."""
    rules = item.get("own", item.get("rules"))
    return NONE if rules is None else overrides_of(rules)


def opted_out_in(item: Item) -> bool:
    """Whether the person asked not to be called again. The call in flight once said so instead."""
    call = item.get("call", {})
    return bool(item.get("opted_out") or call.get("opts_out") or item.get("reason") == OPTED_OUT)


def families_of(item: Item) -> frozenset[str]:
    """The lanes of a campaign besides the usual. They were once all named one by one."""
    if "lane_names" not in item:
        return frozenset(item.get("families", ()))
    return frozenset(name for lane in item["lane_names"] for name in lanes_now(lane))


def lanes_now(lane: str) -> Iterator[str]:
    """A lane in which tasks may stand, and those to which its tasks will move."""
    yield lane
    head, _, hours = lane.partition("|")
    if head.isdecimal():
        tail = "" if hours == ANY_TIME else f"|{hours}"
        yield head + tail
        yield f"{CALLBACK}-{head}{tail}"


def messages_of(item: Item) -> tuple[str, ...]:
    """What an agent is told. It was once one text."""
    if "prompt" in item:
        return (item["prompt"],)
    return tuple(item.get("system_messages", ()))


def counts_of(item: Item) -> dict[str, Any]:
    """What an import counted in its own item, before it was cut into chunks."""
    return {one.name: item[one.name] for one in fields(Counts) if one.name in item}


def open_in(workspace: Item) -> frozenset[str]:
    """The campaigns that were opened while a workspace's own item named them."""
    ids: frozenset[str] = workspace.get("open", frozenset())
    return ids
