"""What went on in a campaign: over time, and attempt by attempt."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functional.product import Acme, Product


def call(product: Product, acme: Acme, campaign: str, status: str, *, nth: int = 0) -> str:
    """A task whose first call ends so."""
    task_id = acme.pushed(campaign, phone=f"+3460000001{nth}")
    product.run()
    call_id = product.carrier.asked[-1].call_id
    product.clock.pass_(timedelta(seconds=30))
    product.ended(call_id, status)
    product.run()
    return task_id


def test_ended_calls_stand_in_their_minute_and_in_their_attempt(
    product: Product, acme: Acme
) -> None:
    campaign = acme.campaign()
    for nth, status in enumerate(["completed", "no-answer", "completed", "busy"]):
        call(product, acme, campaign, status, nth=nth)

    activity = acme.shown(f"/campaigns/{campaign}/activity")

    assert activity["step_s"] == 60
    told = [(one["reached"], one["missed"], one["failed"]) for one in activity["points"]]
    assert told == [(1, 0, 0), (1, 1, 0), (0, 1, 0)]
    assert activity["attempts"] == [
        {
            "attempt": 1,
            "calls": 4,
            "outcomes": {"busy": 1, "completed": 2, "no_answer": 1},
        }
    ]


def test_a_later_word_on_a_call_moves_it(product: Product, acme: Acme) -> None:
    campaign = acme.campaign()
    call(product, acme, campaign, "completed")
    call_id = product.carrier.asked[-1].call_id
    report: dict[str, Any] = {
        "type": "analysis",
        "event_id": "evt_2",
        "sequence": 3,
        "analysis": {"outcome": "voicemail"},
    }
    product.ended(call_id, **report)
    product.run()

    activity = acme.shown(f"/campaigns/{campaign}/activity")

    assert sum(one["reached"] for one in activity["points"]) == 0
    assert sum(one["missed"] for one in activity["points"]) == 1
    assert activity["attempts"] == [{"attempt": 1, "calls": 1, "outcomes": {"voicemail": 1}}]


def test_a_report_that_comes_twice_is_one_call(product: Product, acme: Acme) -> None:
    campaign = acme.campaign()
    call(product, acme, campaign, "completed")
    product.ended(product.carrier.asked[-1].call_id, "completed")
    product.run()

    (point, *_) = acme.shown(f"/campaigns/{campaign}/activity")["points"]

    assert point["reached"] == 1


def test_a_month_is_told_in_few_points(product: Product, acme: Acme) -> None:
    campaign = acme.campaign()
    call(product, acme, campaign, "completed")
    until = product.clock.at + timedelta(days=1)
    since = until - timedelta(days=31)

    path = f"/campaigns/{campaign}/activity?since={since:%Y-%m-%dT%H:%M:%SZ}"
    activity = acme.shown(f"{path}&until={until:%Y-%m-%dT%H:%M:%SZ}")

    assert activity["step_s"] == 12 * 3600
    assert len(activity["points"]) in {62, 63}
    assert sum(one["reached"] for one in activity["points"]) == 1


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("since=2027-03-05T12:00:00Z&until=2027-03-05T12:00:00Z", "since"),
        ("since=2027-01-01T12:00:00Z&until=2027-03-05T12:00:00Z", "since"),
        ("since=yesterday", "since"),
        ("step=60", "step"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(acme: Acme, query: str, param: str) -> None:
    campaign = acme.campaign()

    answer = acme.get(f"/campaigns/{campaign}/activity?{query}")

    assert (answer.status, answer.error["param"]) == (422, param)


def test_the_picture_begins_with_the_first_call_and_ends_when_the_campaign_was_over(
    product: Product, acme: Acme
) -> None:
    campaign = acme.campaign()
    product.clock.pass_(timedelta(days=3))
    call(product, acme, campaign, "completed")
    began = product.clock.at
    call(product, acme, campaign, "completed", nth=1)
    acme.post(f"/campaigns/{campaign}/archive")
    product.clock.pass_(timedelta(days=40))

    activity = acme.shown(f"/campaigns/{campaign}/activity")

    assert activity["step_s"] == 60
    assert [one["reached"] for one in activity["points"]] == [1, 1]
    assert activity["points"][0]["at"] == f"{began:%Y-%m-%dT%H:%M}:00.000Z"
