"""Calls of one batch are placed as one by one, with fewer requests."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from chalicelibs.adapters.memory import MemoryTasks
from chalicelibs.domain.naming import task_of
from chalicelibs.ports import AtGate, PlaceCall
from tests.builders import OTHER_WORKSPACE, WORKSPACE, a_key, a_task, a_workspace, plain_id
from tests.unit.use_cases.bench import Bench, crashes_everywhere
from tests.unit.use_cases.test_record_together import Counted

FIVE = range(1, 6)


def dispatched(bench: Bench) -> list[PlaceCall]:
    """Five calls of a campaign, queued."""
    bench.manage_workspaces.set_limits(WORKSPACE, concurrency_limit=5, calls_per_second=None)
    bench.has_campaign()
    bench.has_tasks(*FIVE)
    return bench.dispatched()


@pytest.fixture
def messages(bench: Bench) -> list[PlaceCall]:
    return dispatched(bench)


def placed(bench: Bench, messages: Iterable[PlaceCall]) -> list[str]:
    messages = list(messages)
    place = bench.place.of_batch(messages)
    return [place(message) for message in messages]


def rung(bench: Bench) -> list[str]:
    return [request.call_id for request in bench.carrier.requests]


def test_each_call_of_a_batch_is_placed(bench: Bench, messages: list[PlaceCall]) -> None:
    assert placed(bench, messages) == ["placed"] * 5

    assert rung(bench) == [message.call_id for message in messages]


def test_a_batch_reads_its_gates_together(bench: Bench, messages: list[PlaceCall]) -> None:
    tasks = Counted(MemoryTasks(bench.store))
    bench.place = replace(bench.place, tasks=tasks)

    placed(bench, messages)

    assert tasks.asked == ["at_gates", *["save"] * 10]


def test_a_batch_of_two_workspaces_keeps_them_apart(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    bench.workspaces.add(a_workspace(workspace_id=OTHER_WORKSPACE), a_key(key_id=plain_id(2, "k")))
    foreign = replace(messages[0], workspace_id=OTHER_WORKSPACE)

    assert placed(bench, [foreign, *messages]) == ["unknown_task", *["placed"] * 5]


def test_a_message_that_comes_twice_in_a_batch_rings_once(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    assert placed(bench, [messages[0], messages[0]]) == ["placed", "dialled_already"]

    assert rung(bench) == [messages[0].call_id]


def test_what_moved_since_its_gate_was_read_is_looked_at_again(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    place = bench.place.of_batch(messages)
    task = bench.task(task_of(messages[0].call_id))
    bench.tasks.save(task.give_back())

    assert place(messages[0]) == "taken_back"

    assert rung(bench) == []


def test_the_next_batch_is_judged_by_what_is_true_then(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    assert placed(bench, messages[:2]) == ["placed"] * 2
    bench.manage.control(WORKSPACE, a_task().campaign_id, "pause")

    assert placed(bench, messages[2:]) == ["campaign_paused"] * 3


def test_a_gate_that_cannot_be_read_fails_alone(bench: Bench, messages: list[PlaceCall]) -> None:
    broken = task_of(messages[0].call_id)

    class Unreadable(MemoryTasks):
        def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
            if task_id == broken:
                raise ValueError(task_id)
            return super().at_gate(workspace_id, task_id)

        def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
            raise ValueError([workspace_id, *task_ids])

    bench.place = replace(bench.place, tasks=Unreadable(bench.store))
    place = bench.place.of_batch(messages)

    with pytest.raises(ValueError, match=broken):
        place(messages[0])
    assert [place(message) for message in messages[1:]] == ["placed"] * 4


def test_a_batch_that_dies_anywhere_rings_nobody_twice() -> None:
    queued: list[PlaceCall] = []

    def prepare() -> Bench:
        bench = Bench()
        queued[:] = dispatched(bench)
        return bench

    for crashed in crashes_everywhere(prepare, lambda bench: placed(bench, queued)):
        placed(crashed, queued)
        assert sorted(set(rung(crashed))) == sorted(rung(crashed))
