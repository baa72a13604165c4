"""Tasks: stored, due, saved, settled, read at the gate."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.adapters.dynamodb import search as dynamodb_search
from chalicelibs.domain.call import Call, CallStatus, SlotPages
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.lane import rescue_partition
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.retry import Callback, Complete, Retry
from chalicelibs.domain.search import TaskFilter
from chalicelibs.domain.task import Task, TaskStatus, tally_of
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
    an_agent,
    plain_id,
)
from tests.contract.engines import Account, Ports, claims, new_table, ports_in

LANE = f"{CAMPAIGN}|attempt-1|0"
SECOND = timedelta(seconds=1)
LOT = timedelta(microseconds=482)

#: What the table and its expressions could take for something else.
ODD_NAMES = ("pk", "lane", "at", "#pk", ":at", "a.b[0]", "__class__", "✆ 🤖", "n" * 200)

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
    external_id="crm-17 🙂",
    context={"name": "José", "note": "", "policy number": "{{secret}} 🙂"},
    own=Overrides(
        agent_id=AGENT,
        caller_id="+34910000009",
        hours=CallingHours.of(start="22:00", end="02:00", zone="Asia/Kolkata", days=[0, 6]),
        max_attempts=3,
        intervals=(timedelta(minutes=30), timedelta(0)),
        retry_outcomes=frozenset({"voicemail", "interested"}),
        priorities=(0, 1000, 7),
    ),
    end_at=NOON + timedelta(days=1),
    shard=4,
    status=TaskStatus.RUNNING,
    due_at=NOON + LOT,
    is_callback=True,
    opted_out=True,
    attempts=2,
    callbacks=1,
    claims=3,
    call=FULL_CALL,
    dialed={1: NOON - timedelta(days=9), 2: NOON - SECOND + LOT},
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
        pytest.param(FULL.erased(), id="erased"),
        pytest.param(a_task(context=dict.fromkeys(ODD_NAMES, "v")), id="oddly named context"),
        pytest.param(a_task(context={}), id="without context"),
        pytest.param(a_task(own=Overrides(zone="Asia/Tokyo")), id="in a zone of its own"),
        pytest.param(
            a_task(own=Overrides(retry_outcomes=frozenset(), intervals=(), max_attempts=1)),
            id="with empty lists of its own",
        ),
        pytest.param(a_task(start_at=NOON + LOT), id="with a start of its own"),
        pytest.param(a_task().move("pause", NOON + LOT), id="paused"),
        pytest.param(a_task().finish(TaskStatus.ARCHIVED, "end time passed"), id="archived"),
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
    assert ports.tasks.at_gate(WORKSPACE, a_task().task_id) is None
    with pytest.raises(Stale):
        ports.tasks.save(a_task())


def test_tasks_are_counted_as_they_are_added(ports: Ports) -> None:
    ports.tasks.add([a_task(number) for number in range(95)])

    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=95)
    assert ports.tasks.get(a_task(94).task_id) is not None


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

    assert claims(ports, task, call)

    claimed = stored(ports, task)
    assert claimed == task.claim(call)
    assert due_ids(ports, LANE, NOON + SECOND) == []
    rescue = ports.tasks.due(rescue_partition(WORKSPACE), until=call.deadline, limit=9)
    assert list(rescue) == [claimed.as_due]


def test_a_task_is_claimed_once(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    first, second = a_call(task), a_call(task, deadline=NOON + 2 * SECOND)

    assert claims(ports, task, first)
    assert not claims(ports, task, second)

    assert stored(ports, task).call == first


def test_an_old_entry_of_a_task_that_was_given_back_claims_nothing(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    claims(ports, task, a_call(task))
    given_back = ports.tasks.save(stored(ports, task).give_back())

    assert given_back.entry == task.entry
    assert not claims(ports, task, a_call(task))
    assert claims(ports, given_back, a_call(given_back))
    assert stored(ports, task).claims == 2


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(replace(a_task(), due_at=NOON + LOT), id="by microseconds"),
        pytest.param(replace(a_task(), is_callback=True), id="to another lane"),
        pytest.param(a_task().move("pause", NOON), id="to those that are paused"),
        pytest.param(a_task().move("archive", NOON), id="out of the agenda"),
    ],
)
def test_a_task_that_moved_is_not_claimed(ports: Ports, moved: Task) -> None:
    ports.tasks.add([a_task()])
    ports.tasks.save(moved)

    assert not claims(ports, a_task(), a_call())


def test_a_task_that_is_not_there_is_not_claimed(ports: Ports) -> None:
    assert not claims(ports, a_task(), a_call())
    assert ports.tasks.get(a_task().task_id) is None


def test_of_many_tasks_those_are_claimed_that_nobody_else_has(ports: Ports) -> None:
    tasks = [a_task(number) for number in range(60)]
    ports.tasks.add(tasks)
    elsewhere = replace(a_task(60), workspace_id=OTHER_WORKSPACE)
    ports.tasks.add([elsewhere])
    taken, moved, gone = tasks[7], tasks[25], a_task(61)
    assert claims(ports, taken, a_call(taken, deadline=NOON + 9 * SECOND))
    ports.tasks.save(replace(moved, due_at=NOON + LOT))
    wanted = [(task.as_due, a_call(task)) for task in (*tasks, elsewhere, gone)]

    ours = ports.tasks.claim_all(wanted, WORKSPACE)

    free = [task for task in tasks if task not in (taken, moved)]
    assert ours == {a_call(task).call_id for task in free}
    assert [stored(ports, task) for task in free] == [task.claim(a_call(task)) for task in free]
    assert stored(ports, taken).call == a_call(taken, deadline=NOON + 9 * SECOND)
    assert stored(ports, elsewhere) == elsewhere
    assert ports.tasks.get(gone.task_id) is None


def test_no_claim_takes_no_task(ports: Ports) -> None:
    assert ports.tasks.claim_all([], WORKSPACE) == frozenset()


def test_of_tasks_that_are_saved_together_each_is_judged_by_itself(ports: Ports) -> None:
    tasks = [a_task(number) for number in range(60)]
    ports.tasks.add(tasks)
    moved = ports.tasks.save(replace(tasks[30], attempts=7))
    changes = [(task, replace(task, attempts=1, outcome="busy")) for task in tasks]
    gone = a_task(61)

    saved = ports.tasks.save_all([*changes, (gone, replace(gone, attempts=1))])

    assert [at for at, one in enumerate(saved) if isinstance(one, Stale)] == [30, 60]
    as_wanted = [replace(task, version=1) for _, task in changes]
    assert [one for one in saved if isinstance(one, Task)] == as_wanted[:30] + as_wanted[31:]
    as_stored = [stored(ports, task) for task in tasks]
    assert as_stored == [*as_wanted[:30], moved, *as_wanted[31:]]
    assert ports.tasks.get(gone.task_id) is None


def test_what_is_saved_together_may_be_anything_that_a_task_says(ports: Ports) -> None:
    plain, other = a_task(), a_task(2)
    ports.tasks.add([plain, other])
    full = replace(FULL, version=plain.version)

    [there, _] = ports.tasks.save_all([(plain, full), (other, other)])
    assert there == stored(ports, plain) == replace(full, version=1)
    assert ports.tasks.due(LANE, until=FULL.due_at, limit=9) == [stored(ports, other).as_due]

    [back, _] = ports.tasks.save_all([(full, plain), (other, other)])
    assert isinstance(back, Stale)
    [back, _] = ports.tasks.save_all([(there, replace(plain, version=1)), (other, other)])
    assert back == stored(ports, plain) == replace(plain, version=2)
    assert len(ports.tasks.due(LANE, until=NOON, limit=9)) == 2


def test_nothing_saved_is_nothing(ports: Ports) -> None:
    assert list(ports.tasks.save_all([])) == []


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
    claims(ports, task, a_call(task))
    call = a_call(task, status=CallStatus.ENDED, outcome="no_answer", dialed_at=NOON)

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


def settled(number: int, outcome: str) -> tuple[Task, dict[str, int]]:
    """A task that was called once and is done, and what that counts."""
    call = a_call(a_task(number), outcome=outcome, dialed_at=NOON)
    done = a_task(number).after(Complete(), call)
    return done, {"calls": 1, "completed": 1, f"outcome:{outcome}": 1}


def test_tasks_of_a_campaign_are_settled_and_counted_together(ports: Ports) -> None:
    ports.tasks.add([a_task(number) for number in range(90)])
    outcomes = ["busy", "completed", "completed"] * (30)

    saved = ports.tasks.settle_all([*map(settled, range(90), outcomes)])

    assert [stored(ports, a_task(number)) for number in range(90)] == saved
    assert {task.version for task in saved} == {a_task().version + 1}
    assert due_ids(ports, LANE, NOON) == []
    assert ports.campaigns.progress(CAMPAIGN) == Progress(
        tasks=90, calls=90, completed=90, outcomes={"busy": 30, "completed": 60}
    )


def test_of_settlements_together_the_latest_is_told(ports: Ports) -> None:
    ports.tasks.add([a_task(1), a_task(2)])
    done = [a_task(number).finish(TaskStatus.ARCHIVED, "by hand") for number in (1, 2)]
    moments = [NOON + SECOND, NOON]

    ports.tasks.settle_all(
        [
            (one, {"archived": 1, "settled_at": epoch_ms(at)})
            for one, at in zip(done, moments, strict=True)
        ]
    )

    progress = ports.campaigns.progress(CAMPAIGN)
    assert (progress.archived, progress.settled_at) == (2, NOON + SECOND)


@pytest.mark.parametrize("moved", [{1}, {2}, {1, 3}])
def test_where_tasks_have_moved_none_is_settled_with_them(ports: Ports, moved: set[int]) -> None:
    ports.tasks.add([a_task(number) for number in (1, 2, 3)])
    for number in moved:
        ports.tasks.save(a_task(number, attempts=1))

    with pytest.raises(Stale) as stale:
        ports.tasks.settle_all([settled(number, "busy") for number in (1, 2, 3)])

    assert {*stale.value.args} == {a_task(number).task_id for number in moved}
    attempts = [stored(ports, a_task(number)).attempts for number in (1, 2, 3)]
    assert attempts == [int(number in moved) for number in (1, 2, 3)]
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=3)


def test_a_task_that_is_not_there_is_not_settled_with_others(ports: Ports) -> None:
    ports.tasks.add([a_task(1)])

    with pytest.raises(Stale):
        ports.tasks.settle_all([settled(1, "busy"), settled(2, "busy")])

    assert stored(ports, a_task(1)) == a_task(1)
    assert ports.tasks.get(a_task(2).task_id) is None


def test_a_finished_task_leaves_the_agenda(ports: Ports) -> None:
    task = a_task()
    ports.tasks.add([task])
    claims(ports, task, a_call(task))

    call = a_call(task, outcome="completed", dialed_at=NOON)
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
        done.after(Callback(NOON), a_call(outcome="busy_callback", dialed_at=NOON)),
        {"completed": -1, "outcome:completed": -1, "outcome:busy_callback": 1},
    )

    progress = ports.campaigns.progress(CAMPAIGN)
    assert progress == Progress(tasks=1, outcomes={"busy_callback": 1})
    assert due_ids(ports, f"{CAMPAIGN}|callback|0", NOON) == [a_task().task_id]


def test_a_paused_task_stands_with_the_paused_until_it_goes_on(ports: Ports) -> None:
    ports.tasks.add([a_task()])
    paused = ports.tasks.settle(a_task().move("pause", NOON + SECOND), {"paused": 1})

    assert due_ids(ports, LANE, NOON + SECOND) == []
    assert due_ids(ports, f"{CAMPAIGN}|paused|0", NOON) == []
    assert due_ids(ports, f"{CAMPAIGN}|paused|0", NOON + SECOND) == [a_task().task_id]
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=1, paused=1)

    ports.tasks.settle(paused.move("resume", NOON + SECOND), {"paused": -1})

    assert due_ids(ports, LANE, NOON) == [a_task().task_id]
    assert due_ids(ports, f"{CAMPAIGN}|paused|0", NOON + SECOND) == []
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=1)


def test_the_latest_settlement_is_told_whichever_counter_it_went_to(ports: Ports) -> None:
    tasks = [a_task(number) for number in range(30)]
    ports.tasks.add(tasks)

    for number, task in enumerate(tasks):
        done = task.finish(TaskStatus.ARCHIVED, "by hand")
        ports.tasks.settle(done, tally_of(task, done, now=NOON + number * SECOND))
        progress = ports.campaigns.progress(CAMPAIGN)
        assert (progress.archived, progress.settled_at) == (number + 1, NOON + number * SECOND)


def test_what_settles_nothing_leaves_the_latest_settlement_alone(ports: Ports) -> None:
    ports.tasks.add([a_task(1), a_task(2)])
    done = a_task(1).finish(TaskStatus.COMPLETED, "why")
    ports.tasks.settle(done, {"completed": 1, "settled_at": epoch_ms(NOON)})

    ports.tasks.settle(a_task(2, attempts=1), {"calls": 1, "outcome:busy": 1})

    assert ports.campaigns.progress(CAMPAIGN).settled_at == NOON


def test_those_of_some_tasks_that_there_are(ports: Ports) -> None:
    tasks = [a_task(number) for number in range(120)]
    ports.tasks.add(tasks)
    wanted = [task.task_id for task in tasks] + [a_task(500).task_id]

    found = ports.tasks.get_all(iter(wanted))

    assert sorted(found, key=lambda task: task.task_id) == tasks
    assert list(ports.tasks.get_all([])) == []


def test_the_gate_reads_task_campaign_and_workspace(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])

    gate = ports.tasks.at_gate(WORKSPACE, a_task().task_id)

    assert gate is not None
    assert gate[:3] == (a_task(), a_campaign(), a_workspace())


def test_once_a_campaign_is_known_its_agent_is_read_at_the_gate(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])
    ports.tasks.at_gate(WORKSPACE, a_task().task_id)

    ports.agents.save(an_agent())

    gate = ports.tasks.at_gate(WORKSPACE, a_task().task_id)
    assert gate == (a_task(), a_campaign(), a_workspace(), an_agent())


def test_the_gates_of_many_tasks_are_those_of_each(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    for number in (1, 2):
        ports.campaigns.add(a_campaign(number))
        ports.agents.save(an_agent())
    first = [a_task(number) for number in range(1, 8)]
    second = [a_task(number, campaign_id=plain_id(2, "c")) for number in range(1, 5)]
    elsewhere = a_task(9, workspace_id=OTHER_WORKSPACE)
    for tasks in (first, second, [elsewhere]):
        ports.tasks.add(tasks)
    no_campaign = a_task(1, campaign_id=plain_id(3, "c"))
    ports.tasks.at_gate(WORKSPACE, first[0].task_id)
    wanted = [task.task_id for task in (*first, *second, elsewhere, no_campaign)]

    gates = ports.tasks.at_gates(WORKSPACE, iter(wanted))

    assert gates.keys() == {task.task_id for task in (*first, *second)}
    for task_id, gate in gates.items():
        assert gate == ports.tasks.at_gate(WORKSPACE, task_id)._replace(agent=gate.agent)  # type: ignore[union-attr]
    assert [gates[task.task_id].agent for task in first] == [an_agent()] * len(first)
    assert ports.tasks.at_gates(WORKSPACE, []) == {}


def test_the_gate_opens_without_the_agent(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])
    ports.tasks.at_gate(WORKSPACE, a_task().task_id)

    gate = ports.tasks.at_gate(WORKSPACE, a_task().task_id)

    assert gate == (a_task(), a_campaign(), a_workspace(), None)


def test_the_gate_of_another_workspace_is_shut(ports: Ports) -> None:
    other = a_workspace(workspace_id=OTHER_WORKSPACE)
    ports.workspaces.add(a_workspace(), a_key())
    ports.workspaces.add(other, a_key(key_id="k000000000000002", workspace_id=OTHER_WORKSPACE))
    ports.campaigns.add(a_campaign())
    ports.tasks.add([a_task()])

    assert ports.tasks.at_gate(OTHER_WORKSPACE, a_task().task_id) is None


def all_pages(ports: Ports, *, limit: int = 3, **wanted: Any) -> list[Task]:
    """The tasks of all pages, by their ids."""
    seen: list[Task] = []
    cursor = None
    while True:
        page = ports.tasks.page(CAMPAIGN, TaskFilter(**wanted), cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            return sorted(seen, key=lambda task: task.task_id)


def test_pages_hold_every_task_of_the_campaign_once(ports: Ports) -> None:
    other = plain_id(2, "c")
    ports.tasks.add([a_task(number) for number in range(40)])
    ports.tasks.add([a_task(1, campaign_id=other)])

    assert all_pages(ports, limit=7) == [a_task(n) for n in range(40)]


def test_a_page_that_takes_all_is_the_last(ports: Ports) -> None:
    ports.tasks.add([a_task(number) for number in range(3)])

    page = ports.tasks.page(CAMPAIGN, cursor=None, limit=3)

    assert len(page.items) == 3
    assert page.cursor is None


MANY = [
    a_task(1),
    a_task(2, attempts=1, outcome="busy"),
    a_task(3, attempts=2, outcome="busy", status=TaskStatus.COMPLETED),
    a_task(4).move("pause", NOON),
    a_task(5, status=TaskStatus.ARCHIVED),
    a_task(6, attempts=1, outcome="completed", status=TaskStatus.COMPLETED),
    a_task(7, phone="+34600000001"),
]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param({}, [1, 2, 3, 4, 5, 6, 7], id="all"),
        pytest.param({"statuses": {TaskStatus.COMPLETED}}, [3, 6], id="a status"),
        pytest.param(
            {"statuses": {TaskStatus.QUEUED, TaskStatus.PAUSED}}, [1, 2, 4, 7], id="two statuses"
        ),
        pytest.param({"outcome": "busy"}, [2, 3], id="an outcome"),
        pytest.param({"phone": "+34600000001"}, [1, 7], id="a number"),
        pytest.param({"attempts": 1}, [2, 6], id="attempts"),
        pytest.param({"attempts": 0}, [1, 4, 5, 7], id="no attempts"),
        pytest.param({"outcome": "busy", "attempts": 2}, [3], id="outcome and attempts"),
        pytest.param(
            {
                "statuses": {TaskStatus.COMPLETED},
                "outcome": "completed",
                "phone": "+34600000006",
                "attempts": 1,
            },
            [6],
            id="all of them",
        ),
        pytest.param({"phone": "+34699999999"}, [], id="nobody"),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 99])
def test_the_tasks_that_are_wanted_are_found_once(
    ports: Ports, wanted: dict[str, Any], numbers: list[int], limit: int
) -> None:
    ports.tasks.add(MANY)
    ports.tasks.add([a_task(1, campaign_id=plain_id(2, "c"))])
    if "statuses" in wanted:
        wanted = {**wanted, "statuses": frozenset(wanted["statuses"])}

    found = all_pages(ports, limit=limit, **wanted)

    assert found == [MANY[number - 1] for number in numbers]


def test_more_tasks_than_one_search_looks_at_take_more_pages(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_search, "STEP", 3)
    monkeypatch.setattr(dynamodb_search, "MOST_LOOKED_AT", 5)
    rare = {1, 16, 17, 33, 49, 50, 90}
    tasks = [a_task(number, attempts=2 * (number in rare)) for number in range(100)]
    ports.tasks.add(tasks)

    for limit in (1, 2, 99):
        found = all_pages(ports, limit=limit, attempts=2)
        assert found == [task for task in tasks if task.attempts]


def test_a_search_looks_at_no_more_than_it_may(
    server: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_search, "STEP", 3)
    monkeypatch.setattr(dynamodb_search, "MOST_LOOKED_AT", 6)
    client = server.client("dynamodb")
    ports = ports_in(new_table(client))
    ports.tasks.add([a_task(number) for number in range(64)])  # four in each of 16 partitions
    looked_at: list[int] = []
    client.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: looked_at.append(parsed["ScannedCount"])
    )

    page = ports.tasks.page(CAMPAIGN, TaskFilter(attempts=9), cursor=None, limit=9)

    assert list(page.items) == []
    assert page.cursor is not None
    assert sum(looked_at) <= 6 + 3


def test_a_page_goes_on_although_its_last_task_is_not_wanted_any_more(ports: Ports) -> None:
    ports.tasks.add([a_task(1, attempts=1), a_task(2, attempts=1)])
    wanted = TaskFilter(attempts=1)
    page = ports.tasks.page(CAMPAIGN, wanted, cursor=None, limit=1)
    [first] = page.items
    ports.tasks.save(replace(first, attempts=2))

    rest = ports.tasks.page(CAMPAIGN, wanted, cursor=page.cursor, limit=9)

    assert {first.task_id, *(task.task_id for task in rest.items)} == {
        a_task(1).task_id,
        a_task(2).task_id,
    }


def test_the_call_in_flight_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.tasks.add([a_task()])
    call: Call = replace(FULL_CALL, callback_at=NOON + LOT, is_permanent=True, reason="lost")

    ports.tasks.save(a_task(claims=3, call=call, status=TaskStatus.RUNNING))

    assert stored(ports, a_task()).call == call
