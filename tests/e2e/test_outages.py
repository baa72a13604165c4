"""The engine stands still, is stopped and started, and the carrier is gone for a while."""

import time

import pytest

from local.stack import Stack
from tests.e2e.campaigning import FREEZE, THAW, Campaign, now_ms, outcomes_of

pytestmark = [pytest.mark.engine, pytest.mark.slow]

FROZEN_S = 20
GONE_S = 30


def test_an_engine_that_stands_still_costs_its_time_and_nothing_else(stack: Stack) -> None:
    campaign = Campaign(stack)
    campaign.drop_contacts()
    campaign.await_dials(150)

    campaign.signal("engine", FREEZE)
    time.sleep(FROZEN_S)
    campaign.signal("engine", THAW)
    thawed_at = now_ms()

    print(f"thaw: {campaign.await_dial_after(thawed_at):.1f} s")
    campaign.await_end()
    print(outcomes_of(campaign.check()))


def test_a_carrier_that_is_gone_costs_no_attempts(stack: Stack) -> None:
    campaign = Campaign(stack)
    campaign.drop_contacts()
    campaign.await_dials(150)

    campaign.kill("carrier")
    time.sleep(GONE_S)
    stack.restart("carrier")
    back_at = now_ms()

    print(f"carrier back: {campaign.await_dial_after(back_at):.1f} s")
    campaign.await_end()
    print(outcomes_of(campaign.check()))
