"""S7: counters, read at all times while the campaign runs."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.trial import Customer, own_stack, phones
from tests.scenarios import judges
from tests.scenarios.higher_limit import ONE, TEN
from tests.scenarios.scenario import Scenario, Verdict, verdict
from tests.scenarios.two_campaigns import INSTANT
from tests.scenarios.watching import broken_promises

LIMIT = 50

#: Reads of progress between two sums over all tasks, which are many pages.
READS_PER_SUM = 20


def count(data: Path, workers: int, contacts: int) -> tuple[str, list[str]]:
    """One campaign to its end with so many workers; what was seen, and what is wrong with it."""
    with own_stack(
        data, carrier=INSTANT, told={}, tick_s=60, pumps=ONE if workers == 1 else TEN
    ) as stack:
        customer = Customer(stack, concurrency_limit=LIMIT)
        campaign_id = customer.campaign()
        customer.bring(campaign_id, phones(contacts))
        customer.steer("start", campaign_id)
        began = time.monotonic()
        reads, sums, wrong = read_on(customer, campaign_id, contacts)
        rate = contacts / (time.monotonic() - began)
        shown = reads[-1]["completed"]
        wrong += judges.fell(reads)
        wrong += [line for progress in reads for line in judges.does_not_add_up(progress)]
        wrong += broken_promises(customer, [campaign_id], LIMIT)
    seen = f"{shown} shown after {contacts} with {workers} ({rate:.1f}/s, {len(reads)} reads"
    return f"{seen}, {sums} sums)", [f"{workers} workers: {line}" for line in wrong]


def read_on(
    customer: Customer, campaign_id: str, contacts: int
) -> tuple[list[Any], int, list[str]]:
    """Read progress until all is done, now and then between two sums over all tasks."""
    reads, wrong, sums = [customer.progress(campaign_id)], list[str](), 0
    since = time.monotonic()
    while reads[-1]["completed"] < contacts:
        if len(reads) % READS_PER_SUM == 1:
            before = customer.tasks(campaign_id)
            reads.append(customer.progress(campaign_id))
            wrong += judges.not_between(before, reads[-1], customer.tasks(campaign_id))
            sums += 1
        reads.append(customer.progress(campaign_id))
        if reads[-1]["completed"] > reads[-2]["completed"]:
            since = time.monotonic()
        elif time.monotonic() - since > 120:
            wrong.append(f"nothing moves any more after {reads[-1]['completed']} tasks")
            break
        time.sleep(0.5)
    return reads, sums, wrong


def play(data: Path, contacts: int = 5000) -> Verdict:
    """With 1 and with 10 workers, side by side."""
    with ThreadPoolExecutor() as pool:
        both = [
            pool.submit(count, data / f"{workers}-workers", workers, contacts)
            for workers in (1, 10)
        ]
        (one, wrong), (ten, more_wrong) = (run.result() for run in both)
    return verdict(f"{one}; {ten}", wrong, more_wrong)


SCENARIO = Scenario(
    key="S7",
    name="counters",
    action="5,000 contacts to the end, with 1 and with 10 workers; progress read at all times",
    expected="equal to the sum of the tasks at every read",
    play=play,
)
