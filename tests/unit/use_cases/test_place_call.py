from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryTasks
from chalicelibs.domain.call import CallStatus, SlotPages
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignKind
from chalicelibs.domain.naming import call_id_for_claim
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    DialRequest,
    PlaceAnswer,
    Refused,
    Throttled,
    Unreachable,
)
from chalicelibs.ports.queues import PlaceCall
from tests.builders import NOON, WORKSPACE, a_task, a_workspace, an_agent, rules
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, SECOND, Bench, crashes_everywhere


def dispatched(bench: Bench, **task: Any) -> tuple[Task, PlaceCall]:
    """A task that is claimed, and the message that has it called."""
    if not bench.store.campaigns:
        bench.has_campaign()
    waiting = bench.has_task(**task)
    [message] = bench.dispatched()
    return waiting, message


# --- Accepted ------------------------------------------------------------------------------------


def test_a_call_is_placed_once_with_all_the_carrier_needs(bench: Bench) -> None:
    task, message = dispatched(bench)

    assert bench.place(message) == "placed"

    [request] = bench.carrier.requests
    assert request == DialRequest(
        call_id=message.call_id,
        phone=task.phone,
        caller_id="+34910000000",
        agent=an_agent(),
        prompt="Say hello to Ana.",
        context={"name": "Ana"},
    )


def test_a_placed_call_is_known_by_what_it_was_placed_with(bench: Bench) -> None:
    task, message = dispatched(bench, attempts=1)
    bench.clock.forward(SECOND)

    bench.place(message)

    stored = bench.task(task)
    call = stored.call
    assert call is not None
    assert (stored.status, stored.attempts) == (TaskStatus.RUNNING, 2)
    assert (call.status, call.attempt_no) == (CallStatus.PLACED, 2)
    assert (call.dialed_at, call.reserved_at) == (NOON + SECOND, NOON)
    assert (call.carrier, call.carrier_call_id) == ("simulated", f"carrier-{call.call_id}")
    assert (call.phone, call.caller_id) == (task.phone, "+34910000000")
    assert call.longest == an_agent().longest_call
    assert call.slots == SlotPages(workspace=0)
    assert bench.held() == {call.call_id}


def test_the_dial_is_written_down_before_the_carrier_is_asked(bench: Bench) -> None:
    task, message = dispatched(bench)
    seen: list[Task] = []
    bench.carrier.while_placing = lambda _: seen.append(bench.task(task))

    bench.place(message)

    [during] = seen
    assert during.call is not None
    assert (during.call.status, during.attempts) == (CallStatus.DIALING, 1)


def test_a_realtime_task_is_called_by_its_own_agent(bench: Bench) -> None:
    bench.agents.save(an_agent(agent_id="b000000000000001", system_messages=("Hi.",)))
    own = Overrides(agent_id="b000000000000001", caller_id="+34910000000")
    bench.has_campaign(kind=CampaignKind.REALTIME, rules=None)

    _, message = dispatched(bench, own=own)
    bench.place(message)

    assert bench.carrier.requests[0].prompt == "Hi."


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Accepted("c1"), id="accepted"),
        pytest.param(Refused("why"), id="refused"),
        pytest.param(Throttled(SECOND), id="throttled"),
        pytest.param(Unreachable(), id="unreachable"),
        pytest.param(AnswerLost(), id="answer lost"),
    ],
)
def test_a_message_that_comes_again_dials_nobody_again(bench: Bench, answer: PlaceAnswer) -> None:
    _, message = dispatched(bench)
    bench.carrier.answer = answer

    bench.place(message)
    bench.place(message)
    bench.clock.forward(SECOND)
    bench.place(message)

    assert len(bench.carrier.requests) == 1


# --- Other answers -------------------------------------------------------------------------------


def test_a_call_whose_answer_was_lost_is_unknown_and_keeps_its_slot(bench: Bench) -> None:
    task, message = dispatched(bench)
    bench.carrier.answer = AnswerLost()

    assert bench.place(message) == "answer_lost"

    call = bench.task(task).call
    assert call is not None
    assert call.status is CallStatus.UNKNOWN
    assert bench.held() == {message.call_id}
    assert bench.place(message) == "dialled_already"


@pytest.mark.parametrize("is_permanent", [False, True])
def test_a_refused_call_is_reported_as_init_failed(bench: Bench, is_permanent: bool) -> None:
    _, message = dispatched(bench)
    bench.carrier.answer = Refused("no_route", is_permanent=is_permanent)

    assert bench.place(message) == "refused"

    assert bench.queue.reports == [
        CallEvent(
            call_id=message.call_id,
            kind=EventKind.ENDED,
            at=NOON,
            outcome=Outcome.INIT_FAILED,
            reason="no_route",
            is_permanent=is_permanent,
        )
    ]


