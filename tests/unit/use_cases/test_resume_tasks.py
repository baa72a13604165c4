from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from chalicelibs.adapters.memory import MemoryTasks
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.use_cases import resume_tasks
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, a_task, plain_id
from tests.unit.use_cases.bench import MINUTE, SECOND, Bench, crashes_everywhere


def has_paused(bench: Bench, *numbers: int, at: datetime = NOON, shard: int = 0) -> None:
    """Tasks that were paused one by one, before their campaign was resumed if it was."""
    bench.has_tasks(*numbers, shard=shard)
    bench.clock.at = at
    resumed_at = bench.store.campaigns[CAMPAIGN].resumed_at
    bench.is_edited(resumed_at=None)
    for number in numbers:
        bench.steer(WORKSPACE, a_task(number).task_id, "pause")
    bench.is_edited(resumed_at=resumed_at)


def paused(bench: Bench) -> list[str]:
    """The last digits of the numbers of those that are paused."""
    tasks = bench.store.tasks.values()
    return sorted(task.phone[-1] for task in tasks if task.status is TaskStatus.PAUSED)


def test_what_was_paused_before_its_campaign_was_resumed_goes_on(bench: Bench) -> None:
    bench.has_campaign()
    has_paused(bench, 1, 2)
    bench.is_edited(resumed_at=NOON + SECOND)

    assert bench.resume(WORKSPACE) == 2

    assert paused(bench) == []
    assert bench.progress(CAMPAIGN).paused == 0
    assert bench.task(a_task(1)).entry == a_task(1).entry


@pytest.mark.parametrize(
    ("paused_at", "left"),
    [
        pytest.param(NOON, [], id="before"),
        pytest.param(NOON + MINUTE, [], id="at that instant"),
        pytest.param(NOON + MINUTE + SECOND, ["1"], id="after"),
    ],
)
def test_only_what_was_paused_before_goes_on(
    bench: Bench, paused_at: datetime, left: list[str]
) -> None:
    bench.has_campaign(resumed_at=NOON + MINUTE)
    has_paused(bench, 1, at=paused_at)

    assert bench.resume(WORKSPACE) == 1 - len(left)
    assert paused(bench) == left


def test_in_a_campaign_that_was_never_resumed_they_stay_paused(bench: Bench) -> None:
    bench.has_campaign()
    has_paused(bench, 1)

    assert bench.resume(WORKSPACE) == 0
    assert paused(bench) == ["1"]


def test_every_shard_is_looked_at(bench: Bench) -> None:
    bench.has_campaign(shards=3, resumed_at=NOON)
    has_paused(bench, 1)
    has_paused(bench, 2, shard=2)

    assert bench.resume(WORKSPACE) == 2


def test_a_task_resumed_by_its_campaign_can_be_paused_again(bench: Bench) -> None:
    bench.has_campaign(resumed_at=NOON)
    has_paused(bench, 1)
    bench.resume(WORKSPACE)
    bench.clock.forward(SECOND)
    bench.steer(WORKSPACE, a_task(1).task_id, "pause")

    assert bench.resume(WORKSPACE) == 0
    assert paused(bench) == ["1"]


def test_a_task_that_is_paused_by_a_slower_clock_after_its_campaign_was_resumed_stays_so(
    bench: Bench,
) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.manage.control(WORKSPACE, CAMPAIGN, "pause")
    bench.clock.forward(2 * SECOND)
    bench.manage.control(WORKSPACE, CAMPAIGN, "resume")
    bench.clock.forward(-SECOND)
    bench.steer(WORKSPACE, a_task().task_id, "pause")
    bench.clock.forward(MINUTE)

    assert bench.resume(WORKSPACE) == 0
    assert paused(bench) == ["1"]


def test_whoever_resumes_it_by_a_slower_clock_resumes_what_was_paused_meanwhile(
    bench: Bench,
) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.clock.forward(2 * SECOND)
    bench.manage.control(WORKSPACE, CAMPAIGN, "resume")
    bench.steer(WORKSPACE, a_task().task_id, "pause")
    bench.clock.forward(-SECOND)

    bench.manage.control(WORKSPACE, CAMPAIGN, "resume")

    assert paused(bench) == []


def test_closed_campaigns_and_other_workspaces_are_left_alone(bench: Bench) -> None:
    bench.has_campaign(resumed_at=NOON)
    has_paused(bench, 1)

    assert bench.resume(OTHER_WORKSPACE) == 0
    bench.campaigns.edit(
        WORKSPACE, CAMPAIGN, lambda found: replace(found, state=CampaignState.ARCHIVED)
    )
    assert bench.resume(WORKSPACE) == 0


def test_each_campaign_has_its_own_instant(bench: Bench) -> None:
    bench.has_campaign(1, resumed_at=NOON)
    bench.has_campaign(2)
    has_paused(bench, 1)
    other = bench.has_task(2, campaign_id=plain_id(2, "c"))
    bench.steer(WORKSPACE, other.task_id, "pause")

    assert bench.resume(WORKSPACE) == 1
    assert paused(bench) == ["2"]


def test_more_than_one_run_can_do_are_done_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume_tasks, "MOST_AT_ONCE", 2)
    bench.has_campaign(resumed_at=NOON)
    has_paused(bench, 1, 2, 3)

    assert [bench.resume(WORKSPACE) for _ in range(3)] == [2, 1, 0]


# --- Others at the same moment -------------------------------------------------------------------


def test_a_task_that_somebody_else_moves_meanwhile_is_skipped(bench: Bench) -> None:
    bench.has_campaign(resumed_at=NOON)
    has_paused(bench, 1, 2)

    class Busy(MemoryTasks):
        """Somebody is faster with the first task."""

        def settle(self, task: Task, tally: Tally) -> Task:
            if task.task_id == a_task(1).task_id:
                raise Stale(task.task_id)
            return super().settle(task, tally)

    assert replace(bench.resume, tasks=Busy(bench.store))(WORKSPACE) == 1
    assert (paused(bench), bench.progress(CAMPAIGN).paused) == (["1"], 1)


def test_a_task_that_the_agenda_shows_paused_but_is_not_is_skipped(bench: Bench) -> None:
    bench.has_campaign(resumed_at=NOON)
    has_paused(bench, 1, 2)

    class Late(MemoryTasks):
        """Between the agenda and the tasks, somebody archives the first."""

        def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
            bench.steer(WORKSPACE, a_task(1).task_id, "archive")
            return super().get_all(task_ids)

    assert replace(bench.resume, tasks=Late(bench.store))(WORKSPACE) == 1
    assert bench.task(a_task(1)).status is TaskStatus.ARCHIVED


def test_a_resume_that_dies_anywhere_is_finished_by_the_next_tick() -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign(state=CampaignState.PAUSED)
        has_paused(bench, 1, 2, 3)
        return bench

    def act(bench: Bench) -> object:
        return bench.manage.control(WORKSPACE, CAMPAIGN, "resume")

    for bench in crashes_everywhere(prepare, act):
        if bench.store.campaigns[CAMPAIGN].state is CampaignState.ACTIVE:
            bench.resume(WORKSPACE)

            assert paused(bench) == []
            assert bench.progress(CAMPAIGN).paused == 0
            assert bench.dispatch(WORKSPACE) == 3
