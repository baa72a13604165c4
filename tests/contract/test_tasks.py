"""Tasks: stored, due, saved, settled, read at the gate."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelibs.domain.call import Call, CallStatus, SlotPages
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.lane import rescue_partition
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.retry import Callback, Complete, Retry
from chalicelibs.domain.task import Task, TaskStatus
from tests.builders import (
    AGENT,
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_call,
    a_campaign,
    a_key,
    a_task,
    a_workspace,
    plain_id,
    rules,
)
from tests.contract.engines import Ports

LANE = f"{CAMPAIGN}|attempt-1|0"
SECOND = timedelta(seconds=1)
LOT = timedelta(microseconds=482)

FULL_CALL = a_call(
    a_task(claims=2),
    status=CallStatus.IN_PROGRESS,
    attempt_no=2,
    slots=SlotPages(workspace=3, campaign=0),
    dialed_at=NOON + SECOND,
    answered_at=NOON + 9 * SECOND,
    phone="+34600000001",
    caller_id="+34910000000",
    agent_id=AGENT,
    carrier="simulated",
    carrier_call_id="sim-1",
    longest=timedelta(minutes=15, seconds=45),
)
FULL = a_task(
    context={"name": "José", "note": "", "policy number": "{{secret}} 🙂"},
    rules=rules(max_attempts=3),
    end_at=NOON + timedelta(days=1),
    shard=4,
    status=TaskStatus.RUNNING,
    due_at=NOON + LOT,
    is_callback=True,
    attempts=2,
    callbacks=1,
    claims=3,
    call=FULL_CALL,
    last_call_id=f"{a_task().task_id}-2",
    outcome="busy_callback",
    created_at=NOON - SECOND + timedelta(microseconds=7),
)


def stored(ports: Ports, task: Task) -> Task:
    found = ports.tasks.get(task.task_id)
    assert found is not None
    return found


def due_ids(ports: Ports, partition: str, until: datetime, limit: int = 99) -> list[str]:
    return [due.task_id for due in ports.tasks.due(partition, until=until, limit=limit)]


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(a_task(), id="plain"),
        pytest.param(FULL, id="full"),
        pytest.param(a_task(context={}), id="without context"),
        pytest.param(a_task(status=TaskStatus.PAUSED), id="paused"),
        pytest.param(a_task().archive("end time passed"), id="archived"),
    ],
)
def test_a_task_comes_back_as_it_was_added(ports: Ports, task: Task) -> None:
    assert ports.tasks.add([task]) == frozenset()

    assert stored(ports, task) == task


def test_a_saved_task_replaces_all_that_was_there(ports: Ports) -> None:
    ports.tasks.add([FULL])

    saved = ports.tasks.save(a_task())

    assert saved == a_task(version=1)
    assert stored(ports, a_task()) == saved


def test_what_was_never_added_is_not_there(ports: Ports) -> None:
    assert ports.tasks.get(a_task().task_id) is None
    assert not ports.tasks.exists(a_task().task_id)
    assert ports.tasks.at_gate(WORKSPACE, a_task().task_id) is None
    with pytest.raises(Stale):
        ports.tasks.save(a_task())


def test_tasks_are_counted_as_they_are_added(ports: Ports) -> None:
    ports.tasks.add([a_task(number) for number in range(95)])

    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=95)
    assert ports.tasks.exists(a_task(94).task_id)


def test_adding_again_changes_nothing_and_says_so(ports: Ports) -> None:
    ports.tasks.add([a_task(1), a_task(2)])
    settled = ports.tasks.save(replace(a_task(1), attempts=1))

    known = ports.tasks.add([a_task(1), a_task(3), a_task(2)])

    assert known == {a_task(1).task_id, a_task(2).task_id}
    assert stored(ports, a_task(1)) == settled
    assert stored(ports, a_task(3)) == a_task(3)
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=3)
    assert ports.tasks.add([a_task(1)]) == {a_task(1).task_id}
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=3)
    assert ports.tasks.add([]) == frozenset()


def test_due_tasks_come_earliest_first_up_to_the_instant(ports: Ports) -> None:
    ports.tasks.add(
        [
            a_task(1, due_at=NOON + SECOND),
            a_task(2, due_at=NOON + LOT),
            a_task(3, due_at=NOON),
            a_task(4, due_at=NOON - timedelta(days=400)),
            a_task(5, due_at=NOON + timedelta(milliseconds=1)),
        ]
    )

    at_noon = due_ids(ports, LANE, NOON + LOT)

    assert at_noon == [a_task(number).task_id for number in (4, 3, 2)]
    assert due_ids(ports, LANE, NOON + SECOND, limit=4)[-1] == a_task(5).task_id
    assert due_ids(ports, LANE, NOON - timedelta(days=401)) == []


def test_lots_below_the_millisecond_order_equal_starts(ports: Ports) -> None:
    lots = (999, 0, 500, 50, 5, 90)
    ports.tasks.add([a_task(lot, due_at=NOON + timedelta(microseconds=lot)) for lot in lots])

    found = ports.tasks.due(LANE, until=NOON + timedelta(milliseconds=1), limit=9)

    assert [due.entry.at.microsecond for due in found] == sorted(lots)


def test_the_agenda_tells_all_that_a_claim_needs(ports: Ports) -> None:
    task = a_task(due_at=NOON + LOT, claims=3)
    ports.tasks.add([task])

    assert list(ports.tasks.due(LANE, until=NOON + SECOND, limit=1)) == [task.as_due]


def test_each_lane_and_shard_stands_apart(ports: Ports) -> None:
    ports.tasks.add([a_task(1), a_task(2, shard=1), a_task(3, is_callback=True)])

    assert due_ids(ports, LANE, NOON) == [a_task(1).task_id]
    assert due_ids(ports, f"{CAMPAIGN}|attempt-1|1", NOON) == [a_task(2).task_id]
    assert due_ids(ports, f"{CAMPAIGN}|callback|0", NOON) == [a_task(3).task_id]


def test_a_claim_moves_a_task_to_the_rescue_lane(ports: Ports) -> None:
    task = a_task(due_at=NOON + LOT)
    ports.tasks.add([task])
    call = a_call(task, deadline=NOON + SECOND + LOT)

    assert ports.tasks.claim(task.as_due, call, WORKSPACE)

    claimed = stored(ports, task)
    assert claimed == task.claim(call)
    assert due_ids(ports, LANE, NOON + SECOND) == []
    rescue = ports.tasks.due(rescue_partition(WORKSPACE), until=call.deadline, limit=9)
    assert list(rescue) == [claimed.as_due]


def test_a_task_is_claimed_once(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    first, second = a_call(task), a_call(task, deadline=NOON + 2 * SECOND)

    assert ports.tasks.claim(task.as_due, first, WORKSPACE)
    assert not ports.tasks.claim(task.as_due, second, WORKSPACE)

    assert stored(ports, task).call == first


def test_an_old_entry_of_a_task_that_was_given_back_claims_nothing(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    ports.tasks.claim(task.as_due, a_call(task), WORKSPACE)
    given_back = ports.tasks.save(stored(ports, task).give_back())

    assert given_back.entry == task.entry
    assert not ports.tasks.claim(task.as_due, a_call(task), WORKSPACE)
    assert ports.tasks.claim(given_back.as_due, a_call(given_back), WORKSPACE)
    assert stored(ports, task).claims == 2


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(replace(a_task(), due_at=NOON + LOT), id="by microseconds"),
        pytest.param(replace(a_task(), is_callback=True), id="to another lane"),
        pytest.param(a_task().archive("by hand"), id="out of the agenda"),
    ],
)
def test_a_task_that_moved_is_not_claimed(ports: Ports, moved: Task) -> None:
    ports.tasks.add([a_task()])
    ports.tasks.save(moved)

    assert not ports.tasks.claim(a_task().as_due, a_call(), WORKSPACE)


def test_a_task_that_is_not_there_is_not_claimed(ports: Ports) -> None:
    assert not ports.tasks.claim(a_task().as_due, a_call(), WORKSPACE)
    assert ports.tasks.get(a_task().task_id) is None


def test_a_stale_version_is_refused_and_counts_nothing(ports: Ports) -> None:
    ports.tasks.add([a_task()])
    ports.tasks.save(a_task(attempts=1))

    with pytest.raises(Stale):
        ports.tasks.save(a_task(attempts=7))
    with pytest.raises(Stale):
        ports.tasks.settle(a_task(attempts=7), {"calls": 1})

    assert stored(ports, a_task()).attempts == 1
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=1)


def test_settling_saves_and_counts_together(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    ports.tasks.claim(task.as_due, a_call(task), WORKSPACE)
    call = a_call(task, status=CallStatus.ENDED, outcome="no_answer")

    retried = ports.tasks.settle(
        stored(ports, task).after(Retry(NOON + SECOND), call),
        {"calls": 1, "outcome:no_answer": 1},
    )

    assert stored(ports, task) == retried
    assert retried.call is None
    assert due_ids(ports, LANE, NOON + SECOND) == [task.task_id]
    assert due_ids(ports, rescue_partition(WORKSPACE), NOON + timedelta(days=1)) == []
    progress = ports.campaigns.progress(CAMPAIGN)
    assert progress == Progress(tasks=1, calls=1, outcomes={"no_answer": 1})


def test_a_finished_task_leaves_the_agenda(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    ports.tasks.claim(task.as_due, a_call(task), WORKSPACE)

    call = a_call(task, outcome="completed")
    ports.tasks.settle(
        stored(ports, task).after(Complete(), call),
        {"calls": 1, "completed": 1, "outcome:completed": 1},
    )

    assert stored(ports, task).status is TaskStatus.COMPLETED
    assert due_ids(ports, rescue_partition(WORKSPACE), NOON + timedelta(days=1)) == []
    assert ports.campaigns.progress(CAMPAIGN).open_tasks == 0


def test_counters_go_down_again_where_a_verdict_changes(ports: Ports) -> None:
    ports.tasks.add([a_task()])
    done = ports.tasks.settle(
        a_task(status=TaskStatus.COMPLETED), {"completed": 1, "outcome:completed": 1}
    )
    ports.tasks.settle(
        done.after(Callback(NOON), a_call(outcome="busy_callback")),
        {"completed": -1, "outcome:completed": -1, "outcome:busy_callback": 1},
    )

    progress = ports.campaigns.progress(CAMPAIGN)
    assert progress == Progress(tasks=1, outcomes={"busy_callback": 1})
    assert due_ids(ports, f"{CAMPAIGN}|callback|0", NOON) == [a_task().task_id]


def test_the_gate_reads_task_campaign_and_workspace(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])

    assert ports.tasks.at_gate(WORKSPACE, a_task().task_id) == (
        a_task(),
        a_campaign(),
        a_workspace(),
    )


def test_the_gate_of_another_workspace_is_shut(ports: Ports) -> None:
    other = a_workspace(workspace_id=OTHER_WORKSPACE)
    ports.workspaces.add(a_workspace(), a_key())
    ports.workspaces.add(other, a_key(key_id="k000000000000002", workspace_id=OTHER_WORKSPACE))
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])

    assert ports.tasks.at_gate(OTHER_WORKSPACE, a_task().task_id) is None


def test_pages_hold_every_task_of_the_campaign_once(ports: Ports) -> None:
    other = plain_id(2, "c")
    ports.tasks.add([a_task(number) for number in range(40)])
    ports.tasks.add([a_task(1, campaign_id=other)])
    seen: list[Task] = []
    cursor = None
    while True:
        page = ports.tasks.page(CAMPAIGN, cursor=cursor, limit=7)
        assert len(page.items) <= 7
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            break

    assert sorted(seen, key=lambda task: task.task_id) == [a_task(n) for n in range(40)]


def test_a_page_that_takes_all_is_the_last(ports: Ports) -> None:
    ports.tasks.add([a_task(number) for number in range(3)])

    page = ports.tasks.page(CAMPAIGN, cursor=None, limit=3)

    assert len(page.items) == 3
    assert page.cursor is None


def test_the_call_in_flight_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.tasks.add([a_task()])
    call: Call = replace(FULL_CALL, callback_at=NOON + LOT, is_permanent=True, reason="lost")

    ports.tasks.save(a_task(claims=3, call=call, status=TaskStatus.RUNNING))

    assert stored(ports, a_task()).call == call
