from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCalls, MemoryTasks
from chalicelibs.domain.call import LOST, Call, CallStatus, Dialed
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import with_lot
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports.carriers import AnswerLost
from tests.builders import AGENT, CAMPAIGN, NOON, WORKSPACE, a_task, rules
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, SECOND, Bench, Crashed, crashes_everywhere

HALF_AN_HOUR = 30 * MINUTE  # the builders' retry interval
TASK = a_task()


@pytest.fixture
def call_id(bench: Bench) -> str:
    """A call that is placed, of the first attempt of two."""
    bench.has_campaign(concurrency_limit=5)
    bench.has_task()
    return bench.placed()


def stored(bench: Bench) -> Call:
    """The call in flight."""
    call = bench.task(TASK).call
    assert call is not None
    return call


def archived(task: Task) -> Task:
    return task.finish(TaskStatus.ARCHIVED, "by_hand")


def answered(call_id: str, at: datetime = NOON, **changes: Any) -> CallEvent:
    return replace(CallEvent(call_id=call_id, kind=EventKind.IN_PROGRESS, at=at), **changes)


# --- Settling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status", "due_at"),
    [
        pytest.param("completed", TaskStatus.COMPLETED, None, id="completed"),
        pytest.param("no_answer", TaskStatus.QUEUED, NOON + HALF_AN_HOUR, id="no answer"),
        pytest.param("busy", TaskStatus.QUEUED, NOON + HALF_AN_HOUR, id="busy"),
        pytest.param("failed", TaskStatus.QUEUED, NOON + HALF_AN_HOUR, id="failed"),
        pytest.param("init_failed", TaskStatus.QUEUED, NOON + HALF_AN_HOUR, id="init failed"),
        pytest.param("voicemail", TaskStatus.COMPLETED, None, id="voicemail"),
        pytest.param("no_response", TaskStatus.COMPLETED, None, id="no response"),
        pytest.param("interested", TaskStatus.COMPLETED, None, id="custom"),
    ],
)
def test_an_end_settles_the_attempt(
    bench: Bench, call_id: str, outcome: str, status: TaskStatus, due_at: datetime | None
) -> None:
    assert bench.ends(call_id, outcome) == "settled"

    task = bench.task(TASK)
    assert (task.status, task.call, task.outcome) == (status, None, outcome)
    assert task.last_call_id == call_id
    assert due_at in {None, task.due_at}
    progress = bench.progress(CAMPAIGN)
    assert (progress.calls, progress.outcomes) == (1, {outcome: 1})
    assert progress.completed == (status is TaskStatus.COMPLETED)
    assert bench.held() == bench.held(CAMPAIGN) == frozenset()


def test_an_ended_call_is_kept_with_all_that_was_told(bench: Bench, call_id: str) -> None:
    bench.clock.forward(MINUTE)
    told: dict[str, Any] = {
        "reason": "hangup",
        "duration": 40 * SECOND,
        "cost": "0.0123 USD",
        "recording_url": "https://example.com/r",
        "analysis": {"mood": "good"},
    }

    bench.ends(call_id, "completed", **told)

    call = bench.call(call_id)
    assert (call.status, call.outcome, call.ended_at) == (
        CallStatus.ENDED,
        "completed",
        NOON + MINUTE,
    )
    assert {name: getattr(call, name) for name in told} == told
    assert bench.store.calls == {(WORKSPACE, call.as_dialed): call}


def test_an_end_without_an_outcome_is_a_failure(bench: Bench, call_id: str) -> None:
    bench.record(bench.end(call_id, outcome=None))  # type: ignore[arg-type] # a carrier's silence

    assert bench.task(TASK).outcome == "failed"


def test_a_bad_number_is_given_up(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "failed", is_permanent=True)

    task = bench.task(TASK)
    assert (task.status, task.reason) == (TaskStatus.COMPLETED, "permanent")


def test_after_the_last_attempt_a_task_is_given_up(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "busy")
    bench.clock.forward(HALF_AN_HOUR)

    bench.ends(bench.placed(), "busy")

    task = bench.task(TASK)
    assert (task.status, task.reason) == (TaskStatus.COMPLETED, "attempts_exhausted")
    assert bench.progress(CAMPAIGN).outcomes == {"busy": 2}


