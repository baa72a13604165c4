"""What waits at a carrier is taken back when its campaign stops, once, whatever crashes."""

from datetime import timedelta

import pytest

from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.campaign import CampaignKind
from chalicelibs.domain.carrier_account import CANCELLED, CarrierAccount, CarrierKind
from chalicelibs.domain.task import TaskStatus
from chalicelibs.ports.carriers import AnswerLost, CannotSay, TooLate, Withdrawn
from chalicelibs.ports.queues import WithdrawCall
from chalicelibs.use_cases.withdraw_calls import AFTER_PLACING
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_task
from tests.unit.use_cases.bench import MINUTE, Bench, Crashed, crashes_everywhere

NOW = timedelta(0)


def an_account(kind: CarrierKind) -> CarrierAccount:
    return CarrierAccount(workspace_id=WORKSPACE, name="own", kind=kind)


def placed(bench: Bench) -> WithdrawCall:
    """A call that its carrier has taken; gives the message to take it back."""
    bench.accounts.save(an_account(CarrierKind.TWILIO))
    bench.has_campaign()
    bench.has_task()
    return WithdrawCall(workspace_id=WORKSPACE, call_id=bench.placed())


def pause(bench: Bench) -> None:
    bench.manage.control(WORKSPACE, CAMPAIGN, "pause")


def settle(bench: Bench) -> None:
    """Whatever was reported is recorded."""
    reports, bench.queue.reports[:] = list(bench.queue.reports), []
    for report in reports:
        bench.record(report)


def test_a_paused_campaign_has_its_calls_taken_back(bench: Bench) -> None:
    message = placed(bench)
    bench.carrier.withdrawn = Withdrawn()

    pause(bench)

    assert bench.queue.withdrawing == [(message, NOW)]
    assert bench.withdraw(message) == "withdrawn"
    settle(bench)
    task = bench.task(a_task())
    assert (task.status, task.attempts, task.call) == (TaskStatus.QUEUED, 0, None)
    assert bench.held() == frozenset()
    assert bench.store.calls == {}, "nobody was called"


def test_whoever_dies_on_the_way_the_call_is_taken_back_once() -> None:
    def prepare() -> Bench:
        bench = Bench()
        placed(bench)
        bench.carrier.withdrawn = Withdrawn()
        pause(bench)
        return bench

    def act(bench: Bench) -> None:
        bench.withdraw(bench.queue.withdrawing[0][0])
        settle(bench)

    for bench in crashes_everywhere(prepare, act):
        bench.withdraw(bench.queue.withdrawing[0][0])
        settle(bench)

        task = bench.task(a_task())
        assert (task.status, task.attempts) == (TaskStatus.QUEUED, 0)
        assert bench.held() == frozenset()


def test_a_workspace_whose_carriers_let_none_wait_asks_none(bench: Bench) -> None:
    placed(bench)
    bench.accounts.save(an_account(CarrierKind.RETELL))

    pause(bench)
    bench.withdraw_closed(WORKSPACE)

    assert bench.queue.withdrawing == []


def test_what_goes_on_is_let_go_on(bench: Bench) -> None:
    message = placed(bench)
    bench.carrier.withdrawn = TooLate()
    pause(bench)

    assert bench.withdraw(message) == "too_late"

    assert bench.task(a_task()).status is TaskStatus.RUNNING
    assert bench.queue.reports == []


def test_a_call_that_was_answered_is_not_asked_for(bench: Bench) -> None:
    message = placed(bench)
    task = bench.task(a_task())
    assert task.call is not None
    bench.tasks.save(task.with_call(task.call.because(CallStatus.IN_PROGRESS)))
    pause(bench)

    assert bench.withdraw(message) == "goes_on"

    assert bench.carrier.taken_back == []


@pytest.mark.parametrize("action", ["pause", "archive"])
def test_a_carrier_that_cannot_say_is_asked_again_once_a_minute(bench: Bench, action: str) -> None:
    placed(bench)
    bench.carrier.withdrawn = CannotSay()
    bench.manage.control(WORKSPACE, CAMPAIGN, action)
    asked = []

    for _ in range(5):
        asked.append(len(bench.carrier.taken_back))
        messages, bench.queue.withdrawing[:] = list(bench.queue.withdrawing), []
        assert [bench.withdraw(message) for message, _delay in messages] == ["cannot_say"]
        bench.clock.forward(MINUTE)
        bench.withdraw_closed(WORKSPACE)

    assert asked == [0, 1, 2, 3, 4]
    bench.carrier.withdrawn = Withdrawn()
    assert [bench.withdraw(message) for message, _delay in bench.queue.withdrawing] == [
        "withdrawn"
    ]


