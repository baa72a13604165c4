from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCalls
from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import CampaignKind, CampaignState
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import Import
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.push import Push
from chalicelibs.domain.search import CallFilter
from chalicelibs.domain.task import TaskStatus
from chalicelibs.ports.pages import Page, Paging
from chalicelibs.use_cases.look_up import CallSearch, TaskSearch
from tests.builders import (
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_key,
    a_task,
    a_workspace,
    an_agent,
    plain_id,
    utc,
)
from tests.unit.use_cases.bench import MINUTE, SECOND, Bench, Crashed

TASK_ID = a_task().task_id
ALL = TaskSearch()
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
    job = bench.imports_file(source)
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

    first, cursor = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, ALL, Paging(limit=2))
    second, end = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, ALL, Paging(cursor=cursor, limit=2))

    assert [reading.task for reading in [*first, *second]] == tasks
    assert {reading.status for reading in first} == {TaskStatus.QUEUED}
    assert end is None


def test_the_tasks_of_a_campaign_that_does_not_exist_are_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.look_up.tasks_of(WORKSPACE, plain_id(9, "c"), ALL, Paging())


def found(bench: Bench, **wanted: Any) -> list[tuple[str, TaskStatus]]:
    """The tasks that a search finds: the last digit of each number, and what it reads as."""
    readings, cursor = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, TaskSearch(**wanted), Paging())
    assert cursor is None
    return sorted((reading.task.phone[-1], reading.status) for reading in readings)


@pytest.fixture
def one_of_each(bench: Bench) -> None:
    """1 is queued, 2 completed, 3 archived, 4 paused, 5 in flight, 6 past its end, 7 retried."""
    bench.has_campaign()
    bench.has_task(1, due_at=NOON + MINUTE)
    bench.has_task(2, status=TaskStatus.COMPLETED, outcome="completed", attempts=1)
    bench.has_tasks(3, 4, due_at=NOON + MINUTE)
    bench.steer(WORKSPACE, a_task(3).task_id, "archive")
    bench.steer(WORKSPACE, a_task(4).task_id, "pause")
    bench.has_task(5)
    bench.placed()
    bench.has_task(6, due_at=NOON + MINUTE, end_at=NOON)
    bench.has_task(7, due_at=NOON + MINUTE, attempts=1, outcome="busy")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param({}, "1234567", id="all"),
        pytest.param({"status": TaskStatus.QUEUED}, "17", id="queued"),
        pytest.param({"status": TaskStatus.RUNNING}, "5", id="running"),
        pytest.param({"status": TaskStatus.PAUSED}, "4", id="paused"),
        pytest.param({"status": TaskStatus.COMPLETED}, "2", id="completed"),
        pytest.param({"status": TaskStatus.ARCHIVED}, "36", id="archived, or ended by time"),
        pytest.param({"outcome": "busy"}, "7", id="by outcome"),
        pytest.param({"attempts": 0}, "1346", id="never called"),
        pytest.param({"attempts": 1}, "257", id="called once"),
        pytest.param({"status": TaskStatus.QUEUED, "attempts": 1}, "7", id="both"),
        pytest.param({"status": TaskStatus.RUNNING, "outcome": "busy"}, "", id="neither"),
    ],
)
@pytest.mark.usefixtures("one_of_each")
def test_tasks_are_found_by_what_they_read_as(
    bench: Bench, wanted: dict[str, Any], numbers: str
) -> None:
    tasks = found(bench, **wanted)

    assert "".join(number for number, _ in tasks) == numbers
    assert {status for _, status in tasks} <= {wanted.get("status", status) for _, status in tasks}


@pytest.mark.parametrize(
    ("state", "status", "numbers"),
    [
        pytest.param("paused", TaskStatus.PAUSED, "147", id="a paused campaign pauses"),
        pytest.param("paused", TaskStatus.QUEUED, "", id="it queues none"),
        pytest.param("paused", TaskStatus.RUNNING, "5", id="it leaves what is in flight"),
        pytest.param("archived", TaskStatus.ARCHIVED, "13467", id="an archived one archives"),
        pytest.param("archived", TaskStatus.PAUSED, "", id="even the paused"),
        pytest.param("archived", TaskStatus.COMPLETED, "2", id="but not the completed"),
    ],
)
@pytest.mark.usefixtures("one_of_each")
def test_a_search_by_status_sees_what_the_campaign_makes_of_it(
    bench: Bench, state: str, status: TaskStatus, numbers: str
) -> None:
    bench.is_edited(state=CampaignState(state))

    assert found(bench, status=status) == [(number, status) for number in numbers]