def test_a_callback_is_due_when_the_contact_asked_for_it(bench: Bench, call_id: str) -> None:
    tomorrow = NOON + timedelta(days=1)

    bench.ends(call_id, "busy_callback", callback_at=tomorrow)

    task = bench.task(TASK)
    assert (task.status, task.due_at, task.is_callback) == (TaskStatus.QUEUED, tomorrow, True)


def test_the_rules_of_a_realtime_task_decide(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME, rules=None)
    own = Overrides(
        agent_id=AGENT,
        caller_id="+34910000000",
        max_attempts=2,
        intervals=(2 * MINUTE,),
        retry_outcomes=frozenset({"voicemail"}),
    )
    bench.has_task(own=own)

    bench.ends(bench.placed(), "voicemail")

    assert bench.task(TASK).due_at == NOON + 2 * MINUTE


def test_the_rules_of_a_campaign_decide_as_they_are_now(bench: Bench, call_id: str) -> None:
    soon = RetryPolicy(max_attempts=2, intervals=(MINUTE,))
    bench.is_edited(rules=rules(hours=None, retry=soon))

    bench.ends(call_id, "busy")

    assert bench.task(TASK).due_at == NOON + MINUTE


# --- Again, late and out of order ----------------------------------------------------------------


def test_the_same_end_twice_counts_once(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "no_answer")
    before = bench.task(TASK)

    assert bench.ends(call_id, "no_answer") == "old_news"

    assert bench.task(TASK) == before
    assert bench.progress(CAMPAIGN).calls == 1


def test_an_answer_is_noted(bench: Bench, call_id: str) -> None:
    assert bench.record(answered(call_id, NOON)) == "in_progress"

    assert (stored(bench).status, stored(bench).answered_at) == (CallStatus.IN_PROGRESS, NOON)
    assert bench.held() == {call_id}


FULL: dict[str, Any] = {
    "duration": 42 * SECOND,
    "cost": "0.25 EUR",
    "recording_url": "https://r/1",
}


@pytest.mark.parametrize("analysis", [{}, {"mood": "good"}], ids=["no analysis", "analysis"])
def test_an_end_that_is_told_again_in_full_settles_by_that(
    bench: Bench, call_id: str, analysis: dict[str, Any]
) -> None:
    """As Vapi does: first that it is over, and some seconds later what there was."""
    assert bench.ends(call_id, "completed", analysis_follows=True) == "waits_for_analysis"

    assert bench.ends(call_id, "no_response", analysis=analysis, **FULL) == "settled"

    kept, progress = bench.call(call_id), bench.progress(CAMPAIGN)
    assert (kept.outcome, kept.duration, kept.cost) == ("no_response", 42 * SECOND, "0.25 EUR")
    assert (kept.recording_url, kept.analysis) == ("https://r/1", analysis)
    assert (progress.talked, progress.outcomes) == (42 * SECOND, {"no_response": 1})
    assert progress.cost_micros == {"EUR": 250_000}


def test_an_end_that_is_told_again_while_its_analysis_is_to_come_adds_what_it_says(
    bench: Bench, call_id: str
) -> None:
    bench.ends(call_id, "completed", analysis_follows=True)
    again = bench.end(call_id, "completed", analysis_follows=True, **FULL)

    assert bench.record(again) == "waits_for_analysis"
    assert bench.record(again) == "old_news"

    assert stored(bench).duration == 42 * SECOND


def test_minutes_that_are_told_when_all_is_counted_are_not_kept(
    bench: Bench, call_id: str
) -> None:
    bench.ends(call_id, "completed")

    bench.ends(call_id, "completed", **FULL)

    assert (bench.call(call_id).duration, bench.progress(CAMPAIGN).talked) == (None, NO_DELAY)
    assert bench.call(call_id).recording_url == "https://r/1"


