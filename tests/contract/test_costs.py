"""What each step of a call costs, in write units as the engine counts them, and in bytes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bench.units import size, statement_units
from chalicelibs.adapters.dynamodb.calls import kept_item
from chalicelibs.adapters.dynamodb.codec import encode_item
from chalicelibs.adapters.dynamodb.task_item import task_item
from chalicelibs.domain.call import CallStatus, SlotPages
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.results import abridged, is_large
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.transcript import Utterance
from tests.builders import (
    AGENT,
    CAMPAIGN,
    NOON,
    WORKSPACE,
    a_batch,
    a_call,
    a_campaign,
    a_chunk,
    a_key,
    a_task,
    a_workspace,
    an_import,
)
from tests.contract.engines import Account, Ports, claims, new_table, ports_in

KILOBYTE = 1024

CONTEXT = {
    "first_name": "María José",
    "last_name": "Fernández",
    "policy": "ES-2027-0011223",
    "renews_on": "2027-04-01",
    "city": "San Sebastián",
}
PLACED = a_call(
    status=CallStatus.IN_PROGRESS,
    attempt_no=1,
    slots=SlotPages(workspace=12, campaign=3),
    dialed_at=NOON + timedelta(milliseconds=101),
    answered_at=NOON + timedelta(milliseconds=9007),
    phone="+34600000001",
    caller_id="+34910000000",
    agent_id=AGENT,
    carrier="simulated",
    carrier_call_id="CA0123456789abcdef0123456789abcdef",
    longest=timedelta(minutes=15, seconds=45),
)
OWN = Overrides(
    agent_id=AGENT,
    caller_id="+34910000000",
    hours=CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata"),
    max_attempts=5,
    intervals=(timedelta(minutes=30),) * 4,
    retry_outcomes=frozenset({"voicemail"}),
    priorities=(100, 99, 98, 97, 96),
)
CALLED = a_task(
    context=CONTEXT,
    due_at=NOON + timedelta(microseconds=482),
    status=TaskStatus.RUNNING,
    attempts=1,
    claims=1,
    call=PLACED,
    version=3,
)


class Meter:
    """Counts the write units of a client."""

    def __init__(self, client: Any) -> None:
        self.units = 0.0
        client.meta.events.register("provide-client-params.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._count)

    def of(self, step: Callable[[], object]) -> float:
        before = self.units
        step()
        return self.units - before

    def _ask(self, params: dict[str, Any], context: dict[str, Any], **_: object) -> dict[str, Any]:
        context["asked"] = params
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _count(
        self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: object
    ) -> None:
        if model.name == "BatchExecuteStatement":
            self.units += statement_units(context["asked"], parsed)
        if model.name in {"PutItem", "UpdateItem", "TransactWriteItems"}:
            consumed = parsed.get("ConsumedCapacity", [])
            for one in consumed if isinstance(consumed, list) else [consumed]:
                self.units += one["CapacityUnits"]


@pytest.mark.parametrize(
    ("task", "most"),
    [
        pytest.param(
            replace(CALLED, dialed=dict.fromkeys(range(1, 6), NOON)), 700, id="a fifth call"
        ),
        pytest.param(a_task(context={}), 220, id="bare"),
        pytest.param(a_task(context=CONTEXT), 340, id="with context"),
        pytest.param(CALLED, 620, id="in flight"),
        pytest.param(a_task(context=CONTEXT, own=OWN), 560, id="with settings of its own"),
    ],
)
def test_a_task_fits_in_one_write_unit(task: Task, most: int) -> None:
    item = {"pk": f"T#{CAMPAIGN}#15", "sk": task.task_id, **task_item(task)}

    assert size(encode_item(item)) <= most < KILOBYTE


@pytest.fixture
def client(account: Account) -> Any:
    return account.client("dynamodb")


@pytest.fixture
def ports(client: Any) -> Ports:
    ports = ports_in(new_table(client))
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())
    ports.imports.add_chunks(ports.imports.start(an_import()), [a_chunk()])
    return ports


@pytest.mark.parametrize("letter", ["x", "ñ", "🙂"])
def test_a_call_takes_few_write_units_however_long_it_was(letter: str) -> None:
    said = tuple(Utterance("agent", letter * 400) for _ in range(300))
    long = replace(PLACED, transcript=said, analysis={"summary": letter * 60_000, "score": 7})
    key = {"pk": f"L#{WORKSPACE}#2027-03", "sk": f"01804248000000.{long.call_id}"}

    item = {**key, **kept_item(abridged(long)), "results": "0" * 24}

    assert size(encode_item(item)) <= 3 * KILOBYTE
    assert is_large(long)


@pytest.mark.engine
def test_a_call_costs_no_more_than_its_steps_need(client: Any, ports: Ports) -> None:
    meter = Meter(client)
    tasks = [a_task(number, context=CONTEXT) for number in range(1, 51)]
    task = tasks[0]
    call = a_call(task)
    units = {"add": meter.of(lambda: ports.imports.commit(a_batch(*tasks))) / len(tasks)}
    units["claim"] = meter.of(lambda: claims(ports, task, call))
    units["reserve"] = meter.of(lambda: ports.slots.reserve(WORKSPACE, [call.call_id], 10))
    claimed = ports.tasks.get(task.task_id)
    assert claimed is not None
    dialing = replace(claimed, attempts=1, call=replace(PLACED, deadline=call.deadline))
    units["save, same deadline"] = meter.of(lambda: ports.tasks.save(dialing))
    later = replace(PLACED, deadline=NOON + timedelta(hours=1))
    dialed = replace(dialing, version=2, call=later)
    units["save, new deadline"] = meter.of(lambda: ports.tasks.save(dialed))
    done = replace(dialed, version=3, call=None, status=TaskStatus.COMPLETED, outcome="completed")
    tally = {
        "calls": 1,
        "completed": 1,
        "outcome:completed": 1,
        "settled_at": epoch_ms(NOON),
    }
    units["settle"] = meter.of(lambda: ports.tasks.settle(done, tally))
    ten = [replace(one, status=TaskStatus.COMPLETED) for one in tasks[1:11]]
    units["settle ten"] = meter.of(
        lambda: ports.tasks.settle_all([(one, tally) for one in ten])
    ) / len(ten)
    units["keep call"] = meter.of(lambda: ports.calls.keep(WORKSPACE, PLACED))
    ids = {a_call(one).call_id for one in tasks[1:11]}
    units["release ten"] = meter.of(lambda: ports.slots.release(WORKSPACE, ids, 0)) / len(ids)
    units["release"] = meter.of(lambda: ports.slots.release(WORKSPACE, {call.call_id}, 0))

    assert units == {
        "add": pytest.approx(3, abs=0.2),
        "claim": 3,
        "reserve": 1,
        "save, same deadline": 1,
        "save, new deadline": 3,
        "settle": 5,
        "settle ten": 3.2,
        "keep call": 1,
        "release": 1,
        "release ten": 0.1,
    }
