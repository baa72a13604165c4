from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelibs.domain import dial_gate
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.instants import lot_of, whole_ms, with_lot
from chalicelibs.domain.lane import Lane, partition, realtime_lanes, rescue_partition
from chalicelibs.domain.naming import call_id_for_claim, task_of
from chalicelibs.domain.outcome import Outcome, is_more_telling
from chalicelibs.domain.progress import Progress, added
from chalicelibs.domain.retry import (
    Callback,
    Complete,
    Decision,
    GiveUp,
    Retry,
    RetryPolicy,
    Verdict,
    decide,
)
from chalicelibs.domain.task import FINAL, DueTask, Entry, Task, TaskStatus, tally_of
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_call, a_campaign, a_task, rules

MINUTE = timedelta(minutes=1)
LATER = NOON + 30 * MINUTE
LOT = 417
DUE = with_lot(NOON, LOT)


def claimed(**changes: Any) -> Task:
    task = a_task(due_at=DUE, **changes)
    return task.claim(a_call(task))


def dialled(task: Task) -> Task:
    assert task.call is not None
    return task.with_call(
        replace(task.call, status=CallStatus.DIALING, attempt_no=task.attempts + 1)
    )


def ended(task: Task, outcome: str = "no_answer") -> Call:
    assert task.call is not None
    return replace(task.call, status=CallStatus.ENDED, outcome=outcome, ended_at=NOON)


# --- Its place in the agenda ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "lane"),
    [
        pytest.param({}, "attempt-1", id="first attempt"),
        pytest.param({"attempts": 1}, "attempt-2", id="second attempt"),
        pytest.param({"is_callback": True}, "callback", id="callback"),
        pytest.param({"attempts": 2, "is_callback": True}, "callback", id="callback beyond"),
        pytest.param(
            {"rules": rules()}, "100|1000-1800@Asia/Kolkata", id="realtime, first attempt"
        ),
        pytest.param(
            {"rules": rules(), "attempts": 1}, "99|1000-1800@Asia/Kolkata", id="realtime, second"
        ),
        pytest.param({"rules": rules(hours=None)}, "100|any", id="realtime, at any time"),
    ],
)
def test_a_queued_task_stands_in_its_lane_at_its_start_time(
    changes: dict[str, Any], lane: str
) -> None:
    task = a_task(due_at=DUE, shard=3, **changes)

    assert task.entry == Entry(partition(CAMPAIGN, lane, 3), DUE)


def test_a_task_in_flight_stands_in_the_rescue_lane_at_its_deadline() -> None:
    task = claimed()

    assert task.call is not None
    assert task.entry == Entry(rescue_partition(WORKSPACE), task.call.deadline)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_finished_task_stands_nowhere(status: TaskStatus) -> None:
    assert a_task(status=status).entry is None


def test_the_agenda_knows_enough_of_a_task_to_claim_it() -> None:
    task = a_task(claims=2)

    assert task.as_due == DueTask(task.task_id, Entry(f"{CAMPAIGN}|attempt-1|0", NOON), 2)
    assert task.as_due.next_call_id == f"{task.task_id}-3"
    assert task_of(task.as_due.next_call_id) == task.task_id


# --- One attempt ---------------------------------------------------------------------------------


def test_a_claim_takes_a_task_for_one_call_and_spends_no_attempt() -> None:
    task = a_task(claims=2)
    call = a_call(task)

    taken = task.claim(call)

    assert (taken.status, taken.call, taken.claims) == (TaskStatus.RUNNING, call, 3)
    assert (taken.attempts, taken.version) == (0, task.version + 1)
    assert taken.has_in_flight(call.call_id)
    assert not taken.has_in_flight(f"{task.task_id}-2")


def test_dialling_spends_an_attempt_once() -> None:
    task = dialled(claimed(attempts=1))
    assert task.call is not None

    placed = task.with_call(replace(task.call, status=CallStatus.PLACED))

    assert (task.attempts, placed.attempts) == (2, 2)


def test_what_was_given_back_undialled_is_as_before_but_for_the_claim() -> None:
    task = a_task(due_at=DUE, attempts=1)

    back = task.claim(a_call(task)).give_back()

    assert back == replace(task, claims=1, version=1)


def test_a_throttled_dial_gives_the_attempt_back_and_waits() -> None:
    back = dialled(claimed(attempts=1)).give_back(not_before=LATER)

    assert (back.status, back.call, back.attempts) == (TaskStatus.QUEUED, None, 1)
    assert (whole_ms(back.due_at), lot_of(back.due_at)) == (LATER, LOT)


def test_a_throttled_callback_remains_a_callback() -> None:
    task = claimed(attempts=1, is_callback=True, callbacks=1)

    back = dialled(task).give_back(not_before=LATER)

    assert (back.is_callback, back.callbacks, back.attempts) == (True, 1, 1)


def test_waiting_never_brings_a_task_forward() -> None:
    assert claimed().give_back(not_before=NOON - MINUTE).due_at == DUE


