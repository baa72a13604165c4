"""Queues and schedule, handed over as Lambda does: a message fails for itself alone."""

from dataclasses import asdict
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    DialRequest,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
)
from local.events import schedule_event
from tests.functional.conftest import Log
from tests.functional.product import Acme, Product

MINUTE = timedelta(minutes=1)
TEN = 10
HANDLERS = ["app.dispatch", "app.place_call", "app.record_call_event"]

#: Bodies that no handler can do anything with.
POISON = [
    *("", "text", "{", "null", "7", '"x"', "[]", "{}", '{"kind": "nudge"}', '{"call_id": 7}'),
    '{"workspace_id": "w", "call_id": "c"}',
    '{"call_id": "c", "kind": "nonsense", "at": 1}',
]


def nudge(workspace_id: str) -> dict[str, str]:
    return {"workspace_id": workspace_id, "kind": "nudge"}


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("body", POISON)
def test_a_malformed_body_fails_and_changes_nothing(
    product: Product, acme: Acme, handler: str, body: str
) -> None:
    acme.pushed(acme.campaign())
    before = product.everything()

    assert product.deliver(handler, [body]) == ["m0"]

    assert product.everything() == before


def test_poison_among_nudges_leaves_the_others_alone(product: Product, acme: Acme) -> None:
    other = product.workspace("Other")
    acme.pushed(acme.campaign())
    other.pushed(other.campaign(), phone="+34600000002")
    bodies = ["{", nudge(acme.workspace_id), {"kind": "tick"}, nudge(other.workspace_id), "null"]

    failed = product.deliver("app.dispatch", bodies)

    assert failed == ["m0", "m2", "m4"]
    owners = [message.workspace_id for message, _ in product.queue.placing]
    assert owners == [acme.workspace_id, other.workspace_id]


