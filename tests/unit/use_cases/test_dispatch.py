from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelibs.adapters.memory import MemoryPacing, MemorySlots, MemoryStore, MemoryTasks
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignKind, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.instants import with_lot
from chalicelibs.domain.lane import families_of
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.pace import LONGEST_SPREAD, MOST_AT_ONCE
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.task import DueTask, Task, TaskStatus
from chalicelibs.use_cases.dispatch import FEWEST_COMPARED, MOST_COMPARED, SPARE
from tests.builders import (
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_key,
    a_task,
    a_workspace,
    plain_id,
    rules,
)
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, SECOND, Bench, crashes_everywhere


def with_limit(bench: Bench, limit: int, **changes: int) -> None:
    bench.workspaces.set_limits(a_workspace(concurrency_limit=limit, **changes))


def dispatched_tasks(bench: Bench) -> list[str]:
    return [task_of(message.call_id) for message in bench.dispatched()]


# --- One task ------------------------------------------------------------------------------------


def test_a_due_task_is_claimed_reserved_and_queued(bench: Bench) -> None:
    bench.has_campaign()
    task = bench.has_task()

    assert bench.dispatch(WORKSPACE) == 1

    [(message, delay)] = bench.queue.placing
    stored = bench.task(task)
    assert stored.call is not None
    assert (message.workspace_id, message.call_id) == (WORKSPACE, stored.call.call_id)
    assert (stored.status, stored.attempts) == (TaskStatus.RUNNING, 0)
    assert stored.call.status is CallStatus.RESERVED
    assert stored.call.deadline == NOON + bench.deadlines.first_look
    assert bench.held() == {message.call_id}
    assert delay == NO_DELAY


