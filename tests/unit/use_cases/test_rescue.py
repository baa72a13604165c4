from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from chalicelibs.adapters.memory import MemoryJournal
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.journal import Happened
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    CannotSay,
    FetchAnswer,
    NeverSeen,
    PlaceAnswer,
    StillAlive,
    TooLate,
    WithdrawAnswer,
    Withdrawn,
)
from chalicelibs.use_cases.rescue import MOST_AT_ONCE
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, a_task, rules
from tests.unit.use_cases.bench import NO_DELAY, SECOND, Bench, Fuse, crashes_everywhere

TASK = a_task()
CALL_ID = f"{TASK.task_id}-1"
ENDED = CallEvent(
    call_id=CALL_ID,
    kind=EventKind.ENDED,
    at=NOON + SECOND,
    outcome="no_answer",
    workspace_id=WORKSPACE,
)

RESERVED, DIALING, UNKNOWN, PLACED, IN_PROGRESS, _ = CallStatus


def in_flight(bench: Bench, status: CallStatus = PLACED) -> Call:
    """A call that came so far and was heard of no more."""
    bench.has_campaign(concurrency_limit=5)
    bench.has_task()
    if status is RESERVED:
        bench.dispatched()
    elif status is DIALING:
        die_while_placing(bench)
    else:
        answers: dict[CallStatus, PlaceAnswer] = {UNKNOWN: AnswerLost()}
        bench.carrier.answer = answers.get(status, Accepted("c1"))
        bench.placed()
    if status is IN_PROGRESS:
        bench.record(CallEvent(call_id=CALL_ID, kind=EventKind.IN_PROGRESS, at=NOON))
    bench.queue.nudges.clear()
    call = stored(bench)
    assert call.status is status
    return call


def die_while_placing(bench: Bench) -> None:
    [message] = bench.dispatched()

    class Dead(BaseException):
        """The worker is gone."""

    def die(_: object) -> None:
        raise Dead

    bench.carrier.while_placing = die
    with pytest.raises(Dead):
        bench.place(message)


class NoCarriers:
    """The workspace has removed its only one."""

    def get(self, workspace_id: str | None, name: str) -> None:  # noqa: ARG002
        return None

    def knows(self, workspace_id: str | None, name: str) -> bool:  # noqa: ARG002
        return False


class Unreadable(Exception):
    """Secrets cannot be read."""


class UnreadableCarriers(NoCarriers):
    """Nobody may read the secrets with which they are asked."""

    def get(self, workspace_id: str | None, name: str) -> None:
        raise Unreadable(workspace_id, name)


def stored(bench: Bench) -> Call:
    call = bench.task(TASK).call
    assert call is not None
    return call


def rescued(bench: Bench, answer: FetchAnswer | None = None) -> list[CallEvent]:
    """Rescue at the deadline; gives what was reported."""
    bench.carrier.fetched = answer or NeverSeen()
    bench.clock.at = max(bench.clock.at, stored(bench).deadline)
    bench.rescue(WORKSPACE)
    return bench.queue.reports


# --- When ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [RESERVED, DIALING, UNKNOWN, PLACED, IN_PROGRESS])
def test_nothing_is_rescued_before_its_deadline(bench: Bench, status: CallStatus) -> None:
    in_flight(bench, status)
    before = bench.task(TASK)
    bench.clock.at = stored(bench).deadline - SECOND

    assert bench.rescue(WORKSPACE) == 0

    assert bench.task(TASK) == before
    assert bench.queue.reports == []
    assert bench.carrier.asked == []


def test_a_workspace_rescues_only_its_own(bench: Bench) -> None:
    in_flight(bench)
    bench.clock.at = stored(bench).deadline

    assert bench.rescue(OTHER_WORKSPACE) == 0


# --- Never dialled -------------------------------------------------------------------------------


def test_a_call_whose_message_was_lost_is_taken_back(bench: Bench) -> None:
    in_flight(bench, RESERVED)

    assert rescued(bench) == []

    task = bench.task(TASK)
    assert (task.status, task.attempts, task.entry) == (TaskStatus.QUEUED, 0, TASK.entry)
    assert bench.held() == bench.held(CAMPAIGN) == frozenset()
    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]
    assert bench.carrier.asked == []