# --- After it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "status", "is_callback", "callbacks", "reason"),
    [
        pytest.param(Retry(LATER), TaskStatus.QUEUED, False, 1, None, id="retry"),
        pytest.param(Callback(LATER), TaskStatus.QUEUED, True, 2, None, id="callback"),
        pytest.param(Complete(), TaskStatus.COMPLETED, True, 1, None, id="complete"),
        pytest.param(GiveUp("why"), TaskStatus.COMPLETED, True, 1, "why", id="give up"),
    ],
)
def test_a_decision_moves_a_task(
    decision: Decision, status: TaskStatus, is_callback: bool, callbacks: int, reason: str | None
) -> None:
    task = dialled(claimed(is_callback=True, callbacks=1))
    call = ended(task)

    after = task.after(decision, call)

    assert (after.status, after.is_callback, after.callbacks) == (status, is_callback, callbacks)
    assert (after.call, after.last_call_id, after.outcome) == (None, call.call_id, "no_answer")
    assert (after.reason, after.attempts) == (reason, 1)


@pytest.mark.parametrize("decision", [Retry(LATER), Callback(LATER)])
def test_a_task_keeps_its_lot_when_its_time_moves(decision: Decision) -> None:
    task = dialled(claimed())

    after = task.after(decision, ended(task))

    assert (whole_ms(after.due_at), lot_of(after.due_at)) == (LATER, LOT)


def test_a_task_that_goes_on_has_no_reason_for_its_end_any_more() -> None:
    given_up = a_task(status=TaskStatus.COMPLETED, reason="attempts_exhausted")

    after = given_up.after(Callback(LATER), a_call(outcome=Outcome.BUSY_CALLBACK))

    assert after.reason is None


def test_an_archived_task_says_why_and_has_no_call() -> None:
    archived = claimed().archive("task_ended")

    assert (archived.status, archived.call) == (TaskStatus.ARCHIVED, None)
    assert (archived.reason, archived.is_final) == ("task_ended", True)


# --- What is counted -----------------------------------------------------------------------------

QUEUED = a_task()
COMPLETED = a_task(status=TaskStatus.COMPLETED)
ARCHIVED = a_task(status=TaskStatus.ARCHIVED)
CALL = a_call(outcome="busy")


@pytest.mark.parametrize(
    ("before", "after", "call", "tally"),
    [
        pytest.param(QUEUED, QUEUED, None, {}, id="nothing"),
        pytest.param(QUEUED, QUEUED, CALL, {"calls": 1, "outcome:busy": 1}, id="a retry"),
        pytest.param(
            QUEUED,
            COMPLETED,
            CALL,
            {"calls": 1, "outcome:busy": 1, "completed": 1},
            id="a task completed by a call",
        ),
        pytest.param(QUEUED, ARCHIVED, None, {"archived": 1}, id="a task archived"),
        pytest.param(COMPLETED, QUEUED, None, {"completed": -1}, id="a task reopened"),
        pytest.param(COMPLETED, COMPLETED, None, {}, id="a task that stays completed"),
        pytest.param(
            COMPLETED, ARCHIVED, None, {"completed": -1, "archived": 1}, id="archived after all"
        ),
    ],
)
def test_the_counters_gain_what_a_move_changes(
    before: Task, after: Task, call: Call | None, tally: dict[str, int]
) -> None:
    assert tally_of(before, after, ended_call=call) == tally


# --- Whatever happens to it ----------------------------------------------------------------------

policies = st.integers(1, 4).map(
    lambda attempts: RetryPolicy(max_attempts=attempts, intervals=(MINUTE,) * (attempts - 1))
)