def test_a_task_is_not_called_before_its_time(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task(due_at=NOON + SECOND)

    assert bench.dispatch(WORKSPACE) == 0
    bench.clock.forward(SECOND)
    assert bench.dispatch(WORKSPACE) == 1


def test_a_task_in_flight_is_not_taken_again(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()

    assert [bench.dispatch(WORKSPACE) for _ in range(3)] == [1, 0, 0]


def test_a_workspace_that_does_not_exist_has_nothing_to_do(bench: Bench) -> None:
    assert bench.dispatch(OTHER_WORKSPACE) == 0


def test_a_workspace_dispatches_only_its_own(bench: Bench) -> None:
    bench.workspaces.add(a_workspace(workspace_id=OTHER_WORKSPACE), a_key(key_id=plain_id(2, "k")))
    bench.has_campaign()
    bench.has_task()

    assert bench.dispatch(OTHER_WORKSPACE) == 0
    assert bench.dispatch(WORKSPACE) == 1


# --- Limits --------------------------------------------------------------------------------------


def test_no_more_calls_than_the_workspace_may_have_in_flight(bench: Bench) -> None:
    with_limit(bench, 3)
    bench.has_campaign()
    bench.has_tasks(*range(10))

    assert bench.dispatch(WORKSPACE) == 3
    assert bench.dispatch(WORKSPACE) == 0
    assert len(bench.held()) == 3


def test_a_freed_slot_is_refilled(bench: Bench) -> None:
    with_limit(bench, 2)
    bench.has_campaign()
    bench.has_tasks(*range(5))
    first, _ = bench.dispatched()
    bench.place(first)
    bench.ends(first.call_id)

    assert (WORKSPACE, NO_DELAY) in bench.queue.nudges
    assert bench.dispatch(WORKSPACE) == 1


def test_a_limit_that_was_lowered_lets_nothing_in_until_enough_calls_have_ended(
    bench: Bench,
) -> None:
    bench.has_campaign()
    bench.has_tasks(*range(5))
    bench.dispatched()
    bench.has_tasks(*range(5, 9))

    with_limit(bench, 2)

    assert bench.dispatch(WORKSPACE) == 0


def test_a_campaign_keeps_a_limit_of_its_own(bench: Bench) -> None:
    bench.has_campaign(1, concurrency_limit=1)
    bench.has_campaign(2)
    bench.has_tasks(*range(5))
    bench.has_tasks(*range(5), campaign_id=plain_id(2, "c"))

    messages = bench.dispatched()

    campaigns = [campaign_of(message.call_id) for message in messages]
    assert campaigns.count(plain_id(1, "c")) == 1
    assert campaigns.count(plain_id(2, "c")) == 5
    assert len(bench.held(plain_id(1, "c"))) == 1
    assert bench.held(plain_id(2, "c")) == frozenset()


def test_no_task_is_claimed_in_vain_while_calls_of_its_campaign_use_up_the_limit(
    bench: Bench,
) -> None:
    bench.has_campaign(concurrency_limit=2)
    bench.has_tasks(1, 2, 3, 4)
    first, _ = bench.dispatched()
    bench.place(first)
    bench.ends(first.call_id)

    assert bench.dispatch(WORKSPACE) == 1
    assert sorted(task.claims for task in bench.store.tasks.values()) == [0, 1, 1, 1]


def test_a_message_says_on_which_pages_its_slots_are(bench: Bench) -> None:
    bench.has_campaign(concurrency_limit=1)
    bench.has_campaign(2)
    bench.has_task()
    bench.has_task(campaign_id=plain_id(2, "c"))

    pages = {campaign_of(one.call_id): one.campaign_page for one in bench.dispatched()}

    assert pages == {plain_id(1, "c"): 0, plain_id(2, "c"): None}


def test_a_campaign_whose_limit_is_used_up_does_not_hold_up_others_behind_it(
    bench: Bench,
) -> None:
    with_limit(bench, 4)
    bench.has_campaign(1, concurrency_limit=1, level=Level.HIGH)
    bench.has_campaign(2)
    bench.has_tasks(*range(30))
    bench.has_tasks(*range(30), campaign_id=plain_id(2, "c"))

    assert bench.dispatch(WORKSPACE) == 4


def test_calls_that_began_before_their_campaign_had_a_limit_count_for_it() -> None:
    bench = Bench(concurrency_limit=20)
    bench.has_campaign()
    bench.has_tasks(1, 2, 3)
    first, *_ = running = bench.dispatched()
    for message in running:
        bench.place(message)
    bench.is_edited(concurrency_limit=4)
    bench.has_tasks(*range(10, 20))

    assert bench.dispatch(WORKSPACE) == 1
    assert bench.dispatch(WORKSPACE) == 0
    bench.ends(first.call_id)
    assert bench.dispatch(WORKSPACE) == 1


class Interrupted(MemorySlots):
    """Slots that somebody else takes a moment before they are reserved."""

    def __init__(self, store: MemoryStore, interrupt: Callable[[], object]) -> None:
        super().__init__(store)
        self.interrupts = [interrupt]

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        if self.interrupts:
            self.interrupts.pop()()
        return super().reserve(scope, call_ids, limit)


def test_two_dispatchers_at_once_keep_room_for_calls_that_hold_no_slot_of_their_campaign() -> None:
    bench = Bench(concurrency_limit=20)
    bench.has_campaign()
    bench.has_tasks(1, 2, 3)
    bench.dispatched()
    bench.is_edited(concurrency_limit=5)
    bench.has_tasks(*range(10, 20))

    slots = Interrupted(bench.store, lambda: bench.dispatch(WORKSPACE))

    assert replace(bench.dispatch, slots=slots)(WORKSPACE) == 0
    assert len(bench.held()) == 5


class Looks(MemoryTasks):
    """Counts the lanes that were looked into."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.count = 0

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        self.count += 1
        return super().due(partition, until=until, limit=limit)


def with_campaigns(bench: Bench, count: int, **changes: Any) -> None:
    for number in range(1, count + 1):
        bench.has_campaign(number, **changes)
        bench.has_tasks(*range(10), campaign_id=plain_id(number, "c"))


def test_among_very_many_campaigns_of_one_rank_only_some_are_looked_into(bench: Bench) -> None:
    with_limit(bench, 3)
    with_campaigns(bench, 5 * MOST_COMPARED)
    looks = Looks(bench.store)

    assert replace(bench.dispatch, tasks=looks)(WORKSPACE) == 3
    assert looks.count == FEWEST_COMPARED


def test_a_slot_is_filled_though_nearly_all_of_very_many_campaigns_have_nothing_due(
    bench: Bench,
) -> None:
    with_limit(bench, 1)
    for number in range(1, 5 * MOST_COMPARED):
        bench.has_campaign(number)
    last = 5 * MOST_COMPARED
    bench.has_campaign(last)
    bench.has_task(campaign_id=plain_id(last, "c"))

    assert bench.dispatch(WORKSPACE) == 1


def test_campaigns_with_limits_of_their_own_do_not_keep_slots_from_others(bench: Bench) -> None:
    with_limit(bench, 2 * MOST_COMPARED)
    with_campaigns(bench, 2 * MOST_COMPARED, concurrency_limit=1)

    assert bench.dispatch(WORKSPACE) == 2 * MOST_COMPARED


def test_nobody_looks_into_a_campaign_whose_own_limit_is_reached(bench: Bench) -> None:
    bench.has_campaign(concurrency_limit=1)
    bench.has_tasks(*range(5))
    assert bench.dispatch(WORKSPACE) == 1
    looks = Looks(bench.store)

    assert replace(bench.dispatch, tasks=looks)(WORKSPACE) == 0
    assert looks.count == 0


def test_a_task_where_none_was_expected_is_found_once_a_minute(bench: Bench) -> None:
    bench.has_campaign()
    bench.tasks.add([a_task(attempts=1)])

    assert bench.dispatch(WORKSPACE) == 0
    assert replace(bench.dispatch, is_thorough=True)(WORKSPACE) == 1


# --- What is closed ------------------------------------------------------------------------------

LATER = NOON + MINUTE
NIGHT = CallingHours.of(start="22:00", end="23:00", zone="UTC")


@pytest.mark.parametrize(
    "campaign",
    [
        pytest.param({"state": CampaignState.DRAFT}, id="draft"),
        pytest.param({"state": CampaignState.PAUSED}, id="paused"),
        pytest.param({"state": CampaignState.ARCHIVED}, id="archived"),
        pytest.param({"state": CampaignState.COMPLETED}, id="completed"),
        pytest.param({"start_at": LATER}, id="before its start"),
        pytest.param({"end_at": NOON}, id="at its end"),
        pytest.param({"rules": rules(hours=NIGHT)}, id="outside calling hours"),
    ],
)
def test_a_closed_lane_is_left_alone(bench: Bench, campaign: dict[str, Any]) -> None:
    bench.has_campaign(**campaign)
    task = bench.has_task()

    assert bench.dispatch(WORKSPACE) == 0
    assert bench.task(task) == task


def test_pausing_and_resuming_moves_no_task(bench: Bench) -> None:
    campaign = bench.has_campaign()
    task = bench.has_task()

    bench.manage.control(WORKSPACE, campaign.campaign_id, "pause")
    paused = bench.dispatch(WORKSPACE), bench.task(task)
    bench.manage.control(WORKSPACE, campaign.campaign_id, "resume")

    assert paused == (0, task)
    assert bench.dispatch(WORKSPACE) == 1


def test_callbacks_may_be_open_while_attempts_are_closed(bench: Bench) -> None:
    bench.has_campaign(rules=rules(hours=NIGHT, callbacks_outside_hours=True))
    bench.has_task(1)
    callback = bench.has_task(2, is_callback=True, attempts=1)

    assert dispatched_tasks(bench) == [callback.task_id]


def test_an_overdue_task_waits_for_the_opening(bench: Bench) -> None:
    bench.has_campaign(rules=rules(hours=NIGHT))
    bench.has_task(due_at=NOON - 99 * MINUTE)

    bench.clock.at = NOON.replace(hour=21, minute=59)
    before = bench.dispatch(WORKSPACE)
    bench.clock.at = NOON.replace(hour=22, minute=0)

    assert (before, bench.dispatch(WORKSPACE)) == (0, 1)


def test_tasks_open_with_the_campaigns_hours_in_their_own_zone(bench: Bench) -> None:
    at_noon = CallingHours.of(start="12:00", end="13:00", zone="UTC")
    families = frozenset({"|@Asia/Tokyo", "|@Europe/London"})
    bench.has_campaign(rules=rules(hours=at_noon), families=families)
    bench.has_task(1, own=Overrides(zone="Asia/Tokyo"))
    there = bench.has_task(2, own=Overrides(zone="Europe/London"))

    assert dispatched_tasks(bench) == [there.task_id]


def test_a_task_of_a_zone_of_its_own_is_found_after_its_campaign_allows_more_attempts(
    bench: Bench,
) -> None:
    bench.has_campaign(families=frozenset({"|@Asia/Tokyo"}))
    bench.is_edited(rules=rules(max_attempts=4, hours=None))
    task = bench.has_task(attempts=3, own=Overrides(zone="Asia/Tokyo"))

    assert dispatched_tasks(bench) == [task.task_id]


def test_a_task_beyond_the_attempts_that_are_allowed_now_is_found_to_be_completed(
    bench: Bench,
) -> None:
    bench.has_campaign(rules=rules(max_attempts=4, hours=None))
    task = bench.has_task(attempts=3)
    bench.is_edited(rules=rules(max_attempts=1, hours=None))

    [message] = bench.dispatched()
    assert bench.place(message) == "attempts_exhausted"

    assert bench.task(task).status is TaskStatus.COMPLETED
    assert bench.carrier.requests == []


def test_a_task_that_was_paused_by_hand_is_left_alone(bench: Bench) -> None:
    bench.has_campaign()
    task = bench.has_task(1)
    other = bench.has_task(2)
    bench.steer(WORKSPACE, task.task_id, "pause")

    assert dispatched_tasks(bench) == [other.task_id]


def test_a_start_that_is_brought_forward_counts_for_tasks_that_wait(bench: Bench) -> None:
    bench.has_campaign(start_at=LATER)
    task = bench.has_task()
    bench.is_edited(start_at=NOON)

    assert dispatched_tasks(bench) == [task.task_id]


# --- Losing --------------------------------------------------------------------------------------


@dataclass
class FasterOne:
    """Tasks of which somebody else claims some a moment earlier."""

    tasks: object
    lost: frozenset[str]
    asked: list[list[str]] = field(default_factory=list)

    def claim_all(
        self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str
    ) -> frozenset[str]:
        self.asked.append([due.task_id for due, _ in claims])
        left = [(due, call) for due, call in claims if due.task_id not in self.lost]
        return self.tasks.claim_all(left, workspace_id)  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self.tasks, name)


def test_whoever_loses_a_claim_takes_the_next_task(bench: Bench) -> None:
    with_limit(bench, 2)
    bench.has_campaign()
    tasks = bench.has_tasks(1, 2, 3, 4)
    lost = frozenset({tasks[0].task_id, tasks[1].task_id})
    dispatch = replace(bench.dispatch, tasks=FasterOne(bench.tasks, lost))  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 2
    assert [task_of(one.call_id) for one, _ in bench.queue.placing] == [
        tasks[2].task_id,
        tasks[3].task_id,
    ]


def ids_of(tasks: Iterable[Task]) -> list[str]:
    return [task.task_id for task in tasks]


def test_tasks_are_claimed_together_and_for_those_that_are_lost_the_next(bench: Bench) -> None:
    with_limit(bench, 4)
    bench.has_campaign()
    tasks = bench.has_tasks(*range(1, 9))
    lost = frozenset({tasks[1].task_id, tasks[2].task_id, tasks[4].task_id})
    faster = FasterOne(bench.tasks, lost)
    dispatch = replace(bench.dispatch, tasks=faster)  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 4

    assert faster.asked == [ids_of(tasks[:4]), ids_of(tasks[4:6]), ids_of(tasks[6:7])]


def test_the_place_of_a_lost_task_in_its_campaigns_limit_goes_to_the_next_of_it(
    bench: Bench,
) -> None:
    with_limit(bench, 3)
    bench.has_campaign(1, concurrency_limit=1)
    bench.has_campaign(2)
    first, second = bench.has_tasks(1, 2), bench.has_tasks(3, 4, campaign_id=plain_id(2, "c"))
    faster = FasterOne(bench.tasks, frozenset({first[0].task_id}))
    dispatch = replace(bench.dispatch, tasks=faster)  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 3

    assert faster.asked == [ids_of([first[0], *second]), ids_of([first[1]])]


@dataclass
class SeenTwice:
    """Tasks whose index shows one where it stood before, and where it stands now."""

    tasks: object
    before: DueTask
    asked: list[int] = field(default_factory=list)

    def due(self, *args: object, **kwargs: object) -> list[DueTask]:
        return [self.before, *self.tasks.due(*args, **kwargs)]  # type: ignore[attr-defined]

    def claim_all(self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str) -> object:
        self.asked.append(len(claims))
        return self.tasks.claim_all(claims, workspace_id)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.tasks, name)


def test_a_task_that_an_old_index_shows_twice_is_called_once(bench: Bench) -> None:
    bench.has_campaign()
    task = bench.has_task(due_at=NOON - SECOND)
    old = task.as_due
    bench.tasks.save(replace(task, due_at=NOON))
    twice = SeenTwice(bench.tasks, old)
    dispatch = replace(bench.dispatch, tasks=twice)  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 1

    assert len(bench.queue.placing) == 1
    assert twice.asked == [1, 1]


def test_whoever_is_outrun_in_one_lane_does_not_turn_to_the_next(bench: Bench) -> None:
    with_limit(bench, 2)
    bench.has_campaign()
    first = bench.has_tasks(*range(1, 11))
    bench.has_tasks(11, 12, attempts=1)
    looked_at = frozenset(task.task_id for task in first[: 2 + SPARE])
    dispatch = replace(bench.dispatch, tasks=FasterOne(bench.tasks, looked_at))  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 0, "three first attempts go before all second ones"
    assert bench.queue.nudges == [(WORKSPACE, SECOND)]

    everyone = frozenset(task.task_id for task in first)
    dispatch = replace(bench.dispatch, tasks=FasterOne(bench.tasks, everyone))  # type: ignore[arg-type]
    with_limit(bench, 10)
    assert dispatch(WORKSPACE) == 2, "nobody is left who would go before them"


@dataclass
class NoRoom:
    """Slots that looked free and are not."""

    slots: object
    full: str

    def reserve(self, scope: str, call_ids: list[str], limit: int) -> object:
        if scope == self.full:
            return {}
        return self.slots.reserve(scope, call_ids, limit)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.slots, name)


@pytest.mark.parametrize("full", [WORKSPACE, plain_id(1, "c")], ids=["workspace", "campaign"])
def test_a_task_without_a_slot_goes_back_to_its_old_place(bench: Bench, full: str) -> None:
    bench.has_campaign(concurrency_limit=5)
    task = bench.has_task(due_at=with_lot(NOON - MINUTE, 417), attempts=1)
    dispatch = replace(bench.dispatch, slots=NoRoom(bench.slots, full))  # type: ignore[arg-type]

    assert dispatch(WORKSPACE) == 0

    back = bench.task(task)
    assert back == replace(task, claims=1, version=back.version)
    assert back.entry == task.entry
    assert bench.queue.placing == []
    assert bench.held() == bench.held(plain_id(1, "c")) == frozenset()


def test_a_dispatch_that_dies_anywhere_strands_no_task_and_leaks_no_slot() -> None:
    def prepare() -> Bench:
        bench = Bench(concurrency_limit=2)
        bench.has_campaign(concurrency_limit=2)
        bench.has_tasks(1, 2, 3)
        return bench

    for bench in crashes_everywhere(prepare, lambda bench: bench.dispatch(WORKSPACE)):
        bench.queue.placing.clear()  # nothing that it sent arrives
        bench.clock.forward(bench.deadlines.first_look)
        bench.rescue(WORKSPACE)

        assert {task.status for task in bench.store.tasks.values()} == {TaskStatus.QUEUED}
        assert bench.held() == bench.held(plain_id(1, "c")) == frozenset()
        assert bench.dispatch(WORKSPACE) == 2


# --- Many ----------------------------------------------------------------------------------------


def test_a_very_large_workspace_is_dispatched_in_turns(bench: Bench) -> None:
    with_limit(bench, 1000)
    bench.has_campaign()
    bench.has_tasks(*range(MOST_AT_ONCE + 5))

    first = bench.dispatch(WORKSPACE)

    assert (first, bench.queue.nudges) == (MOST_AT_ONCE, [(WORKSPACE, NO_DELAY)])
    assert bench.dispatch(WORKSPACE) == 5
    assert len(bench.queue.nudges) == 1


def test_every_shard_of_a_lane_is_looked_at(bench: Bench) -> None:
    bench.has_campaign(shards=3)
    tasks = [bench.has_task(number, shard=number) for number in range(3)]

    assert set(dispatched_tasks(bench)) == {task.task_id for task in tasks}


def test_the_last_shard_of_a_large_campaign_has_callbacks_too(bench: Bench) -> None:
    bench.has_campaign(shards=1000)
    task = bench.has_task(shard=999, is_callback=True)

    assert dispatched_tasks(bench) == [task.task_id]


# --- Pacing --------------------------------------------------------------------------------------


def test_starts_are_spread_when_calls_per_second_are_limited(bench: Bench) -> None:
    with_limit(bench, 20, calls_per_second=2)
    bench.has_campaign()
    bench.has_tasks(*range(5))

    bench.dispatch(WORKSPACE)

    delays = [delay for _, delay in bench.queue.placing]
    assert delays == [NO_DELAY, NO_DELAY, SECOND, SECOND, 2 * SECOND]


def test_calls_are_not_queued_far_in_advance(bench: Bench) -> None:
    with_limit(bench, 100, calls_per_second=1)
    bench.has_campaign()
    bench.has_tasks(*range(90))

    bench.dispatch(WORKSPACE)

    assert max(delay for _, delay in bench.queue.placing) < LONGEST_SPREAD


def test_what_the_spread_left_over_is_taken_when_it_is_through(bench: Bench) -> None:
    with_limit(bench, 100, calls_per_second=1)
    bench.has_campaign()
    bench.has_tasks(*range(90))

    bench.dispatch(WORKSPACE)

    assert bench.queue.nudges == [(WORKSPACE, LONGEST_SPREAD)]


def test_calls_are_queued_behind_those_that_were_queued_before(bench: Bench) -> None:
    with_limit(bench, 20, calls_per_second=2)
    bench.has_campaign()

    for numbers in ((1, 2, 3), (4, 5)):
        bench.has_tasks(*numbers)
        bench.dispatch(WORKSPACE)

    delays = [delay for _, delay in bench.queue.placing]
    assert delays == [NO_DELAY, NO_DELAY, SECOND, 1.5 * SECOND, 1.5 * SECOND]


def test_no_more_is_claimed_than_may_start_soon_however_often_one_looks(bench: Bench) -> None:
    with_limit(bench, 100, calls_per_second=1)
    bench.has_campaign()
    bench.has_tasks(*range(90))

    assert [bench.dispatch(WORKSPACE) for _ in range(3)] == [30, 0, 0]

    bench.clock.forward(2 * SECOND)
    assert [bench.dispatch(WORKSPACE) for _ in range(2)] == [2, 0]


def test_two_runs_at_once_give_no_second_away_twice(bench: Bench) -> None:
    with_limit(bench, 20, calls_per_second=1)
    bench.has_campaign()
    bench.has_tasks(1, 2)

    class Overtaken(MemoryPacing):
        def plan(self, workspace_id: str, *, seen: datetime | None, until: datetime) -> bool:
            super().plan(workspace_id, seen=None, until=NOON + 5 * SECOND)
            return super().plan(workspace_id, seen=seen, until=until)

    replace(bench.dispatch, pacing=Overtaken(bench.store))(WORKSPACE)

    assert [delay for _, delay in bench.queue.placing] == [5 * SECOND, 6 * SECOND]
    assert bench.store.workspaces[WORKSPACE].planned_until == NOON + 7 * SECOND


def test_a_call_is_not_kept_waiting_until_the_gate_refuses_it(bench: Bench) -> None:
    """As on the local stack, where rescue looks after 15 s."""
    deadlines = Deadlines(first_look=15 * SECOND, sending=8 * SECOND)
    with_limit(bench, 100, calls_per_second=1)
    bench.has_campaign()
    bench.has_tasks(*range(90))

    replace(bench.dispatch, deadlines=deadlines)(WORKSPACE)

    assert (
        max(delay for _, delay in bench.queue.placing) < deadlines.first_look - deadlines.sending
    )


# --- Order ---------------------------------------------------------------------------------------


def taken_one_by_one(bench: Bench) -> list[Task]:
    """The order in which tasks are called when there is one slot."""
    with_limit(bench, 1)
    order: list[Task] = []
    while messages := bench.dispatched():
        [message] = messages
        order.append(bench.task(task_of(message.call_id)))
        bench.place(message)
        bench.ends(message.call_id)
    return order


def test_all_first_attempts_of_a_batch_go_before_second_ones(bench: Bench) -> None:
    with_limit(bench, 1)
    bench.has_campaign(rules=rules(hours=None))
    bench.has_tasks(1, 2, 3)

    attempts: list[int] = []
    while messages := bench.dispatched():
        [message] = messages
        bench.place(message)
        attempts.append(bench.task(task_of(message.call_id)).attempts)
        bench.ends(message.call_id, "no_answer")
        bench.clock.forward(timedelta(hours=1))  # longer than the retry interval

    assert attempts == [1, 1, 1, 2, 2, 2]


def test_a_high_campaign_pre_empts_a_normal_one(bench: Bench) -> None:
    bench.has_campaign(1)
    bench.has_campaign(2, level=Level.HIGH)
    bench.has_tasks(1, 2, due_at=NOON - MINUTE)
    bench.has_task(3, campaign_id=plain_id(2, "c"))
    bench.has_task(4, campaign_id=plain_id(2, "c"), attempts=1)

    campaigns = [task.campaign_id for task in taken_one_by_one(bench)]

    assert campaigns == [plain_id(2, "c")] * 2 + [plain_id(1, "c")] * 2


@dataclass(frozen=True)
class Placed:
    """A task in some lane of some campaign."""

    campaign: int  # 1 to 4: batch Low, Normal, High; realtime
    attempt_no: int
    is_callback: bool
    age: int  # milliseconds
    priorities: tuple[int, ...]


LEVELS = {1: Level.LOW, 2: Level.NORMAL, 3: Level.HIGH}
REALTIME = 4

placed = st.builds(
    Placed,
    campaign=st.integers(1, 4),
    attempt_no=st.integers(1, 3),
    is_callback=st.booleans(),
    age=st.integers(1, 4),
    priorities=st.tuples(*[st.sampled_from([0, 49, 50, 100, 199, 300])] * 3),
)


def stored(bench: Bench, number: int, one: Placed) -> tuple[Task, int]:
    """A task, and the priority it should have."""
    own = Overrides(max_attempts=3, priorities=one.priorities)
    is_realtime = one.campaign == REALTIME
    task = a_task(
        number,
        campaign_id=plain_id(one.campaign, "c"),
        attempts=one.attempt_no - 1,
        is_callback=one.is_callback,
        due_at=with_lot(NOON - one.age * timedelta(milliseconds=1), number),
        own=own if is_realtime else NONE,
    )
    bench.campaigns.edit(
        WORKSPACE,
        task.campaign_id,
        lambda found: found.reaching(families_of(task.own), attempts=1, shards=1),
    )
    bench.expects(task)
    bench.tasks.add([task])
    scale = one.priorities if is_realtime else per_attempt(LEVELS[one.campaign], 3)
    return task, scale[0 if one.is_callback else one.attempt_no - 1]


@given(st.lists(placed, max_size=12))
@settings(max_examples=60, deadline=None)
def test_callbacks_then_larger_priority_then_earlier_start(those: list[Placed]) -> None:
    bench = Bench()
    for number, level in LEVELS.items():
        bench.has_campaign(number, level=level, rules=rules(max_attempts=3, hours=None))
    bench.has_campaign(
        REALTIME, kind=CampaignKind.REALTIME, rules=rules(max_attempts=3, hours=None)
    )
    waiting = [stored(bench, number, one) for number, one in enumerate(those)]

    def place_in_line(pair: tuple[Task, int]) -> tuple[bool, int, datetime]:
        task, priority = pair
        return (not task.is_callback, -priority, task.due_at)

    order = [task.task_id for task in taken_one_by_one(bench)]

    assert order == [task.task_id for task, _ in sorted(waiting, key=place_in_line)]
