"""The log of a day: a line for each decision, by ids, with figures that CloudWatch can read."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemorySlots
from chalicelibs.api.log import logger
from chalicelibs.api.metrics import Figures
from tests.functional.product import Acme, Product

MINUTE = timedelta(minutes=1)
CALLEE = "+34600000001"

Lines = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was written so far that holds this text, each line as CloudWatch gets it."""
    logger()
    text = io.StringIO()
    handlers = [
        handler
        for handler in logging.getLogger("carillon").handlers
        if isinstance(handler, logging.StreamHandler)
    ]
    streams = [handler.setStream(text) for handler in handlers]
    yield lambda wanted: [
        json.loads(line) for line in text.getvalue().splitlines() if wanted in line
    ]
    for handler, stream in zip(handlers, streams, strict=True):
        handler.setStream(stream)


def figures(line: dict[str, Any]) -> dict[str, Any]:
    """The metrics that CloudWatch takes from a line, as its embedded format says."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Carillon"
    ((*dimensions,),) = directive["Dimensions"]
    assert dimensions[0] == "stage"
    assert all(isinstance(line[name], str) for name in dimensions[1:])
    assert 1_000_000_000_000 < line["_aws"]["Timestamp"] < 10_000_000_000_000
    named = {one["Name"]: line[one["Name"]] for one in directive["Metrics"]}
    for value in named.values():
        values = value if isinstance(value, list) else [value]
        assert 0 < len(values) <= 100, "CloudWatch takes no more from a line"
        assert all(isinstance(one, int | float) for one in values)
    return named


def told(lines: Lines, name: str) -> list[Any]:
    """All that CloudWatch was told of a metric, line by line."""
    return [value for line in lines('"_aws"') if (value := figures(line).get(name)) is not None]


def test_a_call_is_found_by_its_ids_from_dispatch_to_outcome(
    product: Product, acme: Acme, lines: Lines
) -> None:
    task_id = acme.pushed(acme.campaign(), phone=CALLEE)
    product.clock.pass_(timedelta(seconds=2))
    product.run()
    product.ended(product.carrier.asked[0].call_id, "no-answer")
    product.run()

    found = [line for line in lines(task_id) if line.get("call_id")]

    assert [(line.get("decision") or line["message"]) for line in found] == [
        "call dispatched",
        "call judged",
        "attempt settled",
    ]
    for line in found:
        assert (line["workspace_id"], line["call_id"]) == (acme.workspace_id, f"{task_id}-1")
        assert line["service"] == "carillon"
        assert "_aws" not in line, "figures are told once for a batch"
    dispatched, judged, settled = found
    assert dispatched["wait_ms"] == 2000
    assert (judged["result"], settled["outcome"]) == ("placed", "no_answer")
    assert lines(CALLEE[1:]) == []


def test_the_figures_of_a_batch_stand_in_one_line(
    product: Product, acme: Acme, lines: Lines
) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 5})
    campaign_id = acme.campaign()
    for at in range(3):
        acme.pushed(campaign_id, phone=f"+3460000000{at}")
        product.clock.pass_(timedelta(seconds=1))
    product.run()
    for at, outcome in enumerate(("no-answer", "no-answer", "busy")):
        product.ended(product.carrier.asked[at].call_id, outcome)
    product.run()

    dispatched = [line for line in lines('"figures"') if line.get("calls_dispatched")]
    asked = [line for line in lines('"figures"') if "calls_asked_for" in line]
    settled = [line for line in lines('"figures"') if "attempts_settled" in line]

    assert [line["calls_dispatched"] for line in dispatched] == [3]
    assert figures(dispatched[0])["wait_ms"] == [3000, 2000, 1000]
    assert [(line["result"], figures(line)) for line in asked] == [
        ("placed", {"calls_asked_for": 3})
    ]
    assert [(line["outcome"], figures(line)) for line in settled] == [
        ("no_answer", {"attempts_settled": 2}),
        ("busy", {"attempts_settled": 1}),
    ]


def test_of_more_figures_than_a_line_takes_none_is_lost(product: Product) -> None:
    held = Figures()
    for at in range(250):
        held.add({"calls_dispatched": 1, "wait_ms": at})

    told_of = [figures({**line, "stage": "dev"}) for line in held.take(product.clock)]

    assert [one["calls_dispatched"] for one in told_of] == [100, 100, 50]
    assert [at for one in told_of for at in one["wait_ms"]] == list(range(250))
    assert list(held.take(product.clock)) == []


def test_each_dispatch_says_how_many_slots_are_in_use(
    product: Product, acme: Acme, lines: Lines
) -> None:
    campaign_id = acme.campaign()
    for at in range(3):
        acme.pushed(campaign_id, phone=f"+3460000000{at}")
    product.run()

    done = lines("dispatch done")

    assert sum(line["calls"] for line in done) == 3
    assert [line["slots_used"] for line in done][-1] == 3
    assert {line["slots"] for line in done} == {10}
    assert told(lines, "slots_used")[-1] == [3]


def test_a_refusal_at_the_gate_is_counted_by_its_reason(
    product: Product, acme: Acme, lines: Lines
) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id)
    nudge = {"workspace_id": acme.workspace_id, "kind": "nudge"}
    product.deliver("app.dispatch", [nudge])
    acme.post(f"/campaigns/{campaign_id}/pause")
    product.run()

    (judged,) = lines("call judged")

    assert judged["call_id"] == f"{task_id}-1"
    (counted,) = [line for line in lines('"_aws"') if "calls_held_back" in line]
    assert judged["result"] == counted["result"] == "campaign_paused"
    assert figures(counted) == {"calls_held_back": 1}


def test_a_task_that_finds_no_slot_is_let_go_and_it_is_said_why(
    product: Product, acme: Acme, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = acme.pushed(acme.campaign())
    monkeypatch.setattr(MemorySlots, "reserve", lambda *_: {})
    product.deliver("app.dispatch", [{"workspace_id": acme.workspace_id, "kind": "nudge"}])

    (line,) = lines("call let go")

    assert (line["call_id"], line["reason"]) == (f"{task_id}-1", "no_slot")
    assert told(lines, "calls_let_go") == [1]


def test_a_rescue_says_how_late_it_came(product: Product, acme: Acme, lines: Lines) -> None:
    task_id = acme.pushed(acme.campaign())
    product.deliver("app.dispatch", [{"workspace_id": acme.workspace_id, "kind": "nudge"}])
    product.clock.pass_(timedelta(minutes=3, seconds=20))
    product.tick()

    (line,) = lines("call rescued")

    assert (line["call_id"], line["reason"]) == (f"{task_id}-1", "reserved")
    assert line["rescue_lag_ms"] == 20_000
    assert (told(lines, "calls_rescued"), told(lines, "rescue_lag_ms")) == ([1], [[20_000]])


def test_a_brake_and_the_end_of_a_campaign_are_told(
    product: Product, acme: Acme, lines: Lines
) -> None:
    braked = acme.campaign(daily_budget={"attempts": 1})
    ended = acme.campaign(end_at=(product.clock.at + MINUTE).isoformat())
    acme.pushed(braked)
    product.run()
    product.ended(product.carrier.asked[0].call_id)
    product.run()
    product.clock.pass_(2 * MINUTE)
    product.tick()

    (stopped,), (over,) = lines("campaign braked"), lines("campaign completed")

    assert (stopped["campaign_id"], over["campaign_id"]) == (braked, ended)
    assert stopped["reason"] == "the day's 1 attempts are used"
    assert (told(lines, "campaigns_braked"), told(lines, "campaigns_completed")) == ([1], [1])


def test_the_lag_of_the_schedule_is_measured_at_its_oldest_tick(
    product: Product, acme: Acme, lines: Lines
) -> None:
    product.tick()

    (line,) = lines("ticks kept")

    assert figures(line).keys() == {"dispatch_lag_ms"}
    assert acme.workspace_id not in json.dumps(line), "it is of the batch"


def test_a_message_that_fails_is_counted_by_its_queue(product: Product, lines: Lines) -> None:
    assert product.deliver("app.place_call", [{"call_id": "x"}]) == ["m0"]

    (line,) = lines("message failed")

    assert (line["queue"], figures(line)) == ("calls", {"message_failed": 1})
