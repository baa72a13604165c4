from dataclasses import replace

import pytest

from chalicelibs.domain.errors import NotFound
from chalicelibs.ports.carriers import Forged, Webhook
from tests.builders import a_task
from tests.unit.use_cases.bench import Bench

SIGNED = {"signature": "good"}


@pytest.fixture
def call_id(bench: Bench) -> str:
    bench.has_campaign()
    bench.has_task()
    return bench.placed()


def test_a_report_is_queued_and_nothing_more(bench: Bench, call_id: str) -> None:
    before = bench.task(a_task())
    event = bench.end(call_id)

    bench.receive(event)

    assert bench.queue.reports == [event]
    assert bench.task(a_task()) == before


def test_a_report_of_a_call_that_ended_long_ago_is_queued(bench: Bench, call_id: str) -> None:
    bench.ends(call_id)
    late = bench.analysis(call_id)

    bench.receive(late)

    assert bench.queue.reports == [late]


@pytest.mark.parametrize(
    "call_id",
    [
        pytest.param("", id="nothing"),
        pytest.param("call-1", id="another's id"),
        pytest.param(a_task().task_id, id="a task's id"),
        pytest.param(f"{a_task().task_id}-x", id="a malformed claim"),
    ],
)
def test_a_report_of_what_can_be_no_call_is_refused(bench: Bench, call_id: str) -> None:
    bench.has_campaign()
    bench.has_task()

    with pytest.raises(NotFound):
        bench.receive(bench.end(call_id))

    assert bench.queue.reports == []


# --- Webhooks ------------------------------------------------------------------------------------


def test_a_signed_webhook_is_queued_in_our_words(bench: Bench, call_id: str) -> None:
    bench.carrier.report = bench.end(call_id)

    told = bench.receive.webhook("simulated", Webhook(headers=SIGNED, body=b"{}"))

    assert told == replace(bench.carrier.report, carrier="simulated")
    assert bench.queue.reports == [told]


def test_a_webhook_that_changes_nothing_is_accepted_and_forgotten(bench: Bench) -> None:
    bench.carrier.report = None

    assert bench.receive.webhook("simulated", Webhook(headers=SIGNED, body=b"{}")) is None
    assert bench.queue.reports == []


def test_a_forged_webhook_is_refused(bench: Bench, call_id: str) -> None:
    bench.carrier.report = bench.end(call_id)

    with pytest.raises(Forged):
        bench.receive.webhook("simulated", Webhook(headers={}, body=b"{}"))

    assert bench.queue.reports == []


def test_a_webhook_of_an_unknown_carrier_is_refused(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.receive.webhook("nobody", Webhook(headers=SIGNED, body=b"{}"))


def test_a_signed_webhook_of_no_call_is_refused(bench: Bench) -> None:
    bench.carrier.report = bench.end("call-1")

    with pytest.raises(NotFound):
        bench.receive.webhook("simulated", Webhook(headers=SIGNED, body=b"{}"))
