"""A batch of reports is recorded as one by one, with fewer requests."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCampaigns, MemoryTasks
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.task import Task, TaskStatus
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_task
from tests.unit.use_cases.bench import Bench, crashes_everywhere

TEN = range(1, 11)


def placed(bench: Bench) -> list[str]:
    """Ten calls of a campaign, placed."""
    bench.has_campaign()
    bench.has_tasks(*TEN)
    messages = bench.dispatched()
    for message in messages:
        bench.place(message)
    bench.queue.nudges.clear()
    return [message.call_id for message in messages]


@pytest.fixture
def call_ids(bench: Bench) -> list[str]:
    bench.manage_workspaces.set_limits(WORKSPACE, concurrency_limit=10, calls_per_second=None)
    return placed(bench)


def recorded(bench: Bench, events: Iterable[CallEvent]) -> list[str]:
    events = list(events)
    with bench.record.of_batch(event.call_id for event in events) as record:
        return [record(event) for event in events]


class Counted:
    """A port that counts what it is asked."""

    def __init__(self, port: object) -> None:
        self._port = port
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._port, name)

        def call(*args: object, **kwargs: object) -> object:
            self.asked.append(name)
            return method(*args, **kwargs)

        return call


def test_each_report_of_a_batch_is_recorded(bench: Bench, call_ids: list[str]) -> None:
    assert recorded(bench, map(bench.end, call_ids)) == ["settled"] * 10

    progress = bench.progress(CAMPAIGN)
    assert (progress.completed, progress.outcomes) == (10, {"completed": 10})
    assert bench.held() == frozenset()


def test_a_batch_reads_its_tasks_and_their_campaign_once(
    bench: Bench, call_ids: list[str]
) -> None:
    tasks, campaigns = Counted(MemoryTasks(bench.store)), Counted(MemoryCampaigns(bench.store))
    bench.record = replace(bench.record, tasks=tasks, campaigns=campaigns)

    recorded(bench, map(bench.end, call_ids))

    assert tasks.asked == ["get_all", *["settle"] * 10]
    assert campaigns.asked == ["get"]


def test_a_batch_wakes_its_workspace_once(bench: Bench, call_ids: list[str]) -> None:
    recorded(bench, map(bench.end, call_ids))

    assert [workspace_id for workspace_id, _ in bench.queue.nudges] == [WORKSPACE]


def test_two_reports_of_one_call_in_a_batch_are_both_recorded(
    bench: Bench, call_ids: list[str]
) -> None:
    answered = CallEvent(call_id=call_ids[0], kind=EventKind.IN_PROGRESS, at=NOON)

    tasks = Counted(MemoryTasks(bench.store))
    bench.record = replace(bench.record, tasks=tasks)

    done = recorded(bench, [answered, bench.end(call_ids[0]), bench.end(call_ids[0])])

    assert done == ["in_progress", "settled", "old_news"]
    assert tasks.asked == ["get_all", "save", "settle"]
    assert bench.call(call_ids[0]).answered_at == NOON


def test_what_moved_since_the_batch_was_read_is_looked_at_again(
    bench: Bench, call_ids: list[str]
) -> None:
    with bench.record.of_batch(call_ids) as record:
        bench.ends(call_ids[0], "busy")
        assert record(bench.end(call_ids[0], "completed")) == "old_news"

    assert bench.progress(CAMPAIGN).outcomes == {"busy": 1}


def test_a_task_that_cannot_be_read_fails_alone(bench: Bench, call_ids: list[str]) -> None:
    broken = bench.task(call_ids[0].rpartition("-")[0])

    class Unreadable(MemoryTasks):
        def get(self, task_id: str) -> Task | None:
            if task_id == broken.task_id:
                raise ValueError(task_id)
            return super().get(task_id)

        def get_all(self, task_ids: Iterable[str]) -> list[Task]:
            raise ValueError([*task_ids])

    bench.record = replace(bench.record, tasks=Unreadable(bench.store))
    with bench.record.of_batch(call_ids) as record:
        with pytest.raises(ValueError, match=broken.task_id):
            record(bench.end(call_ids[0]))
        assert record(bench.end(call_ids[1])) == "settled"


def test_ids_of_no_call_are_not_read(bench: Bench, call_ids: list[str]) -> None:
    with bench.record.of_batch(["", "nonsense", "ñ-€-1", *call_ids]) as record:
        assert record(bench.end(call_ids[0])) == "settled"


def test_a_batch_that_dies_anywhere_is_recorded_by_the_next() -> None:
    def prepare() -> Bench:
        bench = Bench(concurrency_limit=10)
        placed(bench)
        return bench

    def act(bench: Bench) -> None:
        recorded(bench, map(bench.end, calls()))

    for bench in crashes_everywhere(prepare, act):
        act(bench)
        assert bench.progress(CAMPAIGN).outcomes == {"completed": 10}
        assert {bench.task(a_task(number)).status for number in TEN} == {TaskStatus.COMPLETED}
        assert bench.held() == frozenset()


def calls() -> list[str]:
    return [f"{a_task(number).task_id}-1" for number in TEN]
