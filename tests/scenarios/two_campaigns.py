"""S1: two campaigns that share one limit of calls per second."""

import time
from pathlib import Path

from local.trial import Customer, own_stack, phones
from tests.scenarios import judges
from tests.scenarios.scenario import ALWAYS, Scenario, Verdict, carrier, verdict
from tests.scenarios.watching import come_to_rest, requests_of, rings_of

INSTANT = carrier("--ring=0", "--talk=0", ALWAYS)


def play(
    data: Path,
    contacts: int = 300,
    seconds: float = 150,
    per_second: int = 1,
    least: float = 0.8,
) -> Verdict:
    """Two campaigns of so many contacts each, for so long; then nothing may be missing.

    At least such a part of the calls that may start must.
    """
    with own_stack(data, carrier=INSTANT, told={}, tick_s=5) as stack:
        customer = Customer(stack, concurrency_limit=50, calls_per_second=per_second)
        ids = [customer.campaign(name=name) for name in ("one", "other")]
        for number, campaign_id in enumerate(ids):
            customer.bring(campaign_id, phones(contacts, number * contacts))
        customer.steer("start", *ids)
        time.sleep(seconds)
        customer.steer("pause", *ids)
        come_to_rest(customer, *ids)
        tasks = [task for campaign_id in ids for task in customer.tasks(campaign_id)]
        rings = rings_of(customer, *ids)
        counted = [
            line
            for campaign_id in ids
            for line in judges.miscounted(
                customer.progress(campaign_id),
                [task for task in tasks if task["campaign_id"] == campaign_id],
                rings_of(customer, campaign_id),
            )
        ]
        starts = [line["t"] for line in requests_of(customer)]
    waiting = sum(task["status"] == "paused" for task in tasks)
    return verdict(
        f"{len(rings)} calls in {seconds:g} s, {waiting} contacts wait, none is lost",
        judges.lost(tasks, 2 * contacts),
        judges.settled_without_a_call(tasks, rings),
        judges.neither_called_nor_waiting(tasks, rings),
        judges.too_fast(starts, per_second),
        judges.too_slow(len(rings), seconds, least * per_second),
        counted,
    )


SCENARIO = Scenario(
    key="S1",
    name="two campaigns, one limit",
    action="2 × 300 contacts, 1 call/s, 150 s",
    expected="nobody settled without a call; never above the limit; counters exact",
    play=play,
    is_light=True,
)