def test_a_guess_that_comes_after_the_end_says_nothing(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed", analysis_follows=True)

    assert bench.ends(call_id, "failed", reason=LOST) == "old_news"

    assert stored(bench).outcome == "completed"


def test_an_answer_told_twice_is_noted_once(bench: Bench, call_id: str) -> None:
    bench.record(answered(call_id))
    before = bench.task(TASK)

    assert bench.record(answered(call_id, NOON + SECOND)) == "old_news"
    assert bench.task(TASK) == before


def test_an_answer_after_the_end_changes_nothing(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "no_answer")
    before = bench.task(TASK)

    assert bench.record(answered(call_id)) == "old_news"
    assert bench.task(TASK) == before


def test_an_answer_while_the_analysis_is_awaited_changes_nothing(
    bench: Bench, call_id: str
) -> None:
    bench.ends(call_id, analysis_follows=True)

    assert bench.record(answered(call_id)) == "old_news"
    assert stored(bench).status is CallStatus.ENDED


def test_an_end_without_an_answer_before_it_settles(bench: Bench, call_id: str) -> None:
    assert bench.ends(call_id, "completed") == "settled"


def test_events_of_an_unknown_call_find_their_call(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    bench.carrier.answer = AnswerLost()
    call_id = bench.placed()

    bench.record(answered(call_id, carrier_call_id="c-77"))

    assert stored(bench).carrier_call_id == "c-77"
    assert bench.ends(call_id) == "settled"


def test_an_event_of_attempt_one_never_closes_attempt_two(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "no_answer")
    bench.clock.forward(HALF_AN_HOUR)
    second = bench.placed()
    before = bench.task(TASK)

    for late in (
        bench.end(call_id, "completed"),
        bench.end(call_id, "no_answer", cost="0.05 USD"),
        bench.analysis(call_id, outcome="interested"),
        answered(call_id),
    ):
        bench.record(late)

    assert bench.task(TASK) == before
    assert stored(bench).call_id == second
    assert bench.held() == {second}


@pytest.mark.parametrize("kind", EventKind)
def test_what_another_carrier_signs_says_nothing_of_a_call(
    bench: Bench, call_id: str, kind: EventKind
) -> None:
    """Its secret may be known to others than the one of the carrier that dials."""
    before, call = bench.task(TASK), stored(bench)
    forged = answered(call_id, kind=kind, outcome="completed", carrier="another")

    assert bench.record(forged) == "another_carriers_call"

    assert bench.task(TASK) == before
    assert bench.record(replace(forged, carrier=call.carrier)) != "another_carriers_call"


def test_nor_does_it_once_the_call_has_ended(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "no_answer")
    (kept,) = bench.store.calls.values()
    forged = bench.analysis(call_id, outcome="completed", analysis={"summary": "Yes."})

    assert bench.record(replace(forged, carrier="another")) == "another_carriers_call"

    assert list(bench.store.calls.values()) == [kept]


def test_no_carrier_tells_of_a_call_that_nobody_dials_yet(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    (message,) = bench.dispatched()
    before = bench.task(TASK)

    for kind in EventKind:
        event = answered(message.call_id, kind=kind, outcome="completed", carrier="simulated")
        assert bench.record(event) == "another_carriers_call"

    assert bench.task(TASK) == before


def test_an_event_of_a_call_that_never_was_changes_nothing(bench: Bench, call_id: str) -> None:
    never = call_id[:-1] + "9"

    assert bench.ends(never) == "old_news"
    assert bench.ends(f"{CAMPAIGN}-zzzzzzzzzzzzzzzz-1") == "unknown_call"
    assert stored(bench).call_id == call_id


def test_an_event_before_the_dial_changes_nothing(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task()
    [message] = bench.dispatched()
    before = bench.task(TASK)

    assert bench.ends(message.call_id) == "old_news"
    assert bench.record(answered(message.call_id)) == "old_news"
    assert bench.task(TASK) == before
    assert bench.held() == {message.call_id}


# --- The carrier's clock -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "ended_at"),
    [
        pytest.param(NOON + 30 * SECOND, NOON + 30 * SECOND, id="as it was"),
        pytest.param(NOON - timedelta(hours=3), NOON, id="before the dial: at the dial"),
        pytest.param(NOON + timedelta(hours=3), NOON + MINUTE, id="in the future: now"),
    ],
)
def test_an_impossible_end_is_cut_to_size(
    bench: Bench, call_id: str, reported: datetime, ended_at: datetime
) -> None:
    bench.clock.forward(MINUTE)

    bench.ends(call_id, "busy", at=reported)

    assert bench.call(call_id).ended_at == ended_at
    assert bench.task(TASK).due_at == ended_at + HALF_AN_HOUR


# --- An analysis that follows --------------------------------------------------------------------


def test_the_outcome_waits_for_the_analysis_and_the_slot_does_not(
    bench: Bench, call_id: str
) -> None:
    assert bench.ends(call_id, analysis_follows=True) == "waits_for_analysis"

    assert bench.task(TASK).status is TaskStatus.RUNNING
    assert stored(bench).deadline == NOON + bench.deadlines.analysis
    assert bench.progress(CAMPAIGN).calls == 0
    assert bench.held() == bench.held(CAMPAIGN) == frozenset()
    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]


def test_an_analysis_after_the_end_settles_by_what_it_says(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, analysis_follows=True)

    assert bench.record(bench.analysis(call_id, outcome="interested")) == "settled"

    assert bench.task(TASK).outcome == "interested"
    assert bench.call(call_id).analysis == {"summary": "they talked"}
    assert bench.progress(CAMPAIGN).outcomes == {"interested": 1}


def test_an_analysis_without_an_outcome_leaves_the_carriers(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, analysis_follows=True)

    bench.record(bench.analysis(call_id))

    assert bench.task(TASK).outcome == "completed"


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"outcome": "interested"}, id="outcome and summary"),
        pytest.param({"outcome": "interested", "analysis": {}}, id="outcome alone"),
    ],
)
def test_an_analysis_before_the_end_is_not_waited_for_again(
    bench: Bench, call_id: str, told: dict[str, Any]
) -> None:
    assert bench.record(bench.analysis(call_id, **told)) == "analysis_before_end"
    assert bench.held() == {call_id}

    assert bench.ends(call_id, analysis_follows=True) == "settled"

    assert bench.task(TASK).outcome == "interested"


