"""Whoever asked not to be called again is not, in whichever report and however late it is told."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import pytest

from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind
from chalicelibs.domain.naming import call_id_for_claim
from chalicelibs.domain.retry import OPTED_OUT, RetryPolicy
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports.carriers import CannotSay, Withdrawn
from chalicelibs.ports.queues import WithdrawCall
from tests.builders import CAMPAIGN, WORKSPACE, a_task, an_agent, rules
from tests.unit.use_cases.bench import MINUTE, SECOND, Bench, crashes_everywhere

TASK = a_task()


FIRST = call_id_for_claim(TASK.task_id, 1)


@pytest.fixture
def first(bench: Bench) -> str:
    """The first call of a task that has three, a minute apart, whatever comes of them."""
    return call_before(bench)


def call_before(bench: Bench) -> str:
    bench.agents.save(an_agent(max_duration=MINUTE))
    always = frozenset({"completed"})
    policy = RetryPolicy(max_attempts=3, intervals=(MINUTE, MINUTE), retry_outcomes=always)
    own = replace(rules(hours=None, max_attempts=3), retry=policy)
    bench.has_campaign(rules=own, concurrency_limit=5)
    bench.has_task()
    return bench.placed()


def opts_out(bench: Bench, call_id: str) -> str:
    return bench.record(bench.analysis(call_id, opts_out=True))


def recorded(bench: Bench) -> None:
    """What rescue and others reported themselves."""
    reports, bench.queue.reports = bench.queue.reports, []
    for report in reports:
        bench.record(report)


def is_left_alone(bench: Bench) -> None:
    """Nobody calls, whatever time passes; the task is counted as completed, once."""
    asked = len(bench.carrier.requests)
    for _ in range(4):
        bench.clock.forward(5 * MINUTE)
        bench.dispatched()
        bench.rescue(WORKSPACE)
        recorded(bench)
    task = bench.task(TASK)
    assert (task.status, task.reason, task.call) == (TaskStatus.COMPLETED, OPTED_OUT, None)
    assert len(bench.carrier.requests) == asked
    assert bench.progress(CAMPAIGN).completed == 1
    assert bench.held() == bench.held(CAMPAIGN) == frozenset()


def second(bench: Bench, first: str) -> str:
    """The next call, reserved; the message that would have it placed is on its way."""
    bench.ends(first, "busy")
    bench.clock.forward(MINUTE)
    [message] = bench.dispatched()
    return message.call_id


def test_while_the_next_call_is_on_its_way_to_the_gate(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")
    bench.clock.forward(MINUTE)
    [message] = bench.dispatched()
    opts_out(bench, first)

    bench.place(message)

    is_left_alone(bench)


def test_before_rescue_takes_the_next_call_back(bench: Bench, first: str) -> None:
    second(bench, first)
    opts_out(bench, first)

    bench.clock.forward(4 * MINUTE)
    bench.rescue(WORKSPACE)

    is_left_alone(bench)


class NoSlots:
    """Slots of which none is left, and what happens at that moment."""

    def __init__(self, bench: Bench, first: str) -> None:
        self._bench, self._first = bench, first

    def held(self, scope: str) -> frozenset[str]:
        return self._bench.slots.held(scope)

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        self._bench.slots.release(scope, call_ids, page)

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        del scope, call_ids, limit
        opts_out(self._bench, self._first)
        return {}


def test_before_the_next_call_finds_no_slot(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")
    bench.clock.forward(MINUTE)

    replace(bench.dispatch, slots=NoSlots(bench, first))(WORKSPACE)

    is_left_alone(bench)


def test_before_the_next_call_is_taken_back_from_its_carrier(bench: Bench, first: str) -> None:
    account = CarrierAccount(workspace_id=WORKSPACE, name="own", kind=CarrierKind.TWILIO)
    bench.accounts.save(account)
    bench.ends(first, "busy")
    bench.clock.forward(MINUTE)
    waits = bench.placed()
    opts_out(bench, first)

    bench.carrier.withdrawn = Withdrawn()
    bench.manage.control(WORKSPACE, CAMPAIGN, "pause")
    bench.withdraw(WithdrawCall(workspace_id=WORKSPACE, call_id=waits))
    recorded(bench)

    is_left_alone(bench)


def test_before_the_late_end_of_a_lost_call(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")
    bench.clock.forward(MINUTE)
    lost = bench.placed()
    bench.clock.forward(4 * MINUTE)
    bench.carrier.fetched = CannotSay()
    bench.rescue(WORKSPACE)
    recorded(bench)
    opts_out(bench, first)

    assert bench.ends(lost, "no_answer") == "upgraded"

    assert bench.progress(CAMPAIGN).outcomes == {"busy": 1, "no_answer": 1}
    is_left_alone(bench)


def test_after_the_time_in_which_all_else_still_counts(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")
    bench.clock.forward(10 * MINUTE)
    bench.ends(bench.placed(), "busy")
    bench.clock.forward(SECOND)

    opts_out(bench, first)

    assert bench.call(first).opts_out
    is_left_alone(bench)


@pytest.mark.parametrize(
    "kind", [EventKind.IN_PROGRESS, EventKind.ENDED, EventKind.ANALYSIS], ids=str
)
def test_with_any_report_on_a_call_that_goes_on(bench: Bench, first: str, kind: EventKind) -> None:
    told = CallEvent(call_id=first, kind=kind, at=bench.clock.now(), opts_out=True)
    bench.record(replace(told, outcome="busy") if kind is EventKind.ENDED else told)
    bench.ends(first, "busy")

    assert bench.call(first).opts_out
    is_left_alone(bench)


def test_with_the_second_report_of_an_end(bench: Bench, first: str) -> None:
    bench.ends(first, "busy", analysis_follows=True)
    bench.ends(first, "busy", analysis_follows=True, opts_out=True)

    bench.clock.forward(3 * MINUTE)
    bench.rescue(WORKSPACE)
    recorded(bench)

    assert bench.call(first).opts_out
    is_left_alone(bench)


def test_the_call_in_flight_says_so_for_a_former_release(bench: Bench, first: str) -> None:
    second(bench, first)

    opts_out(bench, first)

    call = bench.task(TASK).call
    assert call is not None
    assert call.opts_out


def test_while_it_waits_for_its_next_attempt(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")

    opts_out(bench, first)

    is_left_alone(bench)
    assert opts_out(bench, first) == "old_news"


def test_a_task_that_was_ended_by_hand_stays_as_it_is(bench: Bench, first: str) -> None:
    bench.ends(first, "busy")
    bench.steer(WORKSPACE, TASK.task_id, "archive")

    opts_out(bench, first)

    task: Task = bench.task(TASK)
    assert (task.status, task.reason) == (TaskStatus.ARCHIVED, "archived_by_hand")
    assert bench.progress(CAMPAIGN).archived == 1


def test_whatever_dies_half_way() -> None:
    def prepare() -> Bench:
        bench = Bench()
        call_before(bench)
        second(bench, FIRST)
        return bench

    for bench in crashes_everywhere(prepare, lambda bench: opts_out(bench, FIRST)):
        opts_out(bench, FIRST)
        assert bench.call(FIRST).opts_out
        is_left_alone(bench)
