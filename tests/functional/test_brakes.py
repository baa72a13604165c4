"""Campaigns that stop by themselves, as their owners see it."""

from datetime import timedelta
from typing import Any

from chalicelibs.ports.carriers import Refused
from tests.functional.product import Acme, Product

MINUTE = timedelta(minutes=1)


def called(product: Product, acme: Acme, campaign_id: str, count: int, **end: Any) -> None:
    """So many tasks are pushed, called, and end so."""
    before = len(product.carrier.asked)
    for number in range(count):
        acme.pushed(campaign_id, phone=f"+346000{before + number:05}")
    product.run()
    for request in product.carrier.asked[before:]:
        product.ended(request.call_id, **end)
    product.run()


def test_a_campaign_whose_calls_fail_pauses_itself_and_says_why(
    product: Product, acme: Acme
) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 100})
    brake = {"share": 0.5, "least_calls": 10, "window_s": 300}
    campaign_id = acme.campaign(failure_brake=brake)
    product.tick()
    called(product, acme, campaign_id, 10, status="failed")
    product.clock.pass_(MINUTE)

    product.tick()

    shown = acme.shown(f"/campaigns/{campaign_id}")
    assert shown["status"] == "paused"
    assert shown["paused_for"] == "10 of the last 10 calls failed"
    acme.pushed(campaign_id)
    product.run()
    assert len(product.carrier.asked) == 10


def test_whoever_resumes_it_gives_it_another_chance(product: Product, acme: Acme) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 100})
    campaign_id = acme.campaign(failure_brake={"share": 0.5, "least_calls": 5, "window_s": 300})
    product.tick()
    called(product, acme, campaign_id, 5, status="failed")
    product.clock.pass_(MINUTE)
    product.tick()

    acme.post(f"/campaigns/{campaign_id}/resume")
    product.clock.pass_(MINUTE)
    called(product, acme, campaign_id, 1)
    product.tick()

    shown = acme.shown(f"/campaigns/{campaign_id}")
    assert (shown["status"], shown["paused_for"]) == ("running", None)


def test_a_campaign_that_is_answered_goes_on(product: Product, acme: Acme) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 100})
    campaign_id = acme.campaign(failure_brake={"least_calls": 5})
    product.tick()
    called(product, acme, campaign_id, 4, status="failed")
    called(product, acme, campaign_id, 4)
    product.clock.pass_(MINUTE)
    product.tick()

    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "running"


def test_the_days_attempts_are_a_bound(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(daily_budget={"attempts": 3})
    called(product, acme, campaign_id, 3)
    product.clock.pass_(MINUTE)
    product.tick()

    assert acme.shown(f"/campaigns/{campaign_id}")["paused_for"] == "the day's 3 attempts are used"


def test_the_days_money_is_a_bound(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(daily_budget={"cost": {"USD": "0.09"}})
    called(product, acme, campaign_id, 2)  # 0.0450 USD each
    product.tick()

    reason = acme.shown(f"/campaigns/{campaign_id}")["paused_for"]
    assert reason == "the day's 0.09 USD are spent"


def test_the_days_minutes_are_a_bound(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(daily_budget={"minutes": 1})
    called(product, acme, campaign_id, 1)  # half a minute
    product.tick()
    before = acme.shown(f"/campaigns/{campaign_id}")["status"]
    called(product, acme, campaign_id, 1)
    product.clock.pass_(MINUTE)
    product.tick()

    assert before == "running"
    assert acme.shown(f"/campaigns/{campaign_id}")["paused_for"] == "the day's 1 minutes are used"


def test_an_agent_that_the_carrier_refuses_is_a_failure_too(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(failure_brake={"least_calls": 2})
    product.tick()
    product.carrier.answers = [Refused("no_such_agent"), Refused("no_such_agent")]
    for number in range(2):
        acme.pushed(campaign_id, phone=f"+3460000010{number}")
    product.run()
    product.clock.pass_(MINUTE)
    product.tick()

    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "paused"


def test_a_brake_can_be_taken_off(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(failure_brake=None, daily_budget={"attempts": 1})

    shown = acme.patch(f"/campaigns/{campaign_id}", {"daily_budget": None}).body

    assert shown["failure_brake"] is None
    assert shown["daily_budget"] == {"attempts": None, "minutes": None, "cost": {}}
    assert product.clock.at