def test_a_throttled_call_gives_attempt_and_slot_back_and_waits(bench: Bench) -> None:
    bench.has_campaign(concurrency_limit=3)
    task, message = dispatched(bench, attempts=1)
    bench.carrier.answer = Throttled(20 * SECOND)

    assert bench.place(message) == "throttled"

    back = bench.task(task)
    assert (back.status, back.attempts, back.call) == (TaskStatus.QUEUED, 1, None)
    assert back.due_at == NOON + 20 * SECOND
    assert bench.held() == bench.held(task.campaign_id) == frozenset()
    assert (WORKSPACE, 20 * SECOND) in bench.queue.nudges


def test_a_full_carrier_that_asks_for_no_rest_is_not_asked_again_at_once(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_tasks(1, 2)
    bench.carrier.answer = Throttled(NO_DELAY)

    for _ in range(5):
        for message in bench.dispatched():
            bench.place(message)

    assert len(bench.carrier.requests) == 1
    bench.clock.forward(2 * SECOND)
    assert len(bench.dispatched()) == 2


def test_after_a_throttled_call_the_next_one_is_another(bench: Bench) -> None:
    task, message = dispatched(bench)
    bench.carrier.answer = Throttled(20 * SECOND)
    bench.place(message)
    bench.carrier.answer = None
    bench.clock.forward(20 * SECOND)

    [second] = bench.dispatched()

    assert bench.place(message) == "taken_back"
    assert bench.place(second) == "placed"
    assert second.call_id == call_id_for_claim(task.task_id, 2)
    assert bench.task(task).attempts == 1


# --- A carrier that is gone ----------------------------------------------------------------------


def test_a_carrier_that_is_gone_costs_no_attempt(bench: Bench) -> None:
    bench.has_campaign(concurrency_limit=3)
    task, message = dispatched(bench, attempts=1)
    bench.carrier.answer = Unreachable()

    assert bench.place(message) == "carrier_unreachable"

    back = bench.task(task)
    assert (back.status, back.attempts, back.call) == (TaskStatus.QUEUED, 1, None)
    assert back.due_at == NOON + 2 * SECOND
    assert bench.held() == bench.held(task.campaign_id) == frozenset()
    assert (WORKSPACE, 2 * SECOND) in bench.queue.nudges


def test_a_carrier_that_is_gone_is_left_alone_and_then_asked_once_more(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_tasks(1, 2)
    first, second = bench.dispatched()
    bench.carrier.answer = Unreachable()

    assert bench.place(first) == "carrier_unreachable"
    assert bench.place(second) == "carrier_rests"
    bench.clock.forward(SECOND)
    assert bench.dispatched() == []
    bench.clock.forward(SECOND)
    again, other = bench.dispatched()
    assert bench.place(again) == "carrier_unreachable"
    assert bench.place(other) == "carrier_rests"

    assert len(bench.carrier.requests) == 2
    assert bench.store.workspaces[WORKSPACE].rests["simulated"].length == 4 * SECOND
    assert bench.held() == frozenset()


def test_a_carrier_that_is_back_gets_all_calls(bench: Bench) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(1, 2)
    bench.carrier.answer = Unreachable()
    for message in bench.dispatched():
        bench.place(message)
    bench.carrier.answer = None
    bench.clock.forward(2 * SECOND)

    assert [bench.place(message) for message in bench.dispatched()] == ["placed", "placed"]

    assert [bench.task(task).attempts for task in tasks] == [1, 1]


def test_other_carriers_are_asked_while_one_rests(bench: Bench) -> None:
    bench.agents.save(an_agent(agent_id="b000000000000001", carrier="sip"))
    bench.has_campaign()
    _, message = dispatched(bench)
    bench.carrier.answer = Unreachable()
    bench.place(message)
    bench.carrier.answer = None
    others = bench.has_campaign(2, rules=rules(hours=None, agent_id="b000000000000001"))
    bench.has_task(2, campaign_id=others.campaign_id)

    [other] = bench.dispatched()

    assert bench.place(other) == "refused", "its carrier was looked for, and there is none"


# --- A webhook faster than our note --------------------------------------------------------------


@pytest.mark.parametrize("answer", [Accepted("c1"), AnswerLost()], ids=["accepted", "lost"])
def test_a_webhook_may_be_faster_than_the_note_of_the_answer(
    bench: Bench, answer: PlaceAnswer
) -> None:
    task, message = dispatched(bench)
    bench.carrier.answer = answer
    bench.carrier.while_placing = lambda _: bench.ends(message.call_id, "no_answer")

    bench.place(message)

    settled = bench.task(task)
    assert (settled.status, settled.attempts) == (TaskStatus.QUEUED, 1)
    assert settled.outcome == "no_answer"
    assert bench.held() == frozenset()


def test_a_call_answered_before_our_note_stays_answered(bench: Bench) -> None:
    task, message = dispatched(bench)
    answered = CallEvent(call_id=message.call_id, kind=EventKind.IN_PROGRESS, at=NOON)
    bench.carrier.while_placing = lambda _: bench.record(answered)

    bench.place(message)

    call = bench.task(task).call
    assert call is not None
    assert call.status is CallStatus.IN_PROGRESS


# --- The gate ------------------------------------------------------------------------------------

NIGHT = rules(hours=CallingHours.of(start="22:00", end="23:00", zone="UTC"))


@pytest.mark.parametrize(
    ("campaign", "reason"),
    [
        pytest.param({"end_at": NOON}, "campaign_ended", id="ended"),
        pytest.param({"start_at": NOON + MINUTE}, "campaign_not_started", id="start moved"),
        pytest.param({"rules": NIGHT}, "outside_calling_hours", id="hours moved"),
    ],
)
def test_what_the_gate_refuses_goes_back_unharmed(
    bench: Bench, campaign: dict[str, Any], reason: str
) -> None:
    bench.has_campaign(concurrency_limit=3)
    task, message = dispatched(bench)
    bench.is_edited(**campaign)

    assert bench.place(message) == reason

    back = bench.task(task)
    assert (back.status, back.attempts, back.entry) == (TaskStatus.QUEUED, 0, task.entry)
    assert bench.carrier.requests == []
    assert bench.held() == bench.held(task.campaign_id) == frozenset()


@pytest.mark.parametrize("control", ["pause", "archive"])
def test_a_control_counts_for_calls_that_are_queued_already(bench: Bench, control: str) -> None:
    task, message = dispatched(bench)

    bench.manage.control(WORKSPACE, task.campaign_id, control)

    assert bench.place(message).startswith("campaign_")
    assert bench.carrier.requests == []
    assert bench.task(task).attempts == 0


def test_a_task_whose_end_has_come_is_archived_and_counted(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME)
    task, message = dispatched(bench, end_at=NOON + SECOND)
    bench.clock.forward(SECOND)

    assert bench.place(message) == "task_ended"

    archived = bench.task(task)
    assert (archived.status, archived.reason) == (TaskStatus.ARCHIVED, "task_ended")
    assert bench.progress(task.campaign_id).archived == 1
    assert bench.held() == frozenset()


def test_a_task_without_an_attempt_left_is_completed_and_counted(bench: Bench) -> None:
    bench.has_campaign()
    task, message = dispatched(bench, attempts=1, outcome="busy")
    bench.is_edited(rules=rules(hours=None, max_attempts=1))

    assert bench.place(message) == "attempts_exhausted"

    done = bench.task(task)
    assert (done.status, done.reason) == (TaskStatus.COMPLETED, "attempts_exhausted")
    assert (done.outcome, done.attempts) == ("busy", 1)
    progress = bench.progress(task.campaign_id)
    assert (progress.completed, progress.calls, progress.settled_at) == (1, 0, NOON)
    assert bench.carrier.requests == []
    assert bench.held() == frozenset()


def test_the_prompt_of_the_campaign_follows_that_of_the_agent(bench: Bench) -> None:
    bench.has_campaign(prompt="Offer {{name}} a renewal.")

    _, message = dispatched(bench)
    bench.place(message)

    assert bench.carrier.requests[0].prompt == "Say hello to Ana.\n\nOffer Ana a renewal."


@pytest.mark.parametrize(
    "why", [pytest.param("pause", id="given back"), pytest.param("end", id="archived")]
)
def test_a_slot_that_the_gate_freed_is_refilled_at_once(bench: Bench, why: str) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME)
    task, message = dispatched(bench, end_at=NOON + SECOND)
    if why == "pause":
        bench.manage.control(WORKSPACE, task.campaign_id, "pause")
    else:
        bench.clock.forward(SECOND)
    bench.queue.nudges.clear()

    bench.place(message)

    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]


