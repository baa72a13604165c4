"""S4: pause in the middle of a batch."""

import time
from pathlib import Path

from local.trial import Customer, own_stack, phones, until
from tests.scenarios import judges
from tests.scenarios.scenario import ALWAYS, Scenario, Verdict, carrier, verdict
from tests.scenarios.watching import come_to_rest, now_ms, requests_of, rings_of


def play(data: Path, contacts: int = 30, talk_s: int = 6, watch_s: float = 30) -> Verdict:
    """Pause once some calls are over and others go on, and see who is dialled after that."""
    long = carrier("--ring=0", f"--talk={talk_s}", ALWAYS)
    with own_stack(data, carrier=long, tick_s=5) as stack:
        customer = Customer(stack, {"max_duration_s": talk_s}, concurrency_limit=2)
        campaign_id = customer.campaign()
        customer.bring(campaign_id, phones(contacts))
        customer.steer("start", campaign_id)
        until(lambda: len(rings_of(customer, campaign_id)) > 3)
        customer.steer("pause", campaign_id)
        paused_ms = now_ms()
        at_once = [
            task for task in customer.tasks(campaign_id) if task["status"] not in {"running"}
        ]
        time.sleep(watch_s)
        come_to_rest(customer, campaign_id)
        tasks, calls = customer.tasks(campaign_id), customer.client.pages("/calls", "calls")
        requests, rings = requests_of(customer), rings_of(customer, campaign_id)
        wrong = list(judges.dialled_after(paused_ms, requests, list(calls)))
        customer.steer("resume", campaign_id)
        until(lambda: len(rings_of(customer, campaign_id)) > len(rings))
        customer.steer("archive", campaign_id)
    after = sum(line["t"] > paused_ms for line in requests)
    waiting = sum(task["status"] == "paused" for task in tasks)
    return verdict(
        f"{after} dial requests in {watch_s:g} s after the pause, {waiting} tasks read paused",
        wrong,
        judges.not_paused(at_once),
        judges.not_paused(tasks),
        judges.lost(tasks, contacts),
    )


SCENARIO = Scenario(
    key="S4",
    name="pause",
    action="30 contacts, limit 2, calls of 6 s; pause in mid-batch, watch for 30 s",
    expected="no dial request once pause has answered, but past the gate; tasks read paused",
    play=play,
    is_light=True,
)
