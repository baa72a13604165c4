"""Items as every release before this one wrote them, read by today's code.

`tests/data/items/` holds an item of each shape, oldest first, and what it must read as. Whoever
changes a shape adds an item of the one before.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelibs.adapters.dynamodb import (
    DynamoAgents,
    DynamoCampaigns,
    DynamoTasks,
    Table,
    agents,
    calls,
    gauges,
    workspaces,
)
from chalicelibs.adapters.dynamodb.campaign_item import campaign_of
from chalicelibs.adapters.dynamodb.codec import Item, decode_item
from chalicelibs.adapters.dynamodb.export_item import export_of
from chalicelibs.adapters.dynamodb.import_item import chunk_of, import_of, rejected_of
from chalicelibs.adapters.dynamodb.task_item import task_of
from chalicelibs.adapters.ids import RandomIds
from chalicelibs.domain.campaign import CampaignKind, CampaignState
from chalicelibs.domain.lane import lane_in
from chalicelibs.domain.overrides import NONE
from chalicelibs.domain.task import Task
from local import resources
from tests.builders import NOON, WORKSPACE
from tests.statements import moto
from tests.unit.use_cases.bench import FixedClock

ROOT = Path(__file__).parents[2]
STORED = {
    path.stem: json.loads(path.read_text()) for path in (ROOT / "tests/data/items").iterdir()
}


def owner(item: Item) -> str:
    """Who the partition of an item belongs to."""
    return str(item["pk"]).partition("#")[2]


READERS: dict[str, Callable[[Item], Any]] = {
    "agent": lambda item: agents.agent_of(owner(item), item),
    "call": calls.call_from,
    "campaign": lambda item: campaign_of(owner(item), item),
    "chunk": lambda item: chunk_of(owner(item), item),
    "export": lambda item: export_of(owner(item), item),
    "gauge": gauges.gauge_of,
    "import": lambda item: import_of(owner(item), item, {}),
    "key": lambda item: workspaces.key_of(owner(item), item),
    "number": lambda item: agents.number_of(owner(item), item),
    "rejected": rejected_of,
    "task": task_of,
    "workspace": lambda item: workspaces.workspace_of(owner(item), item),
}


def every() -> Iterator[Any]:
    for kind, cases in sorted(STORED.items()):
        for at, case in enumerate(cases):
            yield pytest.param(kind, case["item"], case["reads"], id=f"{kind}-{at}")


def plain(value: Any) -> Any:
    """A domain value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return plain_inside(value)


