"""S2: a higher limit is never slower, and neither are more workers."""

import time
from collections.abc import Mapping
from pathlib import Path

from local.settings import PUMPS
from local.trial import Customer, own_stack, phones
from tests.scenarios import judges
from tests.scenarios.scenario import Scenario, Verdict, verdict
from tests.scenarios.two_campaigns import INSTANT
from tests.scenarios.watching import requests_of

#: Threads per queue.
ONE = dict.fromkeys(PUMPS, 1)
TEN = dict.fromkeys(PUMPS, 10)


def rate(
    data: Path, per_second: int, seconds: float, pumps: Mapping[str, int], contacts: int
) -> float:
    """Calls per second of one campaign at a limit, with so many threads at each queue."""
    with own_stack(data, carrier=INSTANT, told={}, tick_s=60, pumps=pumps) as stack:
        customer = Customer(stack, concurrency_limit=50, calls_per_second=per_second)
        campaign_id = customer.campaign()
        customer.bring(campaign_id, phones(contacts))
        customer.steer("start", campaign_id)
        time.sleep(seconds)
        customer.steer("pause", campaign_id)
        return len(requests_of(customer)) / seconds


def play(data: Path, contacts: int = 5000, seconds: float = 120) -> Verdict:
    """The same campaign at 1 and at 1000 calls a second, the latter with 1 and 10 workers, too."""
    slow = rate(data, 1, seconds, PUMPS, contacts)
    fast = rate(data, 1000, seconds, PUMPS, contacts)
    one = rate(data, 1000, seconds / 3, ONE, contacts)
    ten = rate(data, 1000, seconds / 3, TEN, contacts)
    return verdict(
        f"{slow:.2f}/s, then {fast:.1f}/s; {one:.1f}/s with 1 worker, {ten:.1f}/s with 10",
        judges.too_slow(round(slow * seconds), seconds, 0.8),
        judges.slower_when_allowed_more(slow, fast),
        judges.slower_with_more("workers", one, ten),
    )


SCENARIO = Scenario(
    key="S2",
    name="a higher limit is never slower",
    action="5,000 contacts: 120 s at 1/s, 120 s at 1000/s, 40 s each with 1 and 10 workers",
    expected="the rate rises with the limit; more workers never lower it",
    play=play,
)