def test_what_an_analysis_told_before_the_end_stands(bench: Bench, call_id: str) -> None:
    url = "https://example.com/r.wav"
    bench.record(bench.analysis(call_id, cost="0.25 EUR", recording_url=url))

    bench.ends(call_id, "completed")

    call = bench.call(call_id)
    assert (call.cost, call.recording_url) == ("0.25 EUR", url)
    assert call.analysis == {"summary": "they talked"}
    assert bench.progress(CAMPAIGN).cost_micros == {"EUR": 250_000}


def test_an_analysis_cannot_make_a_conversation_of_a_call_that_nobody_took(
    bench: Bench, call_id: str
) -> None:
    bench.record(bench.analysis(call_id, outcome="interested"))

    bench.ends(call_id, "no_answer")

    assert bench.task(TASK).outcome == "no_answer"


def test_a_callback_may_be_told_by_the_analysis(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, analysis_follows=True)

    wish = bench.analysis(call_id, outcome="busy_callback", callback_at=NOON + 5 * MINUTE)
    bench.record(wish)

    task = bench.task(TASK)
    assert (task.is_callback, task.due_at) == (True, NOON + 5 * MINUTE)


def test_an_analysis_that_never_comes_is_not_waited_for_longer_than_promised(
    bench: Bench, call_id: str
) -> None:
    bench.ends(call_id, analysis_follows=True)
    bench.clock.forward(bench.deadlines.analysis)

    bench.rescue(WORKSPACE)
    [empty] = bench.queue.reports
    assert bench.record(empty) == "settled"

    task = bench.task(TASK)
    assert (task.status, task.outcome) == (TaskStatus.COMPLETED, "completed")
    assert bench.call(call_id).ended_at == NOON


# --- A more telling word, late -------------------------------------------------------------------


