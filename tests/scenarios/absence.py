"""S6: whoever decides on retries is away, and webhooks go wrong."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from local import promises
from local.handlers import COMPRESSED
from local.promises import Ring
from local.trial import Customer, own_stack, phones, set_faults, until
from tests.scenarios import judges
from tests.scenarios.scenario import NEVER, Scenario, Verdict, carrier, verdict
from tests.scenarios.watching import broken_promises, rings_of

UNANSWERED = carrier("--ring=0.3:0.8", NEVER)
INTERVAL_MS = 3000
TICK_S = 1

#: Every fault alone, then all of them.
FAULTS: Mapping[str, Mapping[str, float]] = {
    "away": {},
    "dropped": {"webhook_lost": 0.4},
    "doubled": {"webhook_doubled": 0.6},
    "delayed": {"webhook_late": 0.6, "late_ms": 2500},
    "reordered": {"webhook_reordered": 0.6, "late_ms": 1500},
    "all": {
        **{"webhook_lost": 0.2, "webhook_doubled": 0.2, "webhook_late": 0.2},
        **{"webhook_reordered": 0.2, "late_ms": 2000},
    },
}
NO_FAULTS = dict.fromkeys(
    ("webhook_lost", "webhook_doubled", "webhook_late", "webhook_reordered"), 0.0
)


def play(data: Path, contacts: int = 20, away_s: float = 5, only: str = "") -> Verdict:
    """Stop the handlers in the middle of the burst, once for each kind of fault."""
    names = [name for name in FAULTS if only in name]
    wrong: list[str] = []
    latest = 0
    with own_stack(data, carrier=UNANSWERED, told={}, tick_s=TICK_S, visibility_s=4) as stack:
        for number, name in enumerate(names):
            customer = Customer(stack, concurrency_limit=contacts)
            set_faults(stack, {**NO_FAULTS, **FAULTS[name]})
            burst = phones(contacts, number * contacts)
            rings, complaints = retry(customer, burst, away_s)
            latest = max(latest, later_than_due(rings))
            wrong += [f"{name}: {line}" for line in complaints]
    return verdict(
        f"{len(names)} × {contacts} retries, each once, at most {latest / 1000:.1f} s late", wrong
    )


def retry(customer: Customer, burst: list[str], away_s: float) -> tuple[list[Ring], list[str]]:
    """One burst, all unanswered, with one retry each; what rang, and what is wrong with it."""
    campaign_id = customer.campaign(max_attempts=2, retry_interval_ms=INTERVAL_MS)
    customer.bring(campaign_id, burst)
    customer.steer("start", campaign_id)
    until(lambda: len(rings_of(customer, campaign_id)) >= len(burst) // 2)
    handlers = customer.stack.pid("handlers")
    assert handlers is not None
    os.kill(handlers, signal.SIGSTOP)
    time.sleep(away_s)
    os.kill(handlers, signal.SIGCONT)
    until(lambda: customer.done([campaign_id]) == len(burst), within_s=240, every_s=0.5)
    rings, tasks = rings_of(customer, campaign_id), customer.tasks(campaign_id)
    found = judges.retried_wrongly(
        rings, tasks, interval_ms=INTERVAL_MS, late_ms=round(1000 * (away_s + recovery_s()))
    )
    return rings, [*found, *broken_promises(customer, [campaign_id], len(burst))]


def recovery_s() -> float:
    """How long a lost webhook may keep a retry waiting: first look, a tick, and the way there."""
    return float(COMPRESSED["FIRST_LOOK_S"]) + TICK_S + 5


def later_than_due(rings: list[Ring]) -> int:
    """How late the latest retry was, in milliseconds."""
    second = {ring.task_id: ring for ring in rings}
    first = {ring.task_id: ring for ring in promises.first_rings(rings)}
    waits = [judges.waited_ms([first[one], second[one]]) for one in first]
    return max((wait - INTERVAL_MS for wait in waits if wait is not None), default=0)


SCENARIO = Scenario(
    key="S6",
    name="the decider is away",
    action="20 contacts, no-answer, one retry; handlers stopped for 5 s in the burst; "
    "again with webhooks dropped, doubled, delayed, reordered, all of it",
    expected="20 retries, each exactly once, at end + interval",
    play=play,
    is_light=True,
)