def test_a_request_that_is_on_its_way_is_waited_for(bench: Bench) -> None:
    bench.accounts.save(an_account(CarrierKind.TWILIO))
    bench.has_campaign()
    bench.has_task()
    seen: list[str] = []

    def while_placing(_: object) -> None:
        pause(bench)
        [(message, _delay)] = bench.queue.withdrawing
        bench.queue.withdrawing.clear()
        seen.append(bench.withdraw(message))

    bench.carrier.while_placing = while_placing
    call_id = bench.placed()

    assert seen == ["not_placed_yet"]
    message = WithdrawCall(workspace_id=WORKSPACE, call_id=call_id)
    assert bench.queue.withdrawing == [(message, AFTER_PLACING)]


def test_a_request_whose_worker_died_is_left_to_the_schedule(bench: Bench) -> None:
    bench.accounts.save(an_account(CarrierKind.TWILIO))
    bench.has_campaign()
    bench.has_task()
    [message] = bench.dispatched()

    def die(_: object) -> None:
        raise Crashed

    bench.carrier.while_placing = die
    with pytest.raises(Crashed):
        bench.place(message)
    bench.clock.forward(AFTER_PLACING)
    pause(bench)
    [(withdrawal, _delay)], bench.queue.withdrawing[:] = list(bench.queue.withdrawing), []

    assert bench.withdraw(withdrawal) == "not_placed_yet"
    assert bench.queue.withdrawing == []

    assert bench.withdraw_closed(WORKSPACE) == 1


def test_calls_of_a_campaign_that_goes_on_are_let_wait(bench: Bench) -> None:
    placed(bench)

    assert bench.withdraw_closed(WORKSPACE) == 0


def test_a_call_of_which_nothing_is_known_cannot_be_taken_back(bench: Bench) -> None:
    bench.accounts.save(an_account(CarrierKind.TWILIO))
    bench.carrier.answer = AnswerLost()
    bench.has_campaign()
    bench.has_task()
    message = WithdrawCall(workspace_id=WORKSPACE, call_id=bench.placed())
    pause(bench)

    assert bench.withdraw(message) == "goes_on"


def test_who_goes_on_at_once_takes_nothing_back(bench: Bench) -> None:
    message = placed(bench)
    pause(bench)
    bench.manage.control(WORKSPACE, CAMPAIGN, "resume")

    assert bench.withdraw(message) == "may_be_dialled"

    assert bench.carrier.taken_back == []


def test_a_call_that_is_over_is_over(bench: Bench) -> None:
    message = placed(bench)
    bench.ends(message.call_id)

    assert bench.withdraw(message) == "over"


def test_a_cancellation_that_nobody_asked_for_spends_the_attempt(bench: Bench) -> None:
    message = placed(bench)

    bench.ends(message.call_id, "failed", reason=CANCELLED)

    assert bench.call(message.call_id).outcome == "failed"
    assert bench.task(a_task()).attempts == 1


def test_the_schedule_finds_what_a_lost_message_left(bench: Bench) -> None:
    message = placed(bench)
    pause(bench)
    bench.queue.withdrawing.clear()

    assert bench.withdraw_closed(WORKSPACE) == 1

    assert bench.queue.withdrawing == [(message, NOW)]


def test_an_archived_campaign_has_its_calls_taken_back(bench: Bench) -> None:
    message = placed(bench)

    bench.manage.control(WORKSPACE, CAMPAIGN, "archive")

    assert bench.queue.withdrawing == [(message, NOW)]


def test_what_waits_when_the_end_of_its_campaign_was_noted_first_is_taken_back(
    bench: Bench,
) -> None:
    message = placed(bench)
    bench.is_edited(end_at=NOON + MINUTE)
    bench.clock.forward(MINUTE)

    assert bench.finish(WORKSPACE) == 1
    assert bench.withdraw_closed(WORKSPACE) == 1

    assert bench.queue.withdrawing == [(message, NOW)]


def test_a_task_whose_own_end_has_passed_has_its_call_taken_back(bench: Bench) -> None:
    bench.accounts.save(an_account(CarrierKind.TWILIO))
    bench.has_campaign(kind=CampaignKind.REALTIME)
    bench.has_task(end_at=NOON + MINUTE)
    call_id = bench.placed()

    before = bench.withdraw_closed(WORKSPACE)
    bench.clock.forward(MINUTE)

    assert (before, bench.withdraw_closed(WORKSPACE)) == (0, 1)
    bench.carrier.withdrawn = Withdrawn()
    assert bench.withdraw(WithdrawCall(workspace_id=WORKSPACE, call_id=call_id)) == "withdrawn"
