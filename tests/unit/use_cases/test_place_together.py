"""Calls of one batch are placed as one by one, with fewer requests."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryPacing, MemorySlots, MemoryTasks
from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.task import Task
from chalicelibs.ports.carriers import DialRequest, PlaceAnswer, Unreachable
from chalicelibs.ports.queues import PlaceCall
from chalicelibs.ports.tasks import AtGate
from chalicelibs.together import Done
from chalicelibs.use_cases.place_call import HOLDS_FOR, Ask
from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE, a_key, a_task, a_workspace, plain_id
from tests.unit.use_cases.bench import Bench, OneCarrier, ScriptedCarrier, crashes_everywhere
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


def placed(bench: Bench, messages: Iterable[PlaceCall]) -> list[Done]:
    return list(bench.place.together([*messages]))


def rung(bench: Bench) -> list[str]:
    return [request.call_id for request in bench.carrier.requests]


def test_each_call_of_a_batch_is_placed(bench: Bench, messages: list[PlaceCall]) -> None:
    assert placed(bench, messages) == ["placed"] * 5

    assert rung(bench) == [message.call_id for message in messages]


def test_a_batch_reads_its_gates_and_saves_its_calls_together(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    tasks = Counted(MemoryTasks(bench.store))
    bench.place = replace(bench.place, tasks=tasks)

    placed(bench, messages)

    assert tasks.asked == ["at_gates", "save_all", "save_all"]


def test_a_call_alone_is_saved_alone(bench: Bench, messages: list[PlaceCall]) -> None:
    tasks = Counted(MemoryTasks(bench.store))
    bench.place = replace(bench.place, tasks=tasks)

    placed(bench, messages[:1])

    assert tasks.asked == ["at_gates", "save", "save"]


def test_carriers_are_asked_side_by_side_when_all_dials_are_written_down(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    asked: list[list[str]] = []

    def at_once(act: Callable[[Any], Any], wishes: Sequence[Any]) -> list[Any]:
        if isinstance(wishes[0], Ask):
            asked.append([wish.request.call_id for wish in wishes])
            dialing = [bench.task(task_of(wish.request.call_id)).call for wish in wishes]
            assert {call and call.status for call in dialing} == {CallStatus.DIALING}
        return list(map(act, wishes))

    bench.place = replace(bench.place, side_by_side=at_once)

    assert placed(bench, messages) == ["placed"] * 5
    assert asked == [[message.call_id for message in messages]]


def test_who_had_to_wait_for_the_secrets_of_others_is_judged_anew(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    class Slow(OneCarrier):
        """Asks long for the first secrets, while somebody pauses the campaign."""

        def get(self, workspace_id: str | None, name: str) -> ScriptedCarrier | None:
            if bench.clock.now() == NOON:
                bench.clock.forward(HOLDS_FOR + SECOND)
                bench.manage.control(WORKSPACE, a_task().campaign_id, "pause")
            return super().get(workspace_id, name)

    bench.place = replace(bench.place, carriers=Slow(bench.carrier))

    assert placed(bench, messages) == ["campaign_paused"] * 5

    assert rung(bench) == []


def test_secrets_that_come_in_time_hold_nobody_up(bench: Bench, messages: list[PlaceCall]) -> None:
    class Slow(OneCarrier):
        def get(self, workspace_id: str | None, name: str) -> ScriptedCarrier | None:
            if bench.clock.now() == NOON:
                bench.clock.forward(HOLDS_FOR)
            return super().get(workspace_id, name)

    tasks = Counted(MemoryTasks(bench.store))
    bench.place = replace(bench.place, carriers=Slow(bench.carrier), tasks=tasks)

    assert placed(bench, messages) == ["placed"] * 5

    assert tasks.asked == ["at_gates", "save_all", "save_all"]


def test_a_dial_that_could_not_be_written_down_is_not_made(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    class Throttled(MemoryTasks):
        def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
            if bench.carrier.requests:  # the dials are written down already
                return super().save_all(changes)
            return [ValueError("throttled"), *super().save_all(changes[1:])]

    bench.place = replace(bench.place, tasks=Throttled(bench.store))
    failed, *others = placed(bench, messages)

    assert isinstance(failed, ValueError)
    assert others == ["placed"] * 4
    assert rung(bench) == [message.call_id for message in messages[1:]]


def test_when_nobody_knows_which_dials_are_written_down_none_is_made(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    class Deaf(MemoryTasks):
        def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
            super().save_all(changes[:2])
            raise ValueError("no answer")

    bench.place = replace(bench.place, tasks=Deaf(bench.store))
    done = placed(bench, messages)

    assert [str(one) for one in done] == ["no answer"] * 5
    assert rung(bench) == []
    bench.place = replace(bench.place, tasks=MemoryTasks(bench.store))
    assert placed(bench, messages) == ["dialled_already"] * 2 + ["placed"] * 3


def test_a_carrier_that_breaks_down_for_one_call_does_so_for_that_alone(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    place = bench.carrier.place

    def breaking(request: DialRequest) -> PlaceAnswer:
        if request.call_id == messages[1].call_id:
            raise ValueError(request.call_id)
        return place(request)

    bench.carrier.place = breaking  # type: ignore[method-assign]
    first, broken, *others = placed(bench, messages)

    assert isinstance(broken, ValueError)
    assert [first, *others] == ["placed"] * 4


def test_calls_of_a_batch_share_the_starts_of_a_second(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    bench.workspaces.set_limits(a_workspace(concurrency_limit=5, calls_per_second=3))
    pacing = Counted(MemoryPacing(bench.store))
    bench.place = replace(bench.place, pacing=pacing)

    assert placed(bench, messages) == ["placed"] * 3 + ["second_is_full"] * 2

    assert pacing.asked == ["take"]
    assert bench.queue.placing == [(message, SECOND) for message in messages[3:]]


def test_calls_that_a_carrier_cannot_take_give_back_their_slots_together(
    bench: Bench, messages: list[PlaceCall]
) -> None:
    bench.carrier.answer = Unreachable()
    slots = Counted(MemorySlots(bench.store))
    bench.place = replace(bench.place, slots=slots)

    assert placed(bench, messages) == ["carrier_unreachable"] * 5

    assert slots.asked == ["release"]
    assert bench.held() == frozenset()


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
    class Moving(MemoryTasks):
        def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
            gates = super().at_gates(workspace_id, task_ids)
            self.save(gates[task_of(messages[0].call_id)].task.give_back())
            return gates

    bench.place = replace(bench.place, tasks=Moving(bench.store))

    assert placed(bench, messages) == ["taken_back", *["placed"] * 4]

    assert rung(bench) == [message.call_id for message in messages[1:]]


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
    failed, *others = placed(bench, messages)

    assert isinstance(failed, ValueError)
    assert others == ["placed"] * 4


def test_a_batch_that_dies_anywhere_rings_nobody_twice() -> None:
    queued: list[PlaceCall] = []

    def prepare() -> Bench:
        bench = Bench()
        queued[:] = dispatched(bench)
        return bench

    for crashed in crashes_everywhere(prepare, lambda bench: placed(bench, queued)):
        placed(crashed, queued)
        assert sorted(set(rung(crashed))) == sorted(rung(crashed))
