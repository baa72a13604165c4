"""The engine stands still, or is stopped and started again; the carrier is gone for a while."""

import signal
import time
from datetime import UTC, datetime

import pytest

from chalicelibs.adapters.sqs import BATCH
from local.stack import Stack
from tests.e2e.campaigning import PHONES, Campaign, calls_of, now_ms, outcomes_of, told
from tests.e2e.conftest import PUMPS

pytestmark = [pytest.mark.engine, pytest.mark.slow]

FROZEN_S = 20
GONE_S = 30
CONTACTS = PHONES[:200]


def test_an_engine_that_stands_still_or_starts_again_costs_its_time_and_nothing_else(
    stack: Stack,
) -> None:
    """The engine is frozen for 20 s, and later ends as it may and is started again.

    Its keeper is killed, upon which it is asked to end and writes down what it holds; `kill -9` of
    the engine itself would lose all of that, by the nature of this emulator.
    """
    campaign = Campaign(stack, phones=CONTACTS)
    campaign.drop_contacts()
    campaign.await_dials(60)

    campaign.signal("engine", signal.SIGSTOP)
    time.sleep(FROZEN_S)
    campaign.signal("engine", signal.SIGCONT)
    thawed_at = now_ms()
    told(f"engine thawed: {campaign.await_dial_after(thawed_at):.1f} s")

    campaign.await_dials(130)
    campaign.kill_keeper("engine")
    stack.restart("engine")
    back_at = now_ms()
    told(f"engine started again: {campaign.await_dial_after(back_at):.1f} s")

    campaign.await_end()
    told(str(outcomes_of(campaign.check())))


def test_a_carrier_that_is_gone_costs_nobody_an_attempt(stack: Stack) -> None:
    """The carrier is killed and its port refuses connections for 30 s.

    Calls in flight are lost, or ended by the carrier when it is back; those it was not asked for
    have all their attempts left.
    """
    campaign = Campaign(stack, phones=CONTACTS)
    campaign.drop_contacts()
    campaign.await_dials(60)

    campaign.kill("carrier")
    gone_at = datetime.now(UTC)
    time.sleep(GONE_S)
    stack.restart("carrier")
    back_at = now_ms()
    told(f"carrier back: {campaign.await_dial_after(back_at):.1f} s")

    campaign.await_end()
    seen = campaign.check()
    told(str(outcomes_of(seen)))
    asked_for = {ring.call_id for ring in seen.rings} | seen.cut_off | campaign.refused()
    unheard = [call for call in calls_of(seen) if call["id"] not in asked_for]
    # The requests that were under way when it was killed; nobody knows how far they came.
    begun = [datetime.fromisoformat(call["dialed_at"]) for call in unheard]
    assert max(begun, default=gone_at) <= gone_at, "attempts were spent on nothing"
    assert len(begun) <= PUMPS["CALLS"] * BATCH