def test_a_message_that_comes_after_all_dials_nobody(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    [message] = bench.dispatched()
    rescued(bench)

    assert bench.place(message) == "taken_back"
    assert bench.carrier.requests == []


# --- What the carrier says -----------------------------------------------------------------------

LOST = ("failed", "lost")


@pytest.mark.parametrize("status", [DIALING, UNKNOWN, PLACED, IN_PROGRESS])
def test_an_end_that_the_carrier_knows_is_reported_as_its_own(
    bench: Bench, status: CallStatus
) -> None:
    in_flight(bench, status)

    assert rescued(bench, ENDED) == [ENDED]
    assert [call.call_id for call in bench.carrier.asked] == [CALL_ID]


def test_a_carrier_that_answers_about_another_call_tells_of_the_one_it_was_asked_for(
    bench: Bench,
) -> None:
    """One that a workspace brings could end, and reword, the calls of all others."""
    in_flight(bench)
    anothers = replace(ENDED, call_id="c000000000000009-0000000000000009-1", workspace_id=None)

    assert rescued(bench, anothers) == [ENDED]


def test_what_the_carrier_tells_at_length_is_cut_to_what_a_queue_carries(bench: Bench) -> None:
    in_flight(bench)
    told = replace(ENDED, transcript=(Utterance("contact", "Well, " * 50_000),) * 9)

    [report] = rescued(bench, told)

    assert report == told.bounded() != told


@pytest.mark.parametrize("status", [DIALING, UNKNOWN])
def test_a_call_that_the_carrier_never_saw_was_never_made(
    bench: Bench, status: CallStatus
) -> None:
    in_flight(bench, status)

    [report] = rescued(bench, NeverSeen())

    assert (report.outcome, report.reason) == ("init_failed", "never_reached_the_carrier")
    assert bench.record(report) == "settled"
    assert bench.task(TASK).attempts == 1


@pytest.mark.parametrize("status", [PLACED, IN_PROGRESS])
def test_a_call_that_the_carrier_took_and_forgot_is_lost(bench: Bench, status: CallStatus) -> None:
    in_flight(bench, status)

    [report] = rescued(bench, NeverSeen())

    assert (report.outcome, report.reason) == LOST


def test_a_call_that_somebody_answered_was_made_whatever_the_carrier_says(bench: Bench) -> None:
    in_flight(bench, UNKNOWN)
    bench.record(CallEvent(call_id=CALL_ID, kind=EventKind.IN_PROGRESS, at=NOON))

    [report] = rescued(bench, NeverSeen())

    assert (report.outcome, report.reason) == LOST


@pytest.mark.parametrize("status", [DIALING, UNKNOWN, PLACED, IN_PROGRESS])
@pytest.mark.parametrize("answer", [StillAlive(), CannotSay()], ids=["alive", "cannot say"])
def test_a_call_that_may_go_on_is_looked_at_when_it_must_have_ended(
    bench: Bench, answer: FetchAnswer, status: CallStatus
) -> None:
    call = in_flight(bench, status)

    assert rescued(bench, answer) == []

    assert stored(bench) == replace(call, deadline=bench.deadlines.of_end(call))
    assert bench.held() == {CALL_ID}


def test_a_call_that_outlasts_its_agents_limit_is_looked_at_again_soon(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_end(call)

    assert rescued(bench, StillAlive()) == []

    assert stored(bench).deadline == bench.clock.at + bench.deadlines.again


def test_a_call_that_must_have_ended_and_cannot_be_asked_for_is_lost(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_end(call)

    [report] = rescued(bench, CannotSay())

    assert (report.outcome, report.reason) == LOST


def test_a_call_that_still_waits_when_patience_ends_is_taken_back_and_lost(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_patience(call)
    bench.carrier.withdrawn = Withdrawn()

    [report] = rescued(bench, StillAlive())

    assert bench.carrier.taken_back == [call]
    assert (report.outcome, report.reason) == LOST


@pytest.mark.parametrize("answer", [TooLate(), CannotSay()], ids=["talks", "cannot say"])
def test_a_call_that_goes_on_when_patience_ends_has_no_other_beside_it(
    bench: Bench, answer: WithdrawAnswer
) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_patience(call)
    bench.carrier.withdrawn = answer

    assert rescued(bench, StillAlive()) == []

    assert stored(bench).deadline == bench.clock.at + bench.deadlines.again
    assert bench.held() == {CALL_ID}


def test_a_call_that_is_said_to_go_on_for_ever_is_lost_in_the_end(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_surrender(call)

    [report] = rescued(bench, StillAlive())

    assert (report.outcome, report.reason) == LOST


def test_nothing_is_taken_back_before_patience_ends(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_patience(call) - SECOND

    rescued(bench, StillAlive())

    assert bench.carrier.taken_back == []


def test_a_lost_call_is_settled_as_failed_and_tried_again(bench: Bench) -> None:
    call = in_flight(bench)
    bench.clock.at = bench.deadlines.of_end(call)

    [report] = rescued(bench, CannotSay())
    bench.record(report)

    task = bench.task(TASK)
    assert (task.status, task.outcome) == (TaskStatus.QUEUED, "failed")
    assert task.due_at == bench.clock.at + timedelta(minutes=30)
    assert bench.call(CALL_ID).reason == "lost"
    assert bench.held() == bench.held(CAMPAIGN) == frozenset()


def test_a_call_that_nobody_was_asked_for_was_never_made(bench: Bench) -> None:
    bench.has_campaign(rules=rules(hours=None, agent_id="b000000000000001"))
    bench.has_task()
    bench.placed()
    bench.queue.reports.clear()  # the report that it has no agent is lost

    [report] = rescued(bench, ENDED)

    assert (report.outcome, report.reason) == ("init_failed", "never_reached_the_carrier")
    assert bench.carrier.asked == []


@pytest.mark.parametrize("status", [DIALING, UNKNOWN, PLACED, IN_PROGRESS])
def test_a_call_whose_carrier_was_removed_may_go_on_until_it_must_have_ended(
    bench: Bench, status: CallStatus
) -> None:
    call = in_flight(bench, status)
    bench.rescue = replace(bench.rescue, carriers=NoCarriers())

    assert rescued(bench) == []
    assert stored(bench) == replace(call, deadline=bench.deadlines.of_end(call))

    [report] = rescued(bench)
    assert (report.at, report.outcome, report.reason) == (bench.deadlines.of_end(call), *LOST)


def test_a_call_that_cannot_be_asked_for_is_lost_in_the_end_and_somebody_is_told(
    bench: Bench,
) -> None:
    call = in_flight(bench)
    heard = MemoryJournal()
    bench.rescue = replace(bench.rescue, carriers=UnreadableCarriers(), journal=heard)

    with pytest.RaisesGroup(Unreadable):
        rescued(bench)
    assert stored(bench) == replace(call, deadline=bench.deadlines.of_end(call))
    assert bench.queue.reports == []

    while not bench.queue.reports:
        with pytest.RaisesGroup(Unreadable):
            rescued(bench)
    [report] = bench.queue.reports
    assert (report.outcome, report.reason) == LOST
    assert bench.clock.now() >= bench.deadlines.of_surrender(call)
    assert {note.what for note in heard.notes} == {Happened.RESCUED}
    assert len(heard.notes) > 2


def test_one_look_that_fails_loses_no_call_that_may_be_going_on(bench: Bench) -> None:
    call = in_flight(bench, IN_PROGRESS)
    bench.clock.at = bench.deadlines.of_end(call)
    assert rescued(bench, StillAlive()) == []
    sound = bench.rescue

    bench.rescue = replace(bench.rescue, carriers=UnreadableCarriers())
    with pytest.RaisesGroup(Unreadable):
        rescued(bench)
    assert bench.queue.reports == []

    bench.rescue = sound
    assert rescued(bench, ENDED) == [ENDED]


def test_calls_that_cannot_be_asked_for_keep_nobody_else_from_being_rescued() -> None:
    bench = Bench(concurrency_limit=MOST_AT_ONCE + 1)
    bench.has_campaign()
    bench.has_tasks(*range(1, MOST_AT_ONCE + 1))
    for message in bench.dispatched():
        bench.place(message)
    bench.clock.forward(SECOND)
    [task] = bench.has_tasks(MOST_AT_ONCE + 1)
    bench.dispatched()  # and the message is lost
    bench.rescue = replace(bench.rescue, carriers=UnreadableCarriers())
    bench.clock.forward(bench.deadlines.first_look)

    with pytest.RaisesGroup(*[Unreadable] * MOST_AT_ONCE):
        bench.rescue(WORKSPACE)
    bench.rescue(WORKSPACE)

    assert bench.task(task).status is TaskStatus.QUEUED


def test_an_analysis_that_does_not_come_is_replaced_by_an_empty_one(bench: Bench) -> None:
    in_flight(bench)
    bench.ends(CALL_ID, analysis_follows=True)

    [report] = rescued(bench)

    assert (report.kind, report.outcome, report.analysis) == (EventKind.ANALYSIS, None, {})
    assert bench.carrier.asked == []


# --- Racing and crashing -------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, StillAlive()], ids=["reserved", "alive"])
def test_whoever_moved_the_task_meanwhile_was_right(
    bench: Bench, answer: FetchAnswer | None
) -> None:
    in_flight(bench, PLACED if answer else RESERVED)

    @dataclass
    class SlowTasks:
        """Lets somebody else save before this one does."""

        tasks: object

        def save(self, task: Task) -> Task:
            return self.settle(task, {})

        def settle(self, task: Task, tally: Tally) -> Task:
            bench.tasks.save(bench.task(TASK))
            return bench.tasks.settle(task, tally)

        def __getattr__(self, name: str) -> object:
            return getattr(self.tasks, name)

    bench.carrier.fetched = answer or NeverSeen()
    bench.clock.at = stored(bench).deadline
    before = stored(bench)

    replace(bench.rescue, tasks=SlowTasks(bench.tasks))(WORKSPACE)  # type: ignore[arg-type]

    assert stored(bench) == before


@pytest.mark.parametrize("status", [RESERVED, DIALING, UNKNOWN, PLACED])
def test_a_rescue_that_dies_anywhere_is_done_by_the_next(status: CallStatus) -> None:
    def prepare() -> Bench:
        bench = Bench()
        in_flight(bench, status)
        bench.clock.at = stored(bench).deadline
        bench.carrier.fetched = ENDED
        return bench

    for bench in crashes_everywhere(prepare, lambda bench: bench.rescue(WORKSPACE)):
        assert bench.fuse == Fuse()
        bench.rescue(WORKSPACE)
        for report in bench.queue.reports:
            bench.record(report)

        assert bench.task(TASK).status is TaskStatus.QUEUED
        assert bench.progress(CAMPAIGN).calls == (status is not RESERVED)
        assert bench.held() == bench.held(CAMPAIGN) == frozenset()