def test_many_nudges_for_one_workspace_are_one(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(concurrency_limit=1)
    acme.pushed(campaign_id)

    assert product.deliver("app.dispatch", [nudge(acme.workspace_id)] * 5) == []

    assert len(product.queue.placing) == 1


def test_nudges_for_nobody_are_harmless(product: Product, acme: Acme) -> None:
    before = product.everything()

    failed = product.deliver("app.dispatch", [nudge("0000000000000000"), nudge("ñ/€")])

    assert failed == []
    assert product.everything() == before
    assert acme.workspace_id


def test_poison_among_calls_leaves_the_others_alone(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    for number in range(2):
        acme.pushed(campaign_id, phone=f"+3460000000{number}")
    product.deliver("app.dispatch", [nudge(acme.workspace_id)])
    first, second = (asdict(message) for message, _ in product.queue.placing)

    failed = product.deliver("app.place_call", [first, "{", {**first, "colour": 1}, second])

    assert failed == ["m1", "m2"]
    assert len(product.carrier.asked) == 2


def test_a_redelivered_call_is_not_dialled_again(product: Product, acme: Acme) -> None:
    acme.pushed(acme.campaign())
    product.deliver("app.dispatch", [nudge(acme.workspace_id)])
    message = asdict(product.queue.placing[0][0])

    assert product.deliver("app.place_call", [message] * 3) == []
    assert product.deliver("app.place_call", [message]) == []

    assert len(product.carrier.asked) == 1


def test_calls_of_a_batch_are_placed_side_by_side(product: Product, acme: Acme) -> None:
    """Each carrier answers only when all were asked: one after the other, nobody would."""
    acme.put("/workspace/limits", {"concurrency_limit": TEN})
    campaign_id = acme.campaign()
    for number in range(TEN):
        acme.pushed(campaign_id, phone=f"+346000000{number:02}")
    product.deliver("app.dispatch", [nudge(acme.workspace_id)])
    messages = [asdict(message) for message, _ in product.queue.placing]
    all_are_here = Barrier(TEN)

    def place(request: DialRequest) -> PlaceAnswer:
        all_are_here.wait(timeout=10)
        return Accepted(f"sim-{request.call_id}")

    product.carrier.place = place  # type: ignore[method-assign]

    assert product.deliver("app.place_call", messages) == []

    shown = acme.shown("/calls/current")["calls"]
    assert [call["status"] for call in shown] == ["placed"] * TEN


def test_poison_among_reports_leaves_the_others_alone(
    product: Product, acme: Acme, log: Log
) -> None:
    task_id = acme.pushed(acme.campaign())
    product.run()
    call_id = product.carrier.asked[0].call_id
    end = {"call_id": call_id, "kind": "ended", "at": epoch_ms(product.clock.at)}

    failed = product.deliver("app.record_call_event", ["{", end, "null"])

    assert failed == ["m0", "m2"]
    assert acme.shown(f"/tasks/{task_id}")["status"] == "completed"
    assert "message failed" in log()


def test_reports_of_calls_that_never_were_are_answered_and_forgotten(
    product: Product, acme: Acme
) -> None:
    before = product.everything()
    report = {"call_id": "0000000000000000-0000000000000000-1", "kind": "ended", "at": 1}

    assert product.deliver("app.record_call_event", [report]) == []

    assert product.everything() == before
    assert acme.workspace_id


def test_a_tick_wakes_every_workspace(product: Product, acme: Acme) -> None:
    other = product.workspace("Other")
    product.queue.nudges.clear()

    product.invoke("app.tick", schedule_event("tick", product.clock.at))

    assert sorted(product.queue.ticks) == sorted([acme.workspace_id, other.workspace_id])


def test_without_nudges_a_tick_is_enough(product: Product, acme: Acme) -> None:
    acme.pushed(acme.campaign())
    product.queue.nudges.clear()

    product.tick()
    product.run()

    assert len(product.carrier.asked) == 1


# --- What carriers answer -----------------------------------------------------------------------


def placed(product: Product, acme: Acme, answer: Any, **campaign: Any) -> str:
    """A task whose first call the carrier answered so."""
    product.carrier.answers = [answer]
    task_id = acme.pushed(acme.campaign(**campaign))
    product.run()
    return task_id


def test_a_refused_call_has_failed_before_it_rang(product: Product, acme: Acme) -> None:
    task_id = placed(product, acme, Refused("invalid_number", is_permanent=True), max_attempts=3)

    shown = acme.shown(f"/tasks/{task_id}")
    assert (shown["status"], shown["outcome"], shown["reason"]) == (
        "completed",
        "init_failed",
        "permanent",
    )
    (call,) = acme.shown(f"/tasks/{task_id}/calls")["calls"]
    assert (call["reason"], call["is_permanent"]) == ("invalid_number", True)


def test_a_full_carrier_costs_no_attempt(product: Product, acme: Acme) -> None:
    task_id = placed(product, acme, Throttled(10 * MINUTE))

    shown = acme.shown(f"/tasks/{task_id}")
    assert (shown["status"], shown["attempts"]) == ("queued", 0)
    assert shown["next_attempt_at"] == "2027-03-05T12:10:00.000Z"
    assert acme.shown(f"/campaigns/{shown['campaign_id']}")["progress"]["running"] == 0

    product.clock.pass_(10 * MINUTE)
    product.tick()
    product.run()

    assert acme.shown(f"/tasks/{task_id}")["attempts"] == 1


def test_a_lost_answer_is_never_dialled_again_but_asked_for(product: Product, acme: Acme) -> None:
    task_id = placed(product, acme, AnswerLost())
    call_id = product.carrier.asked[0].call_id
    product.carrier.states[call_id] = StillAlive()

    assert acme.shown(f"/calls/{call_id}")["status"] == "unknown"

    product.clock.pass_(2 * MINUTE)
    product.tick()
    product.run()
    assert acme.shown(f"/tasks/{task_id}")["status"] == "running"

    product.ended(call_id)
    product.run()
    assert acme.shown(f"/tasks/{task_id}")["status"] == "completed"
    assert len(product.carrier.asked) == 1


def test_a_call_of_which_nothing_is_heard_fails_at_last(product: Product, acme: Acme) -> None:
    task_id = placed(product, acme, Accepted("sim-1"))

    product.clock.pass_(20 * MINUTE)
    product.tick()
    product.run()

    (call,) = acme.shown(f"/tasks/{task_id}/calls")["calls"]
    assert (call["outcome"], call["reason"]) == ("failed", "lost")
    assert acme.shown(f"/tasks/{task_id}")["status"] == "completed"


# --- A whole campaign ---------------------------------------------------------------------------


def test_a_campaign_from_push_to_completed(  # noqa: PLR0915 - a story is told in one go
    product: Product, acme: Acme
) -> None:
    campaign_id = a_draft_of_three(acme)
    product.run()
    assert product.carrier.asked == [], "it is a draft"

    acme.post(f"/campaigns/{campaign_id}/start")
    product.run()
    first, second = product.carrier.asked
    assert counts(acme, campaign_id) == {"running": 2, "queued": 1, "completed": 0, "calls": 0}

    product.clock.pass_(MINUTE)
    product.ended(first.call_id)
    product.ended(second.call_id, "busy")
    product.run()
    third = product.carrier.asked[2]
    assert counts(acme, campaign_id) == {"running": 1, "queued": 1, "completed": 1, "calls": 2}

    product.ended(third.call_id, "no-answer")
    product.run()
    assert len(product.carrier.asked) == 3, "the interval has not passed"

    product.clock.pass_(5 * MINUTE)
    product.tick()
    product.run()
    good, bad = product.carrier.asked[3:]
    assert {good.phone, bad.phone} == {second.phone, third.phone}
    product.ended(good.call_id)
    product.ended(bad.call_id, "no-answer")
    product.run()
    product.tick()

    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "completed"
    assert counts(acme, campaign_id) == {"running": 0, "queued": 0, "completed": 3, "calls": 5}
    assert ends(acme, campaign_id) == {
        first.phone: ("completed", None, 1),
        good.phone: ("completed", None, 2),
        bad.phone: ("no_answer", "attempts_exhausted", 2),
    }
    assert all(not held for pages in product.store.slots.values() for held in pages.values())


def a_draft_of_three(acme: Acme) -> str:
    """A batch campaign with three contacts, two attempts each, in a workspace with two lines."""
    acme.put("/workspace/limits", {"concurrency_limit": 2})
    rules = {"max_attempts": 2, "retry_intervals_ms": [300_000]}
    campaign_id = str(acme.made("/campaigns", acme.batch(**rules))["id"])
    acme.made("/tasks", [acme.task(campaign_id, phone=f"+3460000000{n}") for n in range(3)])
    return campaign_id


def counts(acme: Acme, campaign_id: str) -> dict[str, int]:
    """How far a campaign has come; what it counts in two ways fits together."""
    progress = acme.shown(f"/campaigns/{campaign_id}")["progress"]
    statuses = [task["status"] for task in acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]]
    for status in ("queued", "running", "paused", "completed", "archived"):
        assert progress[status] == statuses.count(status), status
    assert sum(progress["outcomes"].values()) == progress["calls"]
    return {name: progress[name] for name in ("running", "queued", "completed", "calls")}


def ends(acme: Acme, campaign_id: str) -> dict[str, tuple[str, str | None, int]]:
    """How each contact's task ended."""
    return {
        task["phone"]: (task["outcome"], task["reason"], task["attempts"])
        for task in acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    }


def test_a_call_that_is_answered_goes_on(product: Product, acme: Acme) -> None:
    acme.pushed(acme.campaign())
    product.run()
    call_id = product.carrier.asked[0].call_id
    product.clock.pass_(MINUTE)

    product.webhook(in_progress(call_id, product))
    product.run()

    shown = acme.shown(f"/calls/{call_id}")
    assert (shown["status"], shown["answered_at"]) == ("in_progress", "2027-03-05T12:01:00.000Z")


def in_progress(call_id: str, product: Product) -> dict[str, Any]:
    return {
        "type": "in_progress",
        "call_id": f"sim-{call_id}",
        "correlation_id": call_id,
        "at": epoch_ms(product.clock.at),
    }


def test_a_contact_is_called_back_when_it_asked_to_be(product: Product, acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign())
    product.run()
    call_id = product.carrier.asked[0].call_id
    product.clock.pass_(MINUTE)
    product.ended(call_id, analysis_follows=True)
    product.run()
    progress = acme.shown(f"/campaigns/{task_id.partition('-')[0]}")["progress"]
    assert progress["running"] == 1, "its outcome waits for the analysis"
    assert not any(product.service.campaigns.slots.held(acme.workspace_id)), "its slot is free"

    told = {"outcome": "busy_callback", "callback_at": "2027-03-05T13:00:00Z"}
    product.ended(call_id, type="analysis", analysis=told)
    product.run()

    shown = acme.shown(f"/tasks/{task_id}")
    assert (shown["status"], shown["is_callback"]) == ("queued", True)
    assert shown["next_attempt_at"] == "2027-03-05T13:00:00.000Z"
    product.clock.pass_(60 * MINUTE)
    product.tick()
    product.run()
    assert len(product.carrier.asked) == 2
