"""Every process of the stack is killed, again and again, while 300 contacts are called.

But for the engine: ministack keeps tables and queues in memory and writes them down when it is
asked to end, so `kill -9` would only prove that an emulator forgets. `test_outages.py` has the
engine stand still, and end as it may.
"""

import random
import secrets
import time

import pytest

from local.stack import Stack
from tests.e2e.campaigning import PHONES, Campaign, now_ms, told

pytestmark = [pytest.mark.engine, pytest.mark.slow]

CONTACTS = PHONES[:300]

#: Gateway, pumps and functions are the handlers.
VICTIMS = ["handlers"] * 6 + ["carrier"] * 2 + ["keeper of handlers", "keeper of carrier"]


def test_whoever_is_killed_at_whatever_moment_nobody_is_lost_or_rung_twice(stack: Stack) -> None:
    seed = secrets.randbits(32)
    told(f"seed {seed}")
    chance = random.Random(seed)
    campaign = Campaign(stack, phones=CONTACTS)
    campaign.drop_contacts()
    victims = chance.sample(VICTIMS, len(VICTIMS))
    moments = sorted(chance.sample(range(len(CONTACTS)), len(VICTIMS) - 1))

    for victim, moment in zip(victims, [0, *moments], strict=True):
        campaign.await_dials(moment)
        time.sleep(chance.uniform(0, 0.5))
        killed_at = now_ms()
        part = victim.removeprefix("keeper of ")
        (campaign.kill if part == victim else campaign.kill_keeper)(part)
        stack.restart(part)
        told(f"{victim} after {moment} dials: {campaign.await_dial_after(killed_at):.1f} s")

    campaign.await_end()
    campaign.check()