def test_a_task_that_waits_for_its_analysis_is_found_as_running(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.ends(bench.placed(), analysis_follows=True)
    assert found(bench) == [("1", TaskStatus.RUNNING)]

    assert found(bench, status=TaskStatus.RUNNING) == [("1", TaskStatus.RUNNING)]


def test_what_is_in_flight_comes_in_pages_of_the_size_that_was_asked_for(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_tasks(*range(1, 6))
    assert bench.dispatch(WORKSPACE) == 5
    wanted, seen, sizes = TaskSearch(status=TaskStatus.RUNNING), list[str](), list[int]()

    cursor = None
    while not sizes or cursor is not None:
        paging = Paging(cursor=cursor, limit=2)
        readings, cursor = bench.look_up.tasks_of(WORKSPACE, CAMPAIGN, wanted, paging)
        seen += [reading.task.task_id for reading in readings]
        sizes.append(len(readings))

    assert sizes == [2, 2, 1]
    assert seen == [a_task(number).task_id for number in range(1, 6)]


@pytest.mark.parametrize("kind", CampaignKind)
def test_a_number_is_found_in_a_campaign_of_either_kind(bench: Bench, kind: CampaignKind) -> None:
    bench.has_campaign(kind=kind)
    bench.has_campaign(2, kind=kind)
    context = {"name": "Ana"}
    for campaign_id, phone in ((CAMPAIGN, 1), (CAMPAIGN, 2), (plain_id(2, "c"), 1)):
        number = f"+3460000000{phone}"
        bench.push(WORKSPACE, [Push(campaign_id=campaign_id, phone=number, context=context)])

    assert found(bench, phone="+34600000001") == [("1", TaskStatus.QUEUED)]
    assert found(bench, phone="+34600000009") == []
    assert found(bench, phone="+34600000001", status=TaskStatus.PAUSED) == []
    assert found(bench, phone="+34600000001", attempts=1) == []


# --- What an agent is told -----------------------------------------------------------------------


def prompt(bench: Bench) -> str | None:
    return bench.look_up.prompt_of(bench.look_up.task(WORKSPACE, TASK_ID))


def test_a_task_shows_what_its_agent_is_told(bench: Bench) -> None:
    bench.has_campaign(prompt="Offer {{name}} a renewal.")
    bench.has_task()

    assert prompt(bench) == "Say hello to Ana.\n\nOffer Ana a renewal."


def test_the_agent_is_the_tasks_own_if_it_has_one(bench: Bench) -> None:
    bench.agents.save(an_agent(agent_id=plain_id(2, "a"), system_messages=("Hi.",)))
    bench.has_campaign()
    bench.has_task(own=Overrides(agent_id=plain_id(2, "a")))

    assert prompt(bench) == "Hi."


@pytest.mark.parametrize(
    "task",
    [
        pytest.param({"context": {}}, id="a variable is missing"),
        pytest.param({"own": Overrides(agent_id=plain_id(9, "a"))}, id="the agent is gone"),
    ],
)
def test_where_something_is_missing_no_prompt_is_shown(bench: Bench, task: dict[str, Any]) -> None:
    bench.has_campaign()
    bench.has_task(**task)

    assert prompt(bench) is None


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
    bench.fuse.left = 5  # its worker dies after keeping the call, before settling
    with pytest.raises(Crashed):
        bench.ends(call_id)
    bench.fuse.left = None
    assert bench.call(call_id).call_id == call_id

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


# --- The log -------------------------------------------------------------------------------------

EVERY = CallSearch()


def logged(bench: Bench, search: CallSearch = EVERY, **paging: Any) -> list[str]:
    page = bench.look_up.call_log(WORKSPACE, search, Paging(**paging))
    return [call.call_id for call in page.items]


@pytest.fixture
def three_calls(bench: Bench) -> list[str]:
    """Calls that were dialled a minute apart, and have ended."""
    bench.has_campaign()
    calls = []
    for number, outcome in ((1, "completed"), (2, "busy"), (3, "completed")):
        bench.has_task(number)
        calls.append(bench.placed())
        bench.ends(calls[-1], outcome)
        bench.clock.forward(MINUTE)
    return calls


def test_the_log_tells_ended_calls_newest_first(bench: Bench, three_calls: list[str]) -> None:
    first, second, third = three_calls
    bench.has_task(4)
    in_flight = bench.placed()

    assert logged(bench) == [third, second, first]
    assert in_flight not in logged(bench)


def test_the_log_goes_on_where_a_page_ended(bench: Bench, three_calls: list[str]) -> None:
    first, second, third = three_calls
    page = bench.look_up.call_log(WORKSPACE, EVERY, Paging(limit=2))

    assert [call.call_id for call in page.items] == [third, second]
    assert logged(bench, cursor=page.cursor) == [first]


def test_the_log_tells_of_a_time_and_an_outcome(bench: Bench, three_calls: list[str]) -> None:
    first, second, third = three_calls

    assert logged(bench, CallSearch(since=NOON + MINUTE)) == [third, second]
    assert logged(bench, CallSearch(until=NOON + MINUTE)) == [first]
    assert logged(bench, CallSearch(CallFilter(outcome="completed"))) == [third, first]


def test_a_call_that_was_dialled_this_instant_is_logged(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    call_id = bench.placed()
    bench.ends(call_id)

    assert logged(bench) == [call_id]


@pytest.mark.parametrize(
    ("search", "since", "until"),
    [
        pytest.param(EVERY, NOON - MINUTE, NOON + MILLISECOND, id="all that there can be"),
        pytest.param(
            CallSearch(since=utc("1970-01-01T00:00"), until=utc("2199-12-31T00:00")),
            NOON - MINUTE,
            NOON + MILLISECOND,
            id="no more than there can be",
        ),
        pytest.param(CallSearch(since=NOON, until=NOON), NOON, NOON, id="as asked"),
    ],
)
def test_the_log_is_not_walked_where_there_can_be_no_call(
    search: CallSearch, since: datetime, until: datetime
) -> None:
    """Every month that is walked is a request, whether or not there are calls in it."""
    bench = Bench(created_at=NOON - MINUTE)
    asked: list[tuple[datetime, datetime]] = []

    class Watched(MemoryCalls):
        """Notes what it is asked for."""

        def log(
            self,
            workspace_id: str,
            wanted: CallFilter,
            *,
            since: datetime,
            until: datetime,
            cursor: str | None,
            limit: int,
        ) -> Page[Call]:
            asked.append((since, until))
            return super().log(
                workspace_id, wanted, since=since, until=until, cursor=cursor, limit=limit
            )

    look_up = replace(bench.look_up, calls=Watched(bench.store))
    look_up.call_log(WORKSPACE, search, Paging())

    assert asked == [(since, until)]


def test_the_calls_in_flight_are_told_in_the_order_they_began(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_campaign(2)
    calls = []
    for number, campaign in ((2, 2), (1, 1), (3, 1)):
        bench.has_task(number, campaign_id=plain_id(campaign, "c"))
        calls.append(bench.placed())
        bench.clock.forward(SECOND)
    bench.ends(calls.pop())

    def in_flight(**wanted: Any) -> list[str]:
        return [one.call_id for one in bench.look_up.in_flight(WORKSPACE, CallFilter(**wanted))]

    assert in_flight() == calls
    assert in_flight(campaign_id=CAMPAIGN) == calls[1:]
    assert in_flight(agent_id=plain_id(9, "a")) == []
    assert bench.look_up.in_flight(OTHER_WORKSPACE, CallFilter()) == []


def test_the_log_of_a_workspace_tells_no_call_of_another(
    bench: Bench, three_calls: list[str]
) -> None:
    other = a_workspace(workspace_id=OTHER_WORKSPACE)
    bench.workspaces.add(other, a_key(key_id=plain_id(2, "k")))

    assert len(three_calls) == 3
    assert bench.look_up.call_log(OTHER_WORKSPACE, EVERY, Paging()).items == []


# --- Imports -------------------------------------------------------------------------------------


def test_an_import_and_its_rejected_rows_are_found(bench: Bench, job: Import) -> None:
    assert bench.look_up.import_(WORKSPACE, job.import_id) == job
    assert bench.look_up.imports_of(WORKSPACE, CAMPAIGN) == [job]
    [row] = bench.look_up.rejected_rows(WORKSPACE, job.import_id, Paging()).items
    assert (row.line, row.code, row.value) == (3, "invalid_phone", "bad")


def test_a_file_dropped_for_no_campaign_tells_so_where_it_was_dropped(bench: Bench) -> None:
    source = bench.drops("phone\n+34600000001\n")
    nowhere = plain_id(9, "c")
    job = bench.imports_file(source, campaign_id=nowhere)

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
    job = bench.imports_file(source)
    in_flight = bench.task(TASK_ID).call
    assert job is not None
    assert in_flight is not None
    look_up = bench.look_up

    for look in (
        lambda: look_up.task(OTHER_WORKSPACE, TASK_ID),
        lambda: look_up.tasks_of(OTHER_WORKSPACE, CAMPAIGN, ALL, Paging()),
        lambda: look_up.call(OTHER_WORKSPACE, first_call),
        lambda: look_up.call(OTHER_WORKSPACE, in_flight.call_id),
        lambda: look_up.calls_of(OTHER_WORKSPACE, TASK_ID),
        lambda: look_up.import_(OTHER_WORKSPACE, job.import_id),
        lambda: look_up.imports_of(OTHER_WORKSPACE, CAMPAIGN),
        lambda: look_up.rejected_rows(OTHER_WORKSPACE, job.import_id, Paging()),
    ):
        with pytest.raises(NotFound):
            look()
