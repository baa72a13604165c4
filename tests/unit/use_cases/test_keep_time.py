from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelibs.domain.campaign import CampaignKind, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.push import Push
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.use_cases.keep_time import KeepTime
from tests.builders import (
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_key,
    a_task,
    a_workspace,
    plain_id,
)
from tests.unit.use_cases.bench import MINUTE, SECOND, Bench, crashes_everywhere

# --- Tick ----------------------------------------------------------------------------------------


def test_a_tick_wakes_every_workspace(bench: Bench) -> None:
    other = a_workspace(workspace_id=OTHER_WORKSPACE)
    bench.workspaces.add(other, a_key(key_id=plain_id(2, "k")))

    assert bench.tick() == 2
    assert sorted(bench.queue.ticks) == [WORKSPACE, OTHER_WORKSPACE]


#: Longer than a report of a call that has ended may take to count.
SILENT = Deadlines().last_word + SECOND

# --- FinishCampaigns -----------------------------------------------------------------------------


def all_done(bench: Bench) -> None:
    bench.has_tasks(1, 2)
    for number in (1, 2):
        task = bench.task(a_task(number))
        archived = task.finish(TaskStatus.ARCHIVED, "by_hand")
        bench.tasks.settle(archived, {"archived": 1})


@pytest.mark.parametrize(
    ("changes", "prepare"),
    [
        pytest.param({}, all_done, id="every task is finished"),
        pytest.param({"state": CampaignState.PAUSED}, all_done, id="finished while paused"),
        pytest.param({"end_at": NOON}, Bench.has_task, id="its end came with tasks left"),
        pytest.param({"end_at": NOON}, None, id="its end came, it was empty"),
        pytest.param(
            {"end_at": NOON, "kind": CampaignKind.REALTIME}, None, id="its end came, realtime"
        ),
    ],
)
def test_a_campaign_that_will_never_call_again_is_completed(
    bench: Bench, changes: dict[str, Any], prepare: Callable[[Bench], object] | None
) -> None:
    bench.has_campaign(**changes)
    if prepare is not None:
        prepare(bench)

    assert bench.finish(WORKSPACE) == 1

    assert bench.store.campaigns[CAMPAIGN].state is CampaignState.COMPLETED
    assert bench.campaigns.open(WORKSPACE) == []
    assert bench.finish(WORKSPACE) == 0


@pytest.mark.parametrize(
    ("changes", "prepare"),
    [
        pytest.param({}, None, id="nothing in it yet"),
        pytest.param({}, Bench.has_task, id="a task is left"),
        pytest.param({"importing": frozenset({"f"})}, all_done, id="an import goes on"),
        pytest.param({"state": CampaignState.DRAFT}, all_done, id="a draft"),
        pytest.param({"state": CampaignState.DRAFT, "end_at": NOON}, None, id="a draft, ended"),
        pytest.param({"kind": CampaignKind.REALTIME}, all_done, id="realtime: more may come"),
        pytest.param({"end_at": NOON + SECOND}, None, id="it ends in a second"),
    ],
)
def test_a_campaign_that_may_call_again_stays_open(
    bench: Bench, changes: dict[str, Any], prepare: Callable[[Bench], object] | None
) -> None:
    campaign = bench.has_campaign(**changes)
    if prepare is not None:
        prepare(bench)

    assert bench.finish(WORKSPACE) == 0

    assert bench.store.campaigns[CAMPAIGN].state is campaign.state


