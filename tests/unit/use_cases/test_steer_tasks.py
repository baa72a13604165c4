from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryTasks
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.errors import NotAllowed, NotFound, Stale
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.use_cases.steer_tasks import TRIES
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, a_task
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, Bench, crashes_everywhere

TASK_ID = a_task().task_id


def steered(bench: Bench, control: str) -> Task:
    return bench.steer(WORKSPACE, TASK_ID, control).task


# --- What a control does -------------------------------------------------------------------------


def test_a_paused_task_is_not_called_until_it_goes_on(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()

    steered(bench, "pause")
    paused = bench.dispatch(WORKSPACE)
    steered(bench, "resume")

    assert (paused, bench.dispatch(WORKSPACE)) == (0, 1)


def test_a_task_that_goes_on_keeps_its_place_in_line(bench: Bench) -> None:
    bench.has_campaign()
    task = bench.has_task(due_at=NOON - MINUTE, attempts=1)

    steered(bench, "pause")
    resumed = steered(bench, "resume")

    assert resumed.entry == task.entry


def test_an_archived_task_is_never_called_again(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()

    archived = steered(bench, "archive")

    assert bench.task(archived) == archived
    assert (archived.status, archived.reason) == (TaskStatus.ARCHIVED, "archived_by_hand")
    assert bench.dispatch(WORKSPACE) == 0


@pytest.mark.parametrize(
    ("controls", "counts"),
    [
        pytest.param(["pause"], (1, 0, 1), id="paused"),
        pytest.param(["pause", "pause"], (1, 0, 1), id="paused twice"),
        pytest.param(["pause", "resume"], (0, 0, 1), id="resumed"),
        pytest.param(["resume"], (0, 0, 1), id="resumed, though not paused"),
        pytest.param(["archive"], (0, 1, 0), id="archived"),
        pytest.param(["archive", "archive"], (0, 1, 0), id="archived twice"),
        pytest.param(["pause", "archive"], (0, 1, 0), id="archived while paused"),
    ],
)
def test_each_control_is_counted_once(
    bench: Bench, controls: list[str], counts: tuple[int, int, int]
) -> None:
    bench.has_campaign()
    bench.has_task()

    for control in controls:
        steered(bench, control)

    progress = bench.progress(CAMPAIGN)
    assert (progress.paused, progress.archived, progress.open_tasks) == counts
    assert progress.settled_at == (NOON if "archive" in controls else None)


def test_the_last_open_task_that_is_archived_finishes_its_campaign(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()

    steered(bench, "archive")
    bench.clock.forward(bench.deadlines.last_word + MINUTE)

    assert bench.finish(WORKSPACE) == 1


@pytest.mark.parametrize(
    ("state", "control", "status"),
    [
        pytest.param(CampaignState.ACTIVE, "pause", TaskStatus.PAUSED, id="pause"),
        pytest.param(CampaignState.ACTIVE, "resume", TaskStatus.QUEUED, id="resume"),
        pytest.param(CampaignState.PAUSED, "resume", TaskStatus.PAUSED, id="in a paused campaign"),
        pytest.param(CampaignState.DRAFT, "archive", TaskStatus.ARCHIVED, id="in a draft"),
    ],
)
def test_the_task_is_shown_as_it_reads_then(
    bench: Bench, state: CampaignState, control: str, status: TaskStatus
) -> None:
    bench.has_campaign(state=state)
    bench.has_task()

    assert bench.steer(WORKSPACE, TASK_ID, control).status is status


@pytest.mark.parametrize(
    ("control", "nudges"),
    [
        pytest.param("resume", [(WORKSPACE, NO_DELAY)], id="resume"),
        pytest.param("pause", [], id="pause"),
        pytest.param("archive", [], id="archive"),
    ],
)
def test_dispatch_is_woken_when_there_may_be_a_call(
    bench: Bench, control: str, nudges: list[Any]
) -> None:
    bench.has_campaign()
    bench.has_task(status=TaskStatus.PAUSED, paused_at=NOON)

    steered(bench, control)

    assert bench.queue.nudges == nudges


# --- What it does not ----------------------------------------------------------------------------


@pytest.mark.parametrize("control", ["pause", "resume", "archive"])
def test_a_task_in_flight_is_left_alone(bench: Bench, control: str) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.placed()
    before = bench.task(TASK_ID)

    with pytest.raises(NotAllowed) as refusal:
        steered(bench, control)

    assert "running" in refusal.value.message
    assert bench.task(TASK_ID) == before


@pytest.mark.parametrize("control", ["pause", "resume", "archive"])
@pytest.mark.parametrize("state", [CampaignState.ARCHIVED, CampaignState.COMPLETED])
def test_the_tasks_of_a_closed_campaign_stay_as_they_are(
    bench: Bench, control: str, state: CampaignState
) -> None:
    bench.has_campaign(state=state)
    task = bench.has_task()

    with pytest.raises(NotAllowed) as refusal:
        steered(bench, control)

    assert state in refusal.value.message
    assert bench.task(task) == task


@pytest.mark.parametrize("control", ["pause", "resume", "archive"])
def test_another_workspaces_task_is_not_found(bench: Bench, control: str) -> None:
    bench.has_campaign()
    task = bench.has_task()

    with pytest.raises(NotFound):
        bench.steer(OTHER_WORKSPACE, TASK_ID, control)

    assert bench.task(task) == task


@pytest.mark.parametrize("task_id", ["", CAMPAIGN, f"{CAMPAIGN}-zzzzzzzzzzzzzzzz", "../etc"])
def test_a_task_that_does_not_exist_is_not_found(bench: Bench, task_id: str) -> None:
    bench.has_campaign()

    with pytest.raises(NotFound):
        bench.steer(WORKSPACE, task_id, "pause")


# --- Others at the same moment -------------------------------------------------------------------


class Racing(MemoryTasks):
    """Somebody else saves the task just before we do, so many times."""

    def __init__(self, bench: Bench, times: int) -> None:
        super().__init__(bench.store)
        self._bench = bench
        self.times = times

    def settle(self, task: Task, tally: Tally) -> Task:
        if self.times:
            self.times -= 1
            stored = self._bench.task(task)
            super().settle(replace(stored, callbacks=stored.callbacks + 1), {})
        return super().settle(task, tally)


def test_a_control_that_collides_is_tried_again_on_what_the_other_left(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    steer = replace(bench.steer, tasks=Racing(bench, TRIES - 1))

    task = steer(WORKSPACE, TASK_ID, "pause").task

    assert (task.status, task.callbacks) == (TaskStatus.PAUSED, TRIES - 1)
    assert bench.progress(CAMPAIGN).paused == 1


def test_a_control_that_collides_too_often_says_so(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    steer = replace(bench.steer, tasks=Racing(bench, TRIES))

    with pytest.raises(Stale):
        steer(WORKSPACE, TASK_ID, "pause")

    assert bench.task(TASK_ID).status is TaskStatus.QUEUED
    assert bench.progress(CAMPAIGN).paused == 0


def test_a_task_that_is_claimed_at_the_same_moment_is_called(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()

    class Claiming(MemoryTasks):
        """Dispatch is faster."""

        def settle(self, task: Task, tally: Tally) -> Task:
            bench.dispatch(WORKSPACE)
            return super().settle(task, tally)

    with pytest.raises(NotAllowed):
        replace(bench.steer, tasks=Claiming(bench.store))(WORKSPACE, TASK_ID, "archive")

    assert bench.task(TASK_ID).status is TaskStatus.RUNNING


@pytest.mark.parametrize("control", ["pause", "archive"])
def test_a_control_that_dies_anywhere_is_done_and_counted_once_by_the_next_try(
    control: str,
) -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.has_task()
        return bench

    for bench in crashes_everywhere(prepare, lambda bench: steered(bench, control)):
        steered(bench, control)

        progress = bench.progress(CAMPAIGN)
        assert progress.paused + progress.archived == 1
        assert bench.dispatch(WORKSPACE) == 0
