import pytest

from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import Import
from chalicelibs.domain.task import TaskStatus
from chalicelibs.ports import Paging
from tests.builders import (
    CAMPAIGN,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_key,
    a_task,
    a_workspace,
    plain_id,
)
from tests.unit.use_cases.bench import MINUTE, Bench

TASK_ID = a_task().task_id
NO_SUCH = [
    pytest.param(f"{CAMPAIGN}-zzzzzzzzzzzzzzzz", id="no such task"),
    pytest.param("", id="nothing"),
    pytest.param(CAMPAIGN, id="a campaign's id"),
    pytest.param("../../etc", id="a path"),
]


@pytest.fixture
def first_call(bench: Bench) -> str:
    """A task whose first call has ended and whose second is in flight; gives the first."""
    bench.has_campaign()
    bench.has_task()
    first = bench.placed()
    bench.ends(first, "no_answer")
    bench.clock.forward(30 * MINUTE)
    bench.placed()
    return first


@pytest.fixture
def job(bench: Bench) -> Import:
    """An import of which a row was rejected."""
    bench.has_campaign()
    source = bench.drops("phone,name\n+34600000001,Ana\nbad,Ben\n")
    job = bench.import_contacts(WORKSPACE, CAMPAIGN, source=source, version="v1")
    assert job is not None
    return job


# --- Tasks ---------------------------------------------------------------------------------------


def test_a_task_reads_as_it_stands(bench: Bench, first_call: str) -> None:
    reading = bench.look_up.task(WORKSPACE, TASK_ID)

    assert (reading.task, reading.status) == (bench.task(TASK_ID), TaskStatus.RUNNING)
    assert reading.task.last_call_id == first_call


def test_a_queued_task_of_a_paused_campaign_reads_as_paused(bench: Bench) -> None:
    bench.has_campaign()
    task = bench.has_task()
    bench.manage.control(WORKSPACE, CAMPAIGN, "pause")

    assert bench.look_up.task(WORKSPACE, task.task_id).status is TaskStatus.PAUSED
    assert bench.task(task).status is TaskStatus.QUEUED


@pytest.mark.parametrize("task_id", NO_SUCH)
def test_a_task_that_does_not_exist_is_not_found(bench: Bench, task_id: str) -> None:
    bench.has_campaign()

    with pytest.raises(NotFound):
        bench.look_up.task(WORKSPACE, task_id)


def test_the_tasks_of_a_campaign_are_listed_page_by_page(bench: Bench) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(1, 2, 3)

    first, cursor = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, Paging(limit=2))
    second, end = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, Paging(cursor=cursor, limit=2))

    assert [reading.task for reading in [*first, *second]] == tasks
    assert {reading.status for reading in first} == {TaskStatus.QUEUED}
    assert end is None


def test_the_tasks_of_a_campaign_that_does_not_exist_are_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.look_up.tasks_of(WORKSPACE, plain_id(9, "c"), Paging())


# --- Calls ---------------------------------------------------------------------------------------


def test_an_ended_call_and_one_in_flight_are_both_found(bench: Bench, first_call: str) -> None:
    in_flight = bench.task(TASK_ID).call
    assert in_flight is not None

    assert bench.look_up.call(WORKSPACE, first_call) == bench.call(first_call)
    assert bench.look_up.call(WORKSPACE, in_flight.call_id) == in_flight


def test_the_calls_of_a_task_are_listed_first_to_last(bench: Bench, first_call: str) -> None:
    in_flight = bench.task(TASK_ID).call

    assert bench.look_up.calls_of(WORKSPACE, TASK_ID) == [bench.call(first_call), in_flight]


def test_a_call_that_is_kept_and_not_yet_settled_is_listed_once(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    call_id = bench.placed()
    call = bench.task(TASK_ID).call
    assert call is not None

    bench.calls.save(WORKSPACE, call)  # by a worker that died before settling

    assert [one.call_id for one in bench.look_up.calls_of(WORKSPACE, TASK_ID)] == [call_id]


@pytest.mark.parametrize(
    "call_id",
    [
        *NO_SUCH,
        pytest.param(TASK_ID, id="a task's id"),
        pytest.param(f"{TASK_ID}-9", id="a claim that never was"),
        pytest.param(f"{CAMPAIGN}-zzzzzzzzzzzzzzzz-1", id="a call of no task"),
    ],
)
def test_a_call_that_does_not_exist_is_not_found(
    bench: Bench, first_call: str, call_id: str
) -> None:
    assert first_call

    with pytest.raises(NotFound):
        bench.look_up.call(WORKSPACE, call_id)


# --- Imports -------------------------------------------------------------------------------------


def test_an_import_and_its_rejected_rows_are_found(bench: Bench, job: Import) -> None:
    assert bench.look_up.import_(WORKSPACE, job.import_id) == job
    assert bench.look_up.imports_of(WORKSPACE, CAMPAIGN) == [job]
    [row] = bench.look_up.rejected_rows(WORKSPACE, job.import_id, Paging()).items
    assert (row.row, row.code, row.value) == (2, "invalid_phone", "bad")


def test_a_file_dropped_for_no_campaign_tells_so_where_it_was_dropped(bench: Bench) -> None:
    source = bench.drops("phone\n+34600000001\n")
    nowhere = plain_id(9, "c")
    job = bench.import_contacts(WORKSPACE, nowhere, source=source, version="v1")

    assert bench.look_up.imports_of(WORKSPACE, nowhere) == [job]


def test_an_import_that_does_not_exist_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.look_up.import_(WORKSPACE, plain_id(9, "f"))
    with pytest.raises(NotFound):
        bench.look_up.rejected_rows(WORKSPACE, plain_id(9, "f"), Paging())
    with pytest.raises(NotFound):
        bench.look_up.imports_of(WORKSPACE, plain_id(9, "c"))


# --- Walls ---------------------------------------------------------------------------------------


def test_a_workspace_finds_nothing_of_another(bench: Bench, first_call: str) -> None:
    other = a_workspace(workspace_id=OTHER_WORKSPACE)
    bench.workspaces.add(other, a_key(key_id=plain_id(2, "k")))
    source = bench.drops("phone,name\nbad,Ben\n")
    job = bench.import_contacts(WORKSPACE, CAMPAIGN, source=source, version="v1")
    in_flight = bench.task(TASK_ID).call
    assert job is not None
    assert in_flight is not None
    look_up = bench.look_up

    for look in (
        lambda: look_up.task(OTHER_WORKSPACE, TASK_ID),
        lambda: look_up.tasks_of(OTHER_WORKSPACE, CAMPAIGN, Paging()),
        lambda: look_up.call(OTHER_WORKSPACE, first_call),
        lambda: look_up.call(OTHER_WORKSPACE, in_flight.call_id),
        lambda: look_up.calls_of(OTHER_WORKSPACE, TASK_ID),
        lambda: look_up.import_(OTHER_WORKSPACE, job.import_id),
        lambda: look_up.imports_of(OTHER_WORKSPACE, CAMPAIGN),
        lambda: look_up.rejected_rows(OTHER_WORKSPACE, job.import_id, Paging()),
    ):
        with pytest.raises(NotFound):
            look()