def test_a_call_in_flight_keeps_its_campaign_open_until_it_is_settled(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    call_id = bench.placed()

    during = bench.finish(WORKSPACE)
    bench.ends(call_id)
    bench.clock.forward(SILENT)

    assert (during, bench.finish(WORKSPACE)) == (0, 1)


def test_a_callback_that_is_told_of_late_is_made_though_all_tasks_were_finished(
    bench: Bench,
) -> None:
    bench.has_campaign()
    bench.has_task()
    call_id = bench.placed()
    bench.ends(call_id)
    bench.clock.forward(bench.deadlines.grace)

    assert bench.finish(WORKSPACE) == 0
    told = bench.analysis(call_id, outcome="busy_callback", callback_at=bench.clock.now() + MINUTE)
    assert bench.record(told) == "upgraded"
    bench.clock.forward(MINUTE)

    assert len(bench.dispatched()) == 1


def test_a_campaign_is_completed_once_no_word_on_its_last_call_counts(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.ends(bench.placed())
    bench.clock.forward(bench.deadlines.last_word)

    at_the_last_moment = bench.finish(WORKSPACE)
    bench.clock.forward(SECOND)

    assert (at_the_last_moment, bench.finish(WORKSPACE)) == (0, 1)


@dataclass
class Gap:
    """Something happens between two port calls, once."""

    number: int
    meanwhile: Callable[[], object]

    def __call__(self, port: object) -> Any:
        """The port, with the gap in front of one of its calls."""

        class Gaped:
            def __getattr__(_, name: str) -> Callable[..., object]:  # noqa: N805 - it has no state
                def call(*args: object, **kwargs: object) -> object:
                    self.number -= 1
                    if self.number == -1:
                        self.meanwhile()
                    return getattr(port, name)(*args, **kwargs)

                return call

        return Gaped()


def a_finished_campaign() -> Bench:
    bench = Bench()
    bench.has_campaign()
    bench.has_task()
    bench.ends(bench.placed())
    bench.clock.forward(SILENT)
    return bench


def is_kept(bench: Bench, results: Sequence[object]) -> bool:
    """Whether a push was accepted, and is called; or else was refused and is not there."""
    [result] = results
    called = [one.call_id.rpartition("-")[0] for one in bench.dispatched()]
    if isinstance(result, NotAllowed):
        return len(bench.store.tasks) == 1 and not called
    return isinstance(result, Task) and called == [result.task_id]


LATECOMER = Push(campaign_id=CAMPAIGN, phone="+34600999999", context={"name": "Eva"})


@pytest.mark.parametrize("gap", range(8))
def test_a_task_that_is_pushed_while_its_campaign_is_closed_is_called_or_refused(gap: int) -> None:
    bench, results = a_finished_campaign(), list[Sequence[object]]()
    at = Gap(gap, lambda: results.append(bench.push(WORKSPACE, [LATECOMER])))

    replace(bench.finish, campaigns=at(bench.campaigns))(WORKSPACE)

    assert is_kept(bench, results[0] if results else bench.push(WORKSPACE, [LATECOMER]))


@pytest.mark.parametrize("gap", range(8))
def test_a_campaign_that_is_closed_while_a_task_is_pushed_calls_or_refuses_it(gap: int) -> None:
    bench = a_finished_campaign()
    at = Gap(gap, lambda: bench.finish(WORKSPACE))
    push = replace(bench.push, campaigns=at(bench.campaigns), tasks=at(bench.tasks))

    assert is_kept(bench, push(WORKSPACE, [LATECOMER]))


def test_a_call_in_flight_is_settled_after_its_campaign_ended(bench: Bench) -> None:
    bench.has_campaign(end_at=NOON + MINUTE)
    bench.has_task()
    call_id = bench.placed()
    bench.clock.forward(MINUTE)

    assert bench.finish(WORKSPACE) == 1
    assert bench.ends(call_id) == "settled"
    assert bench.progress(CAMPAIGN).completed == 1


def test_finishing_that_dies_anywhere_is_done_by_the_next_tick() -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign(end_at=NOON)
        return bench

    for bench in crashes_everywhere(prepare, lambda bench: bench.finish(WORKSPACE)):
        bench.finish(WORKSPACE)

        assert bench.store.campaigns[CAMPAIGN].state is CampaignState.COMPLETED
        assert bench.campaigns.open(WORKSPACE) == []


# --- KeepTime ------------------------------------------------------------------------------------


@dataclass
class Step:
    """A step that may fail."""

    error: Exception | None = None
    taken: list[str] = field(default_factory=list)

    def __call__(self, workspace_id: str) -> int:
        self.taken.append(workspace_id)
        if self.error is not None:
            raise self.error
        return 1


def test_a_tick_takes_every_step() -> None:
    steps = Step(), Step()

    KeepTime(steps=steps)(WORKSPACE)

    assert [step.taken for step in steps] == [[WORKSPACE], [WORKSPACE]]


def test_a_step_that_fails_keeps_no_other_from_running_and_is_heard_of() -> None:
    one, other = ValueError("one"), RuntimeError("other")
    steps = Step(one), Step(), Step(other)

    with pytest.raises(ExceptionGroup) as failure:
        KeepTime(steps=steps)(WORKSPACE)

    assert failure.value.exceptions == (one, other)
    assert all(step.taken == [WORKSPACE] for step in steps)