def test_a_message_of_a_call_that_was_taken_back_frees_its_slot(bench: Bench) -> None:
    bench.has_campaign(concurrency_limit=1)
    task, message = dispatched(bench)
    bench.tasks.save(bench.task(task).give_back())  # by somebody who died right after
    assert bench.held() == bench.held(task.campaign_id) == {message.call_id}

    assert bench.place(message) == "taken_back"

    assert bench.held() == bench.held(task.campaign_id) == frozenset()
    assert bench.carrier.requests == []


def test_a_call_near_its_deadline_is_left_to_rescue_with_its_slot(bench: Bench) -> None:
    task, message = dispatched(bench)
    bench.clock.forward(bench.deadlines.first_look - bench.deadlines.sending)
    before = bench.task(task)

    assert bench.place(message) == "left_to_rescue"

    assert bench.task(task) == before
    assert bench.held() == {message.call_id}


def test_a_message_of_no_task_frees_its_slot(bench: Bench) -> None:
    call_id = call_id_for_claim(a_task().task_id, 1)
    bench.slots.reserve(WORKSPACE, [call_id], 1)

    answer = bench.place(PlaceCall(workspace_id=WORKSPACE, call_id=call_id, workspace_page=0))

    assert answer == "unknown_task"
    assert bench.held() == frozenset()