class LifeOfATask(RuleBasedStateMachine):
    """Every order of claims, dials, ends, refusals and late words that the use cases allow."""

    @initialize(policy=policies, is_realtime=st.booleans(), lot=st.integers(0, 999))
    def is_accepted(self, policy: RetryPolicy, is_realtime: bool, lot: int) -> None:
        self.own = rules(
            max_attempts=1, retry=policy, priorities=tuple(range(policy.max_attempts))
        )
        self.task = a_task(
            due_at=with_lot(NOON, lot), rules=self.own if is_realtime else None, shard=1
        )
        self.lot = lot
        self.calls = 0
        self.rung: Counter[str] = Counter()
        self.tally: dict[str, int] = {"tasks": 1}
        self.last_end: Call | None = None

    def move(self, after: Task, *, call: Call | None = None) -> None:
        self.tally = added(self.tally, tally_of(self.task, after, ended_call=call))
        self.task = after

    @precondition(lambda self: self.task.status is TaskStatus.QUEUED)
    @rule()
    def is_claimed(self) -> None:
        call = a_call(self.task, reserved_at=self.task.due_at)
        self.task = self.task.claim(call)

    @precondition(lambda self: self.task.call and self.task.call.status is CallStatus.RESERVED)
    @rule()
    def is_dialled(self) -> None:
        assert self.task.call is not None
        self.rung[self.task.call.call_id] += 1
        self.task = dialled(self.task)

    @precondition(lambda self: self.task.call and self.task.call.status is CallStatus.RESERVED)
    @rule()
    def is_refused_by_the_gate(self) -> None:
        self.task = self.task.give_back()

    @precondition(lambda self: self.task.call and self.task.call.status is CallStatus.DIALING)
    @rule(wait=st.integers(0, 90))
    def is_throttled(self, wait: int) -> None:
        assert self.task.call is not None
        del self.rung[self.task.call.call_id]
        self.task = self.task.give_back(not_before=self.task.due_at + wait * MINUTE)

    @precondition(lambda self: self.task.call and self.task.call.status is CallStatus.DIALING)
    @rule(
        outcome=st.sampled_from([*Outcome, "interested"]),
        callback_in=st.none() | st.integers(-9, 9),
        is_permanent=st.booleans(),
    )
    def ends(self, outcome: str, callback_in: int | None, is_permanent: bool) -> None:
        assert self.task.call is not None
        at = self.task.due_at + MINUTE
        callback_at = None if callback_in is None else at + callback_in * MINUTE
        call = replace(
            self.task.call,
            status=CallStatus.ENDED,
            outcome=outcome,
            ended_at=at,
            is_permanent=is_permanent,
            callback_at=callback_at,
        )
        self.calls += 1
        self.move(self.task.after(self.decided(call), call), call=call)
        self.last_end = call

    @precondition(lambda self: self.task.status is TaskStatus.COMPLETED)
    @precondition(lambda self: is_more_telling("interested", self.task.outcome))
    @rule(outcome=st.sampled_from(["interested", "busy_callback", "voicemail"]))
    def a_late_word_says_more(self, outcome: str) -> None:
        assert self.last_end is not None
        told = replace(self.last_end, outcome=outcome, callback_at=self.last_end.ended_at)
        moved = {f"outcome:{self.last_end.outcome}": -1, f"outcome:{outcome}": 1}
        self.tally = added(self.tally, moved)
        self.move(self.task.after(self.decided(told), told))
        self.last_end = told

    @precondition(lambda self: self.task.status is TaskStatus.RUNNING)
    @rule()
    def has_ended_by_itself(self) -> None:
        assert self.task.call is not None
        if self.task.call.status is CallStatus.RESERVED:
            self.move(self.task.archive("task_ended"))

    @rule()
    def an_old_message_comes_again(self) -> None:
        old = call_id_for_claim(self.task.task_id, max(self.task.claims - 1, 0))
        campaign = a_campaign(rules=self.own)

        answer = dial_gate.ask(
            self.task, campaign, call_id=old, now=self.task.due_at, deadlines=Deadlines()
        )

        assert answer == dial_gate.Drop("taken_back")

    def decided(self, call: Call) -> Decision:
        assert call.outcome is not None
        assert call.ended_at is not None
        verdict = Verdict(
            outcome=call.outcome,
            ended_at=call.ended_at,
            is_permanent=call.is_permanent,
            callback_at=call.callback_at,
        )
        task = self.task
        return decide(
            verdict, attempts=task.attempts, callbacks=task.callbacks, policy=self.own.retry
        )

    @invariant()
    def it_has_one_place_in_the_agenda_or_is_finished(self) -> None:
        assert (self.task.entry is None) == self.task.is_final

    @invariant()
    def dispatch_looks_where_it_waits(self) -> None:
        if self.task.status is TaskStatus.QUEUED:
            campaign = a_campaign(shards=2, rules=self.own)
            looked_at = {key for lane in campaign.lanes() for key in campaign.partitions(lane)}
            if self.task.rules is not None:
                names = realtime_lanes(self.own)
                looked_at = {Lane.of_realtime(CAMPAIGN, name).partition(1) for name in names}
            assert self.task.entry is not None
            assert self.task.entry.partition in looked_at

    @invariant()
    def it_is_in_flight_exactly_while_it_runs(self) -> None:
        assert (self.task.call is not None) == (self.task.status is TaskStatus.RUNNING)

    @invariant()
    def each_attempt_was_one_dial(self) -> None:
        assert self.task.attempts == sum(self.rung.values())
        assert max(self.rung.values(), default=1) == 1

    @invariant()
    def it_keeps_its_lot(self) -> None:
        assert lot_of(self.task.due_at) == self.lot

    @invariant()
    def it_is_called_at_most_once_beyond_its_policy(self) -> None:
        assert self.task.attempts <= self.own.retry.max_attempts + 1

    @invariant()
    def the_counters_are_exact(self) -> None:
        progress = Progress.of(self.tally)
        assert progress.open_tasks == (not self.task.is_final)
        assert progress.calls == self.calls == sum(progress.outcomes.values())


TestLifeOfATask = LifeOfATask.TestCase
