"""A batch of reports is recorded as one by one, with fewer requests."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCalls, MemoryCampaigns, MemorySlots, MemoryTasks
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.together import Done
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_task, plain_id
from tests.unit.use_cases.bench import Bench, crashes_everywhere

TEN = range(1, 11)


def placed(bench: Bench) -> list[str]:
    """Ten calls of a campaign, placed."""
    bench.has_campaign()
    bench.has_tasks(*TEN)
    return placed_calls(bench)


def placed_calls(bench: Bench) -> list[str]:
    """Calls of all tasks that wait, placed."""
    messages = bench.dispatched()
    for message in messages:
        bench.place(message)
    bench.queue.nudges.clear()
    return [message.call_id for message in messages]


@pytest.fixture
def call_ids(bench: Bench) -> list[str]:
    bench.manage_workspaces.set_limits(WORKSPACE, concurrency_limit=10, calls_per_second=None)
    return placed(bench)


def recorded(bench: Bench, events: Iterable[CallEvent]) -> list[Done]:
    return list(bench.record.together([*events]))


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


def counted(bench: Bench) -> dict[str, list[str]]:
    """What recording asks from now on, by port."""
    ports = {
        "tasks": Counted(MemoryTasks(bench.store)),
        "campaigns": Counted(MemoryCampaigns(bench.store)),
        "slots": Counted(MemorySlots(bench.store)),
        "calls": Counted(MemoryCalls(bench.store)),
    }
    bench.record = replace(bench.record, **ports)  # type: ignore[arg-type]
    return {name: port.asked for name, port in ports.items()}


def test_each_report_of_a_batch_is_recorded(bench: Bench, call_ids: list[str]) -> None:
    assert recorded(bench, map(bench.end, call_ids)) == ["settled"] * 10

    progress = bench.progress(CAMPAIGN)
    assert (progress.completed, progress.outcomes) == (10, {"completed": 10})
    assert bench.held() == frozenset()


def test_a_batch_reads_and_settles_its_tasks_together(bench: Bench, call_ids: list[str]) -> None:
    asked = counted(bench)

    recorded(bench, map(bench.end, call_ids))

    assert asked["tasks"] == ["get_all", "settle_all"]
    assert asked["campaigns"] == ["get"]
    assert asked["slots"] == ["release"]
    assert asked["calls"] == ["keep_all"]


def test_a_batch_of_answers_is_saved_together(bench: Bench, call_ids: list[str]) -> None:
    asked = counted(bench)

    answers = [CallEvent(call_id=one, kind=EventKind.IN_PROGRESS, at=NOON) for one in call_ids]
    assert recorded(bench, answers) == ["in_progress"] * 10

    assert asked["tasks"] == ["get_all", "save_all"]
    calls = [bench.task(task_of(one)).call for one in call_ids]
    assert [call and call.answered_at for call in calls] == [NOON] * 10


def test_a_batch_of_one_asks_for_no_more_than_it_needs(bench: Bench, call_ids: list[str]) -> None:
    asked = counted(bench)

    recorded(bench, [bench.end(call_ids[0])])

    assert asked == {
        "tasks": ["get_all", "settle"],
        "campaigns": ["get"],
        "slots": ["release"],
        "calls": ["keep"],
    }


def test_answers_that_come_after_the_end_cost_one_look_at_the_tasks(
    bench: Bench, call_ids: list[str]
) -> None:
    recorded(bench, map(bench.end, call_ids))
    asked = counted(bench)

    late = [CallEvent(call_id=one, kind=EventKind.IN_PROGRESS, at=NOON) for one in call_ids]
    assert recorded(bench, late) == ["old_news"] * 10

    assert asked == {"tasks": ["get_all"], "campaigns": [], "slots": [], "calls": []}


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


def test_those_behind_catch_up_and_settle_with_the_others(
    bench: Bench, call_ids: list[str]
) -> None:
    answered = CallEvent(call_id=call_ids[0], kind=EventKind.IN_PROGRESS, at=NOON)
    asked = counted(bench)

    recorded(bench, [answered, *map(bench.end, call_ids)])

    assert asked["tasks"] == ["get_all", "save", "settle_all"]
    assert asked["slots"] == ["release"]


def test_each_campaign_of_a_batch_is_counted_by_itself() -> None:
    bench = Bench(concurrency_limit=10)
    for campaign in (1, 2):
        bench.has_campaign(campaign, concurrency_limit=5)
        bench.has_tasks(1, 2, 3, campaign_id=plain_id(campaign, "c"))
    call_ids = placed_calls(bench)
    asked = counted(bench)

    assert recorded(bench, map(bench.end, call_ids)) == ["settled"] * 6

    assert asked["tasks"] == ["get_all", "settle_all", "settle_all"]
    assert asked["slots"] == ["release"] * 3  # the workspace's, and each campaign's
    for campaign in (1, 2):
        assert bench.progress(plain_id(campaign, "c")).outcomes == {"completed": 3}
        assert bench.held(plain_id(campaign, "c")) == frozenset()
    assert bench.held() == frozenset()


def test_slots_are_free_before_a_task_leaves_the_lane_in_which_rescue_looks(
    bench: Bench, call_ids: list[str]
) -> None:
    class Watching(MemoryTasks):
        def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
            held.append(bench.held())
            return super().settle_all(settled)

    held: list[frozenset[str]] = []
    bench.record = replace(bench.record, tasks=Watching(bench.store))

    recorded(bench, map(bench.end, call_ids))

    assert held == [frozenset()]


def test_what_moved_since_the_batch_was_read_is_looked_at_again(
    bench: Bench, call_ids: list[str]
) -> None:
    class Overtaken(MemoryTasks):
        """Another worker settles two of the tasks that were just read."""

        def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
            found = super().get_all(task_ids)
            bench.ends(call_ids[3], "busy")
            bench.ends(call_ids[5], "busy")
            return found

    tasks = Counted(Overtaken(bench.store))
    recording = replace(bench.record, tasks=tasks)

    done = recording.together([*map(bench.end, call_ids)])

    late = {3: "old_news", 5: "old_news"}
    assert done == [late.get(number, "settled") for number in range(10)]
    assert tasks.asked == ["get_all", "settle_all", "settle_all", "get", "get"]
    assert bench.progress(CAMPAIGN).outcomes == {"busy": 2, "completed": 8}
    assert bench.held() == frozenset()


def test_a_stale_task_that_nobody_named_is_found_one_by_one(
    bench: Bench, call_ids: list[str]
) -> None:
    class Silent(MemoryTasks):
        def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
            raise Stale(*(f"not-{task.task_id}" for task, _ in settled))

    bench.record = replace(bench.record, tasks=Silent(bench.store))

    assert recorded(bench, map(bench.end, call_ids)) == ["settled"] * 10


def test_a_task_that_cannot_be_read_fails_alone(bench: Bench, call_ids: list[str]) -> None:
    broken = task_of(call_ids[0])

    class Unreadable(MemoryTasks):
        def get(self, task_id: str) -> Task | None:
            if task_id == broken:
                raise ValueError(task_id)
            return super().get(task_id)

        def get_all(self, task_ids: Iterable[str]) -> list[Task]:
            raise ValueError([*task_ids])

    bench.record = replace(bench.record, tasks=Unreadable(bench.store))

    failed, *others = recorded(bench, map(bench.end, call_ids))

    assert isinstance(failed, ValueError)
    assert others == ["settled"] * 9


def test_a_task_that_cannot_be_settled_fails_alone(bench: Bench, call_ids: list[str]) -> None:
    class Unwritable(MemoryTasks):
        """One item is larger than the table takes."""

        def settle(self, task: Task, tally: Tally) -> Task:
            self._look_at(task)
            return super().settle(task, tally)

        def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
            for task, _ in settled:
                self._look_at(task)
            return super().settle_all(settled)

        def _look_at(self, task: Task) -> None:
            if task.task_id == task_of(call_ids[4]):
                raise ValueError("too large")

    good = bench.record
    bench.record = replace(good, tasks=Unwritable(bench.store))

    done = recorded(bench, map(bench.end, call_ids))

    assert [str(one) for one in done] == ["settled"] * 4 + ["too large"] + ["settled"] * 5
    assert bench.progress(CAMPAIGN).outcomes == {"completed": 9}
    assert good(bench.end(call_ids[4])) == "settled"
    assert bench.progress(CAMPAIGN).outcomes == {"completed": 10}


def test_a_transaction_whose_answer_was_lost_counts_once(
    bench: Bench, call_ids: list[str]
) -> None:
    class Mute(MemoryTasks):
        def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
            super().settle_all(settled)
            raise TimeoutError

    bench.record = replace(bench.record, tasks=Mute(bench.store))

    assert recorded(bench, map(bench.end, call_ids)) == ["old_news"] * 10

    assert bench.progress(CAMPAIGN).outcomes == {"completed": 10}


def test_a_call_that_cannot_be_kept_leaves_its_task_where_rescue_looks(
    bench: Bench, call_ids: list[str]
) -> None:
    class Full(MemoryCalls):
        def keep(self, workspace_id: str, call: Call) -> Call:
            if call.call_id == call_ids[9]:
                raise ValueError("too large")
            return super().keep(workspace_id, call)

    bench.record = replace(bench.record, calls=Full(bench.store))

    done = recorded(bench, map(bench.end, call_ids))

    assert [str(one) for one in done] == ["settled"] * 9 + ["too large"]
    assert bench.task(task_of(call_ids[9])).has_in_flight(call_ids[9])


def test_slots_that_cannot_be_given_back_leave_their_tasks_where_rescue_looks(
    bench: Bench, call_ids: list[str]
) -> None:
    class Away(MemorySlots):
        def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
            raise TimeoutError(f"{scope} {call_ids} {page}")

    bench.record = replace(bench.record, slots=Away(bench.store))

    done = recorded(bench, map(bench.end, call_ids))

    assert all(isinstance(one, TimeoutError) for one in done)
    assert all(bench.task(task_of(one)).has_in_flight(one) for one in call_ids)
    assert bench.progress(CAMPAIGN).calls == 0


def test_ids_of_no_call_are_not_read(bench: Bench, call_ids: list[str]) -> None:
    nonsense = [bench.end(call_id) for call_id in ("", "nonsense", "ñ-€-1")]

    done = recorded(bench, [*nonsense, bench.end(call_ids[0])])

    assert done == ["unknown_call"] * 3 + ["settled"]


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