def test_a_more_telling_outcome_replaces_a_plain_one(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    bench.clock.forward(MINUTE)

    assert bench.record(bench.analysis(call_id, outcome="interested")) == "upgraded"

    assert bench.task(TASK).outcome == bench.call(call_id).outcome == "interested"
    progress = bench.progress(CAMPAIGN)
    assert (progress.calls, progress.completed) == (1, 1)
    assert progress.outcomes == {"interested": 1}


def test_a_late_wish_to_be_called_back_reopens_the_task(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    bench.queue.nudges.clear()

    wish = bench.analysis(call_id, outcome="busy_callback", callback_at=NOON + MINUTE)
    bench.record(wish)

    task = bench.task(TASK)
    assert (task.status, task.is_callback, task.due_at) == (
        TaskStatus.QUEUED,
        True,
        NOON + MINUTE,
    )
    progress = bench.progress(CAMPAIGN)
    assert (progress.completed, progress.open_tasks, progress.calls) == (0, 1, 1)
    assert progress.outcomes == {"busy_callback": 1}
    assert (WORKSPACE, MINUTE) in bench.queue.nudges


def test_two_late_words_at_the_same_moment_are_both_kept(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    heard = bench.analysis(call_id, analysis={}, recording_url="https://example.com/r")

    class Overtaken(MemoryCalls):
        def get(self, workspace_id: str, dialed: Dialed) -> Call | None:
            found = super().get(workspace_id, dialed)
            if found is not None and not found.recording_url:
                bench.record(heard)
            return found

    slow = replace(bench.record, calls=Overtaken(bench.store))
    assert slow(bench.analysis(call_id, analysis={"mood": "good"})) == "analysis_added"

    call = bench.call(call_id)
    assert call.recording_url == "https://example.com/r"
    assert call.analysis == {"mood": "good"}


def test_the_same_late_word_twice_counts_once(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    told = bench.analysis(call_id, outcome="interested")
    bench.record(told)
    before = bench.task(TASK)

    assert bench.record(told) == "old_news"

    assert bench.task(TASK) == before
    assert bench.progress(CAMPAIGN).outcomes == {"interested": 1}


def test_a_late_word_that_says_no_more_is_old_news(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "interested")

    assert bench.ends(call_id, "completed") == "old_news"
    assert bench.task(TASK).outcome == "interested"


def test_an_analysis_after_the_grace_time_is_too_late(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    bench.clock.forward(bench.deadlines.grace + SECOND)

    assert bench.record(bench.analysis(call_id, outcome="interested")) == "old_news"
    assert bench.task(TASK).outcome == "completed"


def test_an_analysis_at_the_end_of_the_grace_time_counts(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    bench.clock.forward(bench.deadlines.grace)

    assert bench.record(bench.analysis(call_id, outcome="interested")) == "upgraded"


def test_a_late_analysis_without_an_outcome_is_added_to_the_call(
    bench: Bench, call_id: str
) -> None:
    bench.ends(call_id, "no_answer")
    before = bench.task(TASK)

    assert bench.record(bench.analysis(call_id, cost="0.05 USD")) == "analysis_added"

    call = bench.call(call_id)
    assert (call.outcome, call.cost, call.analysis) == (
        "no_answer",
        "0.05 USD",
        {"summary": "they talked"},
    )
    assert bench.task(TASK) == before


def test_a_task_that_was_archived_meanwhile_is_not_reopened(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")
    bench.tasks.settle(archived(bench.task(TASK)), {"completed": -1, "archived": 1})

    wish = bench.analysis(call_id, outcome="busy_callback", callback_at=NOON + MINUTE)

    assert bench.record(wish) == "old_news"
    assert bench.task(TASK).status is TaskStatus.ARCHIVED


# --- Slots and nudges ----------------------------------------------------------------------------


def test_the_slot_is_free_before_the_attempt_is_settled(bench: Bench, call_id: str) -> None:
    bench.fuse.left = 3  # read the task, release both slots, and no more

    with pytest.raises(Crashed):
        bench.ends(call_id)

    assert bench.held() == bench.held(CAMPAIGN) == frozenset()
    assert bench.task(TASK).status is TaskStatus.RUNNING


def test_a_settled_attempt_wakes_dispatch_at_once(bench: Bench, call_id: str) -> None:
    bench.ends(call_id, "completed")

    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]


@pytest.mark.parametrize(
    ("interval", "nudges"),
    [
        pytest.param(20 * SECOND, [NO_DELAY, 20 * SECOND], id="soon: a nudge for then, too"),
        pytest.param(75 * SECOND, [NO_DELAY, 75 * SECOND], id="just within the look ahead"),
        pytest.param(76 * SECOND, [NO_DELAY], id="later: the schedule will see to it"),
    ],
)
def test_a_retry_due_soon_gets_a_nudge_of_its_own(
    bench: Bench, interval: timedelta, nudges: list[timedelta]
) -> None:
    policy = RetryPolicy(max_attempts=2, intervals=(interval,))
    bench.has_campaign(rules=rules(hours=None, retry=policy))
    bench.has_task(due_at=with_lot(NOON - MINUTE, 417))

    bench.ends(bench.placed(), "busy")

    assert [delay for _, delay in bench.queue.nudges] == nudges


@pytest.mark.parametrize(
    ("told", "reached", "has_callbacks"),
    [
        pytest.param({"outcome": "completed"}, 1, False, id="nothing follows"),
        pytest.param({"outcome": "busy"}, 2, False, id="a retry"),
        pytest.param({"outcome": "busy_callback"}, 1, True, id="a callback"),
    ],
)
def test_dispatch_is_told_where_a_task_will_stand_before_it_stands_there(
    bench: Bench, told: dict[str, str], reached: int, *, has_callbacks: bool
) -> None:
    class Watching(MemoryTasks):
        """Looks at the campaign when a task is settled."""

        def settle(self, task: Task, tally: Tally) -> Task:
            seen.append(bench.store.campaigns[task.campaign_id])
            return super().settle(task, tally)

    seen: list[Campaign] = []
    policy = RetryPolicy(max_attempts=2, intervals=(MINUTE,))
    bench.has_campaign(rules=rules(hours=None, retry=policy))
    bench.has_task()
    record = replace(bench.record, tasks=Watching(bench.store))

    record(bench.end(bench.placed(), callback_at=NOON + HALF_AN_HOUR, **told))

    [campaign] = seen
    assert (campaign.reached, campaign.has_callbacks) == (reached, has_callbacks)


def test_nobody_is_nudged_back_in_time(bench: Bench) -> None:
    policy = RetryPolicy(max_attempts=2, intervals=(SECOND,))
    bench.has_campaign(rules=rules(hours=None, retry=policy))
    bench.has_task()
    call_id = bench.placed()
    bench.clock.forward(MINUTE)

    bench.ends(call_id, "busy", at=NOON + SECOND)

    assert all(delay >= NO_DELAY for _, delay in bench.queue.nudges)


def test_whoever_read_too_early_looks_again_and_finds_the_work_done(
    bench: Bench, call_id: str
) -> None:
    class SlowCalls(MemoryCalls):
        """Lets another worker settle while this one keeps the call."""

        def keep(self, workspace_id: str, call: Call) -> Call:
            kept = super().keep(workspace_id, call)
            if bench.task(TASK).call is not None:
                bench.ends(call_id, "busy")
            return kept

    record = replace(bench.record, calls=SlowCalls(bench.store))

    assert record(bench.end(call_id, "busy")) == "old_news"
    assert bench.progress(CAMPAIGN).outcomes == {"busy": 1}


def test_of_two_ends_at_once_the_call_tells_what_the_task_was_settled_by(
    bench: Bench, call_id: str
) -> None:
    class SlowTasks(MemoryTasks):
        """Lets rescue give the call up while this worker is about to settle it."""

        def settle(self, task: Task, tally: Tally) -> Task:
            if bench.task(TASK).call is not None:
                lost(bench, call_id)
            return super().settle(task, tally)

    record = replace(bench.record, tasks=SlowTasks(bench.store))

    record(bench.end(call_id, "busy", duration=SECOND))

    assert bench.call(call_id).outcome == bench.task(TASK).outcome == "busy"
    assert bench.progress(CAMPAIGN).outcomes == {"busy": 1}
    assert bench.progress(CAMPAIGN).talked == SECOND


def test_a_call_that_was_kept_before_its_worker_died_is_settled_as_it_was_kept(
    bench: Bench, call_id: str
) -> None:
    class DyingTasks(MemoryTasks):
        """The worker dies before the task is settled."""

        def settle(self, task: Task, tally: Tally) -> Task:
            raise Crashed(f"{task.task_id} {tally}")

    with pytest.raises(Crashed):
        replace(bench.record, tasks=DyingTasks(bench.store))(bench.end(call_id, "busy"))

    lost(bench, call_id)

    assert bench.call(call_id).outcome == bench.task(TASK).outcome == "busy"
    assert bench.progress(CAMPAIGN).outcomes == {"busy": 1}


def test_a_call_that_was_kept_before_its_contact_was_erased_is_erased_when_it_settles(
    bench: Bench, call_id: str
) -> None:
    end = bench.end(call_id, "busy", recording_url="https://example.com/r.wav")
    ended = replace(stored(bench), ended_at=NOON, outcome="busy", recording_url=end.recording_url)
    bench.calls.keep(WORKSPACE, ended)
    bench.store.put_task(bench.task(TASK).erased())

    bench.record(end)

    assert bench.call(call_id).is_erased
    assert bench.call(call_id).recording_url is None


def test_whoever_loses_every_race_is_told_to_come_again(bench: Bench, call_id: str) -> None:
    class BusyTasks(MemoryTasks):
        """Somebody else is always faster."""

        def settle(self, task: Task, tally: Tally) -> Task:
            raise Stale(f"{task.task_id} {tally}")

    record = replace(bench.record, tasks=BusyTasks(bench.store))

    with pytest.raises(Stale):
        record(bench.end(call_id, "busy"))

    assert bench.task(TASK).has_in_flight(call_id)


def placed_call() -> Bench:
    bench = Bench()
    bench.has_campaign(concurrency_limit=5)
    bench.has_task()
    bench.placed()
    return bench


@pytest.mark.parametrize("outcome", ["completed", "no_answer", "busy_callback"])
def test_an_end_whose_worker_dies_anywhere_is_settled_once_when_it_comes_again(
    outcome: str,
) -> None:
    def record(bench: Bench) -> str:
        return bench.ends(f"{TASK.task_id}-1", outcome, callback_at=NOON + MINUTE)

    for bench in crashes_everywhere(placed_call, record):
        record(bench)

        progress = bench.progress(CAMPAIGN)
        assert (progress.calls, progress.outcomes) == (1, {outcome: 1})
        assert bench.task(TASK).attempts == 1
        assert bench.call(f"{TASK.task_id}-1").outcome == outcome
        assert bench.held() == bench.held(CAMPAIGN) == frozenset()


@pytest.mark.parametrize("outcome", ["interested", "busy_callback"])
def test_a_late_word_whose_worker_dies_anywhere_counts_once_when_it_comes_again(
    outcome: str,
) -> None:
    call_id = f"{TASK.task_id}-1"

    def prepare() -> Bench:
        bench = placed_call()
        bench.ends(call_id, "completed")
        return bench

    def record(bench: Bench) -> str:
        return bench.record(
            bench.analysis(call_id, outcome=outcome, callback_at=NOON + timedelta(hours=1))
        )

    for bench in crashes_everywhere(prepare, record):
        record(bench)

        assert bench.progress(CAMPAIGN).outcomes == {outcome: 1}
        assert bench.task(TASK).outcome == outcome
        assert bench.task(TASK).callbacks == (outcome == Outcome.BUSY_CALLBACK)
        assert len(bench.store.calls) == 1
        assert bench.call(call_id).outcome == outcome


def test_a_late_word_that_settled_is_kept_even_if_its_worker_comes_back_after_the_grace_time(
    bench: Bench, call_id: str
) -> None:
    class DyingCalls(MemoryCalls):
        """The worker dies between settling and keeping the call."""

        def revise(self, workspace_id: str, call: Call) -> None:
            raise Crashed(f"{workspace_id} {call.call_id}")

    bench.ends(call_id, "completed")
    word = bench.analysis(call_id, outcome="interested")
    with pytest.raises(Crashed):
        replace(bench.record, calls=DyingCalls(bench.store))(word)
    bench.clock.forward(timedelta(hours=1))

    assert bench.record(word) == "upgraded"

    assert bench.call(call_id).outcome == bench.task(TASK).outcome == "interested"
    assert bench.progress(CAMPAIGN).outcomes == {"interested": 1}


def test_a_late_word_that_settled_is_kept_even_if_its_contact_was_erased_before_it_was_written(
    bench: Bench, call_id: str
) -> None:
    class DyingCalls(MemoryCalls):
        """The worker dies between settling and keeping the call."""

        def revise(self, workspace_id: str, call: Call) -> None:
            raise Crashed(f"{workspace_id} {call.call_id}")

    bench.ends(call_id, "completed")
    word = bench.analysis(call_id, outcome="interested", analysis={"name": "Ada"})
    with pytest.raises(Crashed):
        replace(bench.record, calls=DyingCalls(bench.store))(word)
    bench.store.put_task(bench.task(TASK).erased())
    bench.calls.save(WORKSPACE, bench.call(call_id).erased())

    assert bench.record(word) == "upgraded"
    assert bench.record(word) == "erased"

    assert bench.call(call_id).outcome == "interested"
    assert bench.call(call_id).analysis == {}
    assert bench.progress(CAMPAIGN).outcomes == {"interested": 1}


def lost(bench: Bench, call_id: str) -> None:
    """Rescue found nobody who could say what became of a call."""
    bench.ends(call_id, "failed", reason=LOST)


def test_the_end_of_a_lost_call_that_comes_late_undoes_its_retry(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    assert bench.task(TASK).status is TaskStatus.QUEUED

    assert bench.ends(call_id, "completed") == "upgraded"

    assert bench.task(TASK).status is TaskStatus.COMPLETED
    assert bench.progress(CAMPAIGN).outcomes == {"completed": 1}
    assert bench.progress(CAMPAIGN).completed == 1
    assert bench.call(call_id).reason is None


def test_a_lost_call_that_turns_out_to_have_failed_for_good_is_not_retried(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    told = bench.end(call_id, "failed", reason="404", is_permanent=True, cost="0.01 EUR")

    assert bench.record(told) == "analysis_added"
    assert bench.record(told) == "old_news"

    task, progress = bench.task(TASK), bench.progress(CAMPAIGN)
    assert (task.status, task.reason) == (TaskStatus.COMPLETED, "permanent")
    assert (progress.calls, progress.outcomes, progress.completed) == (1, {"failed": 1}, 1)
    assert progress.cost_micros == {"EUR": 10_000}
    assert bench.call(call_id).reason == "404"


def test_a_lost_call_whose_failure_is_told_much_later_settles_nothing(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    before = bench.task(TASK)
    bench.clock.forward(11 * MINUTE)

    bench.ends(call_id, "failed", is_permanent=True)

    assert bench.task(TASK) == before


def test_a_second_guess_undoes_no_end_whose_worker_died(bench: Bench, call_id: str) -> None:
    lost(bench, call_id)
    guess = bench.end(call_id, "failed", reason=LOST)
    bench.ends(call_id, "completed")
    # Whoever recorded that died before the call was kept so.
    bench.store.calls[WORKSPACE, bench.call(call_id).as_dialed] = replace(
        bench.call(call_id), outcome="failed", reason=LOST
    )

    assert bench.record(replace(guess, at=guess.at + MINUTE)) == "old_news"

    assert bench.task(TASK).outcome == "completed"


def test_a_lost_call_that_turns_out_to_have_failed_is_retried_from_its_end(
    bench: Bench, call_id: str
) -> None:
    ended_at = bench.clock.now()
    bench.clock.forward(5 * MINUTE)
    lost(bench, call_id)

    bench.ends(call_id, "failed", at=ended_at)

    assert bench.task(TASK).due_at == ended_at + HALF_AN_HOUR
    assert bench.progress(CAMPAIGN).outcomes == {"failed": 1}


def test_a_lost_call_that_failed_adds_what_it_tells_when_the_next_one_goes_on(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    bench.clock.forward(HALF_AN_HOUR)
    bench.dispatched()
    bench.clock.forward(-HALF_AN_HOUR + 5 * MINUTE)

    assert bench.ends(call_id, "failed", is_permanent=True, cost="0.01 EUR") == "analysis_added"

    assert bench.task(TASK).status is TaskStatus.RUNNING
    assert bench.call(call_id).cost == "0.01 EUR"


def test_what_a_lost_call_turns_out_to_have_used_is_counted(bench: Bench, call_id: str) -> None:
    lost(bench, call_id)

    bench.ends(call_id, "completed", duration=MINUTE, cost="0.25 EUR")

    assert bench.progress(CAMPAIGN).talked == MINUTE
    assert bench.progress(CAMPAIGN).cost_micros == {"EUR": 250_000}


def test_the_late_end_of_a_lost_call_does_not_reopen_a_task_that_was_archived(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    bench.store.put_task(archived(bench.task(TASK)))

    assert bench.ends(call_id, "busy") == "old_news"
    assert bench.task(TASK).status is TaskStatus.ARCHIVED


def test_the_late_end_of_a_lost_call_counts_once(bench: Bench, call_id: str) -> None:
    lost(bench, call_id)
    bench.ends(call_id, "completed")

    assert bench.ends(call_id, "completed") == "old_news"
    assert bench.progress(CAMPAIGN).outcomes == {"completed": 1}


def test_a_task_that_was_called_again_is_not_settled_by_a_lost_call(
    bench: Bench, call_id: str
) -> None:
    lost(bench, call_id)
    bench.store.put_task(replace(bench.task(TASK), dialed={1: NOON, 2: NOON + HALF_AN_HOUR}))

    assert bench.ends(call_id, "completed") == "old_news"