def plain_inside(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if hasattr(value, "items"):
        return {str(plain(name)): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def common(value: Any, told: Any) -> Any:
    """What both know: a release may read more of an item than the one before knew of."""
    if isinstance(value, dict) and isinstance(told, dict):
        return {name: common(value.get(name), one) for name, one in told.items()}
    return value


def test_every_kind_is_read() -> None:
    assert STORED.keys() == READERS.keys()


@pytest.mark.parametrize(("kind", "item", "reads"), [*every()])
def test_an_item_of_a_former_shape_reads_as_it_was_meant(
    kind: str, item: dict[str, Any], reads: dict[str, Any]
) -> None:
    read = plain(READERS[kind](decode_item(item)))

    assert common(read, reads) == reads


@pytest.mark.parametrize(("kind", "item", "reads"), [*every()])
def test_what_a_later_release_adds_disturbs_nobody(
    kind: str, item: dict[str, Any], reads: dict[str, Any]
) -> None:
    later = {**item, "from_a_later_release": {"M": {"x": {"N": "1"}}}}

    assert common(plain(READERS[kind](decode_item(later))), reads) == reads


# --- What the shapes of the first release meant --------------------------------------------------


def read_all(kind: str) -> list[Any]:
    return [READERS[kind](decode_item(case["item"])) for case in STORED[kind]]


def test_a_task_that_held_all_of_its_rules_still_sets_them_for_itself() -> None:
    (held,) = [case["item"] for case in STORED["task"] if "rules" in case["item"]]

    own = task_of(decode_item(held)).own

    assert (own.max_attempts, own.priorities) == (2, (100, 99))
    assert (own.intervals, str(own.hours)) == (
        (timedelta(minutes=30),),
        "1000-1800@Asia/Kolkata",
    )


def test_a_task_in_a_lane_of_a_former_name_is_found_and_so_are_its_next_attempts() -> None:
    named = [case["item"] for case in STORED["campaign"] if "lane_names" in case["item"]]
    (campaign,) = (campaign_of(WORKSPACE, decode_item(item)) for item in named)
    assert campaign.kind is CampaignKind.REALTIME

    lanes = {lane.name: lane for lane in campaign.lanes()}

    assert {"100|any", "99", "callback-100", "90|1000-1800@Asia/Tokyo"} <= lanes.keys()
    assert (lanes["100|any"].priority, lanes["100|any"].hours) == (100, None)
    assert str(lanes["callback|1000-1800@Asia/Tokyo"].hours) == "1000-1800@Asia/Tokyo"


def test_every_task_that_waits_stands_where_its_campaign_looks() -> None:
    for case in STORED["task"]:
        task = task_of(decode_item(case["item"]))
        if task.is_final or task.call is not None or task.paused_at is not None:
            continue
        _, name = lane_in(case["item"]["lane"]["S"])
        assert name == task.lane_name or name.removesuffix("|any") == task.lane_name


def test_the_counts_of_an_import_before_there_were_chunks_are_kept() -> None:
    counts = [one.counts for one in read_all("import") if one.counts.accepted]

    assert [(one.accepted, one.rejected, one.duplicates) for one in counts] == [(3, 3, 3)]


def test_what_had_one_text_to_say_says_it() -> None:
    first, *_ = read_all("agent")

    assert first.system_messages == ("Say hello to {{name}}.",)


@contextmanager
def table_of(*kept: tuple[str, int]) -> Iterator[Table]:
    """A table that holds stored items, each named by its kind and by which of them it is."""
    with moto():
        session = boto3.Session(region_name="us-east-1")
        created = resources.create(resources.load(ROOT), resources.Clients.of(session))
        client, name = session.client("dynamodb"), created.env["TABLE_NAME"]
        for kind, at in kept:
            client.put_item(TableName=name, Item=STORED[kind][at]["item"])
        yield Table(client, name, RandomIds(FixedClock(NOON)))


def test_an_agent_and_a_number_without_a_version_can_be_edited() -> None:
    with table_of(("agent", 0), ("number", 0)) as table:
        kept = DynamoAgents(table)
        (agent,), (number,) = kept.list(WORKSPACE), kept.numbers(WORKSPACE)

        edited = kept.edit(replace(agent, name="Bea"))
        renamed = kept.edit_number(replace(number, name="Madrid"))

        assert (edited.version, renamed.version) == (1, 1)
        assert kept.get(WORKSPACE, agent.agent_id) == edited


def test_a_campaign_that_was_opened_on_its_workspaces_own_item_is_found_and_closed() -> None:
    with table_of(("workspace", -1), ("campaign", -1)) as table:
        campaigns = DynamoCampaigns(table)

        (campaign,) = campaigns.open(WORKSPACE)
        campaigns.close(campaign)

        assert campaign.state is CampaignState.PAUSED
        assert campaigns.open(WORKSPACE) == []


def test_what_a_former_task_set_for_itself_goes_when_it_is_set_anew() -> None:
    at = next(at for at, one in enumerate(STORED["task"]) if "rules" in one["item"])
    with table_of(("task", at)) as table:
        tasks = DynamoTasks(table)
        task = tasks.get(STORED["task"][at]["item"]["sk"]["S"])
        assert task is not None
        assert task.own != NONE

        [told] = tasks.save_all([(task, replace(task, attempts=1))])
        assert isinstance(told, Task)
        assert told == tasks.get(task.task_id) == replace(task, attempts=1, version=told.version)
        [bare] = tasks.save_all([(told, replace(told, own=NONE))])

        assert bare == tasks.get(task.task_id)
        assert bare.own == NONE