# --- What is missing by now ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "context", "reason"),
    [
        pytest.param({"is_active": False}, {"name": "Ana"}, "agent_inactive", id="inactive"),
        pytest.param({"carrier": "gone"}, {"name": "Ana"}, "unknown_carrier", id="no carrier"),
        pytest.param(
            {"system_messages": ("{{role}}",)}, {"name": "Ana"}, "missing_variables", id="variable"
        ),
    ],
)
def test_a_call_that_cannot_be_made_any_more_is_refused(
    bench: Bench, agent: dict[str, Any], context: dict[str, str], reason: str
) -> None:
    _, message = dispatched(bench, context=context)
    bench.agents.save(an_agent(**agent))

    assert bench.place(message) == "refused"

    assert bench.carrier.requests == []
    [report] = bench.queue.reports
    assert (report.outcome, report.reason, report.is_permanent) == ("init_failed", reason, False)


def test_an_agent_that_is_not_there_refuses_the_call(bench: Bench) -> None:
    bench.has_campaign(rules=rules(hours=None, agent_id="b000000000000001"))
    _, message = dispatched(bench)

    bench.place(message)

    assert [report.reason for report in bench.queue.reports] == ["agent_inactive"]


def test_what_was_refused_here_is_settled_like_any_other_call(bench: Bench) -> None:
    task, message = dispatched(bench)
    bench.agents.save(an_agent(is_active=False))
    bench.place(message)

    [report] = bench.queue.reports
    assert bench.record(report) == "settled"

    assert bench.task(task).due_at == NOON + timedelta(minutes=30)
    assert bench.progress(task.campaign_id).outcomes == {"init_failed": 1}


def test_a_request_that_comes_too_late_is_not_sent(bench: Bench) -> None:
    task, message = dispatched(bench)

    class SlowTasks(MemoryTasks):
        """Saves when the deadline is near."""

        def save(self, task: Task) -> Task:
            bench.clock.forward(bench.deadlines.first_look - bench.deadlines.sending / 2)
            return super().save(task)

    place = replace(bench.place, tasks=SlowTasks(bench.store))

    assert place(message) == "refused"

    assert bench.carrier.requests == []
    assert [report.reason for report in bench.queue.reports] == ["too_late_to_send"]
    assert bench.task(task).attempts == 1


# --- Pacing --------------------------------------------------------------------------------------


def test_no_second_gets_more_calls_than_the_workspace_allows(bench: Bench) -> None:
    bench.workspaces.set_limits(a_workspace(calls_per_second=2))
    bench.has_campaign()
    bench.has_tasks(1, 2, 3)
    messages = bench.dispatched()

    answers = [bench.place(message) for message in messages]

    assert answers == ["placed", "placed", "second_is_full"]
    assert bench.queue.placing == [(messages[2], SECOND)]
    assert bench.held() == {message.call_id for message in messages}


def test_a_call_that_had_to_wait_is_placed_in_the_next_second(bench: Bench) -> None:
    bench.workspaces.set_limits(a_workspace(calls_per_second=1))
    bench.has_campaign()
    bench.has_tasks(1, 2)
    first, second = bench.dispatched()
    bench.place(first)
    bench.place(second)

    bench.clock.forward(SECOND)

    assert bench.place(second) == "placed"


# --- Crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [None, Refused("why"), Throttled(SECOND), Unreachable(), AnswerLost()],
    ids=["accepted", "refused", "throttled", "unreachable", "lost"],
)
def test_a_worker_that_dies_anywhere_dials_at_most_once(answer: PlaceAnswer | None) -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.has_task()
        bench.carrier.answer = answer
        bench.dispatch(WORKSPACE)
        return bench

    def place(bench: Bench) -> None:
        bench.place(bench.queue.placing[0][0])

    for bench in crashes_everywhere(prepare, place):
        bench.clock.forward(SECOND)
        place(bench)  # the message comes again

        assert len(bench.carrier.requests) <= 1
        task = bench.task(a_task())
        assert bench.held() == (frozenset() if task.call is None else {task.call.call_id})
