"""Every process of the stack is killed, again and again, while 500 contacts are called."""

import random
import secrets
import time

import pytest

from local.stack import Stack
from tests.e2e.campaigning import PHONES, Campaign, now_ms

pytestmark = [pytest.mark.engine, pytest.mark.slow]

VICTIMS = ["handlers"] * 7 + ["carrier"] * 3


def test_whoever_is_killed_at_whatever_moment_nobody_is_lost_or_rung_twice(stack: Stack) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    campaign = Campaign(stack)
    campaign.drop_contacts()
    victims = chance.sample(VICTIMS, len(VICTIMS))
    moments = sorted(chance.sample(range(len(PHONES)), len(VICTIMS) - 1))

    for victim, moment in zip(victims, [0, *moments], strict=True):
        campaign.await_dials(moment)
        time.sleep(chance.uniform(0, 0.5))
        killed_at = now_ms()
        campaign.kill(victim)
        stack.restart(victim)
        print(f"{victim} after {moment} dials: {campaign.await_dial_after(killed_at):.1f} s")

    campaign.await_end()
    campaign.check()
