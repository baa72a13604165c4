"""Ended calls."""

from dataclasses import replace
from datetime import timedelta

from chalicelibs.domain.analysis import MOST_BYTES as MOST_ANALYSIS
from chalicelibs.domain.call import CallStatus, SlotPages
from chalicelibs.domain.transcript import MOST_BYTES as MOST_TRANSCRIPT
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports import CallRecord
from tests.builders import AGENT, NOON, WORKSPACE, a_call, a_task
from tests.contract.engines import Ports

FULL = a_call(
    status=CallStatus.ENDED,
    attempt_no=1,
    slots=SlotPages(workspace=0),
    dialed_at=NOON + timedelta(milliseconds=1),
    answered_at=NOON + timedelta(seconds=9),
    ended_at=NOON + timedelta(minutes=2, microseconds=10),
    phone="+34600000001",
    caller_id="+34910000000",
    agent_id=AGENT,
    carrier="simulated",
    carrier_call_id="sim-1",
    longest=timedelta(minutes=15, seconds=45),
    outcome="busy_callback",
    is_permanent=True,
    reason="busy",
    duration=timedelta(seconds=111, milliseconds=500),
    callback_at=NOON + timedelta(days=1),
    cost="0.0123 USD",
    recording_url="https://example.com/r.wav",
    takes_callbacks=False,
    transcript=(
        Utterance("agent", "Hello, ¿qué tal? 🙂", timedelta(0)),
        Utterance("contact", "", timedelta(seconds=1, milliseconds=250)),
        Utterance("system", 'A "mark".'),
    ),
    analysis={"score": 0.87, "tags": ["a", "", None], "deep": {"set": {}}, "big": 10**40},
)


def test_a_call_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)

    assert ports.calls.get(FULL.call_id) == CallRecord(WORKSPACE, FULL)


def test_the_largest_call_that_is_kept_fits_into_an_item(ports: Ports) -> None:
    largest = replace(
        FULL,
        transcript=(Utterance("agent", "x" * (MOST_TRANSCRIPT - 50)),),
        analysis={"summary": "x" * (MOST_ANALYSIS - 20)},
    )
    task = a_task(context={"name": "x" * 8_000})
    ports.tasks.add([task])
    call = replace(largest, call_id=a_call(task).call_id, status=CallStatus.ENDED)

    ports.calls.save(WORKSPACE, call)
    assert ports.tasks.claim(task.as_due, a_call(task), WORKSPACE)
    claimed = ports.tasks.get(task.task_id)
    assert claimed is not None
    ports.tasks.save(claimed.with_call(call))

    assert ports.calls.get(call.call_id) == CallRecord(WORKSPACE, call)
    waiting = ports.tasks.get(task.task_id)
    assert waiting is not None
    assert waiting.call == call


def test_a_call_of_which_little_is_known_comes_back(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, a_call())

    assert ports.calls.get(a_call().call_id) == CallRecord(WORKSPACE, a_call())


def test_what_was_never_saved_is_not_there(ports: Ports) -> None:
    assert ports.calls.get(a_call().call_id) is None
    assert list(ports.calls.of_task(a_task().task_id)) == []


def test_saving_again_replaces(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, a_call(outcome="voicemail"))

    assert list(ports.calls.of_task(a_task().task_id)) == [
        CallRecord(WORKSPACE, a_call(outcome="voicemail"))
    ]


def test_the_calls_of_a_task_come_in_the_order_they_were_made(ports: Ports) -> None:
    calls = [
        a_call(a_task(claims=claims), reserved_at=NOON + timedelta(hours=claims))
        for claims in range(12)
    ]
    for call in [*reversed(calls), a_call(a_task(17))]:  # 17 stands in the same bucket as 1
        ports.calls.save(WORKSPACE, call)

    found = ports.calls.of_task(a_task().task_id)

    assert [record.call for record in found] == calls


def test_a_later_report_is_kept_with_what_was_known(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)
    upgraded = replace(FULL, outcome="interested", analysis={})

    ports.calls.save(WORKSPACE, upgraded)

    assert ports.calls.get(FULL.call_id) == CallRecord(WORKSPACE, upgraded)
