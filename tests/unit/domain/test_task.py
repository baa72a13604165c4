from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelibs.domain import dial_gate
from chalicelibs.domain.call import Call, CallStatus, Dialed
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.instants import epoch_ms, lot_of, whole_ms, with_lot
from chalicelibs.domain.lane import families_of, partition, rescue_partition
from chalicelibs.domain.naming import call_id_for_claim, task_of
from chalicelibs.domain.outcome import Outcome, is_more_telling
from chalicelibs.domain.overrides import NONE, Overrides, rules_of
from chalicelibs.domain.priority import Level, per_attempt
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
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import FINAL, MOVES, DueTask, Entry, Task, TaskStatus, tally_of
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
        replace(
            task.call,
            status=CallStatus.DIALING,
            attempt_no=task.attempts + 1,
            dialed_at=task.call.reserved_at,
        )
    )


def ended(task: Task, outcome: str = "no_answer") -> Call:
    assert task.call is not None
    return replace(task.call, status=CallStatus.ENDED, outcome=outcome, ended_at=NOON)


# --- Its place in the agenda ---------------------------------------------------------------------

OFFICE = CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata")
OWN = Overrides(max_attempts=2, hours=OFFICE, priorities=(7, 9))


@pytest.mark.parametrize(
    ("changes", "lane"),
    [
        pytest.param({}, "attempt-1", id="first attempt"),
        pytest.param({"attempts": 1}, "attempt-2", id="second attempt"),
        pytest.param({"is_callback": True}, "callback", id="callback"),
        pytest.param({"attempts": 2, "is_callback": True}, "callback", id="callback beyond"),
        pytest.param({"own": OWN}, "7|1000-1800@Asia/Kolkata", id="its own, first attempt"),
        pytest.param(
            {"own": OWN, "attempts": 1}, "9|1000-1800@Asia/Kolkata", id="its own, second attempt"
        ),
        pytest.param(
            {"own": OWN, "is_callback": True},
            "callback-7|1000-1800@Asia/Kolkata",
            id="its own, callback",
        ),
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


def test_a_paused_task_stands_where_nothing_opens_since_it_was_paused() -> None:
    task = a_task(due_at=DUE, shard=3).move("pause", LATER)

    assert task.entry == Entry(f"{CAMPAIGN}|paused|3", LATER)
    assert task.move("resume", LATER).entry == a_task(due_at=DUE, shard=3).entry


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
    wish = a_call(outcome=Outcome.BUSY_CALLBACK, dialed_at=NOON)

    after = given_up.after(Callback(LATER), wish)

    assert after.reason is None


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_finished_task_says_why_and_has_no_call(status: TaskStatus) -> None:
    finished = claimed().finish(status, "task_ended")

    assert (finished.status, finished.call) == (status, None)
    assert (finished.reason, finished.is_final) == ("task_ended", True)


@pytest.mark.parametrize(
    ("task", "allowed", "has_used_all"),
    [
        pytest.param({}, 1, False, id="none used"),
        pytest.param({"attempts": 1}, 2, False, id="one left"),
        pytest.param({"attempts": 2}, 2, True, id="none left"),
        pytest.param({"attempts": 3}, 2, True, id="more than are allowed now"),
        pytest.param({"attempts": 2, "is_callback": True}, 2, False, id="a callback is granted"),
    ],
)
def test_whether_the_next_attempt_would_be_one_too_many(
    task: dict[str, Any], allowed: int, has_used_all: bool
) -> None:
    assert a_task(**task).has_used_all(allowed) is has_used_all


# --- Its ended calls -----------------------------------------------------------------------------


def test_a_task_leads_to_its_ended_calls_first_to_last() -> None:
    first, second = dialled(claimed()), dialled(claimed(claims=10, dialed={1: NOON}))
    at = second.call.dialed_at if second.call else None

    once = first.after(Retry(LATER), ended(first))
    twice = second.after(Retry(LATER), ended(second))

    assert once.ended_calls == (Dialed(f"{once.task_id}-1", NOON),)
    assert twice.ended_calls == (
        Dialed(f"{once.task_id}-1", NOON),
        Dialed(f"{once.task_id}-11", at or NOON),
    )
    assert twice.last_call_id == f"{once.task_id}-11"
    assert twice.ended_call(f"{once.task_id}-1") == twice.ended_calls[0]


def test_calls_that_were_never_dialled_are_not_among_them() -> None:
    back = claimed().give_back()

    assert (back.ended_calls, back.last_call_id) == ((), None)
    assert back.ended_call(f"{back.task_id}-1") is None


def test_settling_a_call_once_more_leads_to_it_once() -> None:
    task = dialled(claimed())
    settled = task.after(Complete(), ended(task))

    again = settled.after(Retry(LATER), ended(task))

    assert again.ended_calls == settled.ended_calls


# --- Controls ------------------------------------------------------------------------------------

REFUSED = None
STANDS = {
    TaskStatus.QUEUED: a_task(),
    TaskStatus.RUNNING: claimed(),
    TaskStatus.PAUSED: a_task(status=TaskStatus.PAUSED, paused_at=NOON),
    TaskStatus.COMPLETED: a_task(status=TaskStatus.COMPLETED, outcome="completed"),
    TaskStatus.ARCHIVED: a_task(status=TaskStatus.ARCHIVED, reason="archived_by_hand"),
}


@pytest.mark.parametrize(
    ("control", "status", "after"),
    [
        pytest.param("pause", "queued", "paused", id="pause a queued one"),
        pytest.param("pause", "running", REFUSED, id="pause one in flight"),
        pytest.param("pause", "paused", "paused", id="pause once more"),
        pytest.param("pause", "completed", REFUSED, id="pause a completed one"),
        pytest.param("pause", "archived", REFUSED, id="pause an archived one"),
        pytest.param("resume", "queued", "queued", id="resume once more"),
        pytest.param("resume", "running", REFUSED, id="resume one in flight"),
        pytest.param("resume", "paused", "queued", id="resume a paused one"),
        pytest.param("resume", "completed", REFUSED, id="resume a completed one"),
        pytest.param("resume", "archived", REFUSED, id="resume an archived one"),
        pytest.param("archive", "queued", "archived", id="archive a queued one"),
        pytest.param("archive", "running", REFUSED, id="archive one in flight"),
        pytest.param("archive", "paused", "archived", id="archive a paused one"),
        pytest.param("archive", "completed", REFUSED, id="archive a completed one"),
        pytest.param("archive", "archived", "archived", id="archive once more"),
    ],
)
def test_each_control_on_each_status(control: str, status: str, after: str | None) -> None:
    task = STANDS[TaskStatus(status)]

    if after is REFUSED:
        with pytest.raises(NotAllowed) as refusal:
            task.move(control, LATER)
        assert refusal.value.param == "status"
        assert f"cannot {control} a task that is {status}" in refusal.value.message
    else:
        assert task.move(control, LATER).status == after
        assert (task.move(control, LATER) == task) is (status == after)


def test_the_table_above_knows_every_control() -> None:
    assert set(MOVES) == {"pause", "resume", "archive"}
    assert set(STANDS) == set(TaskStatus)


def test_a_task_remembers_when_it_was_paused_until_it_goes_on() -> None:
    paused = a_task().move("pause", LATER)

    assert (paused.paused_at, paused.reason) == (LATER, None)
    assert paused.move("pause", LATER + MINUTE).paused_at == LATER
    assert paused.move("resume", LATER + MINUTE) == a_task()


def test_an_archived_task_says_that_it_was_by_hand() -> None:
    archived = a_task().move("pause", NOON).move("archive", LATER)

    assert (archived.reason, archived.paused_at) == ("archived_by_hand", None)
    assert archived.entry is None


LATE_WORDS = [
    pytest.param(Retry(LATER), TaskStatus.PAUSED, NOON, id="retry: stays paused"),
    pytest.param(Callback(LATER), TaskStatus.PAUSED, NOON, id="callback: stays paused"),
    pytest.param(Complete(), TaskStatus.COMPLETED, None, id="complete: is over"),
    pytest.param(GiveUp("why"), TaskStatus.COMPLETED, None, id="give up: is over"),
]


@pytest.mark.parametrize(("decision", "status", "paused_at"), LATE_WORDS)
def test_a_late_word_on_the_last_call_of_a_paused_task(
    decision: Decision, status: TaskStatus, paused_at: datetime | None
) -> None:
    task = dialled(claimed())
    paused = task.after(Retry(LATER), ended(task)).move("pause", NOON)

    after = paused.after(decision, ended(task, "interested"))

    assert (after.status, after.paused_at) == (status, paused_at)
    assert (after.entry is None) is after.is_final


# --- What is counted -----------------------------------------------------------------------------

QUEUED = a_task()
PAUSED = a_task(status=TaskStatus.PAUSED, paused_at=NOON)
COMPLETED = a_task(status=TaskStatus.COMPLETED)
ARCHIVED = a_task(status=TaskStatus.ARCHIVED)
CALL = a_call(outcome="busy")
SETTLED = {"settled_at": epoch_ms(LATER)}


@pytest.mark.parametrize(
    ("before", "after", "call", "tally"),
    [
        pytest.param(QUEUED, QUEUED, None, {}, id="nothing"),
        pytest.param(
            QUEUED, QUEUED, CALL, {"calls": 1, "outcome:busy": 1, "try0:busy": 1}, id="a retry"
        ),
        pytest.param(
            QUEUED,
            COMPLETED,
            CALL,
            {"calls": 1, "outcome:busy": 1, "try0:busy": 1, "completed": 1, **SETTLED},
            id="a task completed by a call",
        ),
        pytest.param(QUEUED, ARCHIVED, None, {"archived": 1, **SETTLED}, id="a task archived"),
        pytest.param(QUEUED, PAUSED, None, {"paused": 1}, id="a task paused"),
        pytest.param(PAUSED, QUEUED, None, {"paused": -1}, id="a task resumed"),
        pytest.param(PAUSED, PAUSED, None, {}, id="a task that stays paused"),
        pytest.param(
            PAUSED, ARCHIVED, None, {"paused": -1, "archived": 1, **SETTLED}, id="paused, archived"
        ),
        pytest.param(
            PAUSED,
            COMPLETED,
            None,
            {"paused": -1, "completed": 1, **SETTLED},
            id="reached after all",
        ),
        pytest.param(COMPLETED, QUEUED, None, {"completed": -1}, id="a task reopened"),
        pytest.param(COMPLETED, COMPLETED, None, {}, id="a task that stays completed"),
        pytest.param(
            COMPLETED, replace(COMPLETED, outcome="busy"), None, SETTLED, id="completed otherwise"
        ),
        pytest.param(
            COMPLETED, ARCHIVED, None, {"completed": -1, "archived": 1}, id="archived after all"
        ),
    ],
)
def test_the_counters_gain_what_a_move_changes(
    before: Task, after: Task, call: Call | None, tally: dict[str, int]
) -> None:
    assert tally_of(before, after, now=LATER, ended_call=call) == tally


# --- Whatever happens to it ----------------------------------------------------------------------

policies = st.integers(1, 4).map(
    lambda attempts: RetryPolicy(max_attempts=attempts, intervals=(MINUTE,) * (attempts - 1))
)


#: What tasks bring: nothing, a zone, attempts, priorities.
BROUGHT = [
    NONE,
    Overrides(zone="Asia/Tokyo"),
    Overrides(max_attempts=3, zone="Asia/Tokyo"),
    Overrides(max_attempts=2, priorities=(7, 9)),
]


def with_policy(policy: RetryPolicy) -> Rules:
    """A campaign's rules that let calls start at any time."""
    priorities = per_attempt(Level.NORMAL, policy.max_attempts)
    return rules(hours=None, retry=policy, priorities=priorities)


class LifeOfATask(RuleBasedStateMachine):
    """Every order of claims, dials, ends, refusals and late words that the use cases allow."""

    @initialize(policy=policies, own=st.sampled_from(BROUGHT), lot=st.integers(0, 999))
    def is_accepted(self, policy: RetryPolicy, own: Overrides, lot: int) -> None:
        made = a_campaign(kind=CampaignKind.REALTIME, shards=2, rules=with_policy(policy))
        attempts = own.max_attempts or 1
        self.campaign: Campaign = made.reaching(families_of(own), attempts=attempts, shards=2)
        self.task = a_task(due_at=with_lot(NOON, lot), own=own, shard=1)
        self.lot = lot
        self.most = self.policy.max_attempts
        self.calls = 0
        self.rung: Counter[str] = Counter()
        self.tally: dict[str, int] = {"tasks": 1}
        self.last_end: Call | None = None

    @property
    def policy(self) -> RetryPolicy:
        """How often it is tried, as things stand."""
        return rules_of(self.task.own, self.campaign.rules, self.campaign.level).retry

    @rule(policy=policies)
    def its_campaign_is_edited(self, policy: RetryPolicy) -> None:
        self.campaign = self.campaign.edited(rules=with_policy(policy))
        self.most = max(self.most, self.policy.max_attempts)

    def move(self, after: Task, *, call: Call | None = None) -> None:
        tally = tally_of(self.task, after, now=self.task.due_at, ended_call=call)
        self.tally = added(self.tally, tally)
        self.task = after

    @precondition(lambda self: self.task.status is TaskStatus.QUEUED)
    @rule()
    def is_claimed(self) -> None:
        due_at = self.task.due_at
        call = a_call(self.task, reserved_at=due_at, deadline=due_at + Deadlines().first_look)
        self.task = self.task.claim(call)

    @precondition(lambda self: self.task.call and self.task.call.status is CallStatus.RESERVED)
    @rule()
    def is_dialled(self) -> None:
        assert self.task.call is not None
        call_id = self.task.call.call_id
        match self.asked(call_id):
            case dial_gate.Finish(status, reason):
                self.move(self.task.finish(status, reason))
            case answer:
                assert isinstance(answer, dial_gate.Dial)
                self.rung[call_id] += 1
                self.task = dialled(self.task)

    def asked(self, call_id: str) -> dial_gate.Answer:
        now = self.task.due_at
        return dial_gate.ask(
            self.task, self.campaign, call_id=call_id, now=now, deadlines=Deadlines()
        )

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
            self.move(self.task.finish(TaskStatus.ARCHIVED, "task_ended"))

    @rule(control=st.sampled_from(sorted(MOVES)))
    def somebody_steers(self, control: str) -> None:
        allowed, target = MOVES[control]
        if self.task.status in {*allowed, target}:
            self.move(self.task.move(control, self.task.due_at))
            assert self.task.status is target

    @rule()
    def an_old_message_comes_again(self) -> None:
        old = call_id_for_claim(self.task.task_id, max(self.task.claims - 1, 0))

        assert self.asked(old) == dial_gate.Drop("taken_back")

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
            verdict, attempts=task.attempts, callbacks=task.callbacks, policy=self.policy
        )

    @invariant()
    def it_has_one_place_in_the_agenda_or_is_finished(self) -> None:
        assert (self.task.entry is None) == self.task.is_final

    @invariant()
    def dispatch_looks_where_it_waits(self) -> None:
        if self.task.status is TaskStatus.QUEUED:
            lanes = self.campaign.lanes()
            looked_at = {key for lane in lanes for key in self.campaign.partitions(lane.name)}
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
        assert self.task.attempts <= self.most + 1

    @invariant()
    def the_counters_are_exact(self) -> None:
        progress = Progress.of(self.tally)
        assert progress.open_tasks == (not self.task.is_final)
        assert progress.paused == (self.task.status is TaskStatus.PAUSED)
        assert progress.calls == self.calls == sum(progress.outcomes.values())


TestLifeOfATask = LifeOfATask.TestCase
