"""`python -m bench.capacity [CONTACTS]`: what each step of a contact asks of AWS.

Two campaigns go through the service, step by step. *Alone*: one call at a time, so that every run
of a function serves one call and nothing is shared; the most that a contact can cost. *Busy*: so
many at once that every batch is full; what a large campaign comes to.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.meter import Asked, Total, operations, total
from bench.report import save
from bench.steps import Customer, Invocation, Steps, steps
from chalicelibs.domain.outcome import Outcome

#: The steps of a contact that is called once, in their order.
PATH = ("import", "dispatch", "dial", "webhook", "record", "settle")

#: Calls at the same time in a busy campaign: as many as a batch of reports holds, many times.
AT_ONCE = 50

#: When a call is looked for of which nothing was heard.
LOST = timedelta(minutes=4)

#: Rows in what is written down.
HEADER = "phone,first_name,last_name,policy,renews_on,city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What some contacts asked for and had run."""

    contacts: int
    asked: Sequence[Asked]
    invocations: Sequence[Invocation]

    def of(self, step: str) -> Total:
        """What a step came to, for all contacts."""
        return total(one for one in self.asked if one.step == step)

    def runs(self, step: str) -> int:
        """How often functions ran for a step."""
        return sum(one.step == step for one in self.invocations)


def contacts(count: int, first: int = 0) -> bytes:
    """A file as people have them."""
    rows = (
        f"+346{number:08},María José,Fernández,ES-2027-{number:07},2027-04-01,San Sebastián"
        for number in range(first, first + count)
    )
    return "\n".join([HEADER, *rows]).encode()


def campaign(running: Steps, count: int, *, at_once: int) -> Seen:
    """Call contacts once each, from their file to the last of them settled."""
    customer = Customer(running, concurrency_limit=at_once)
    campaign_id = customer.campaign()
    running.meter.asked.clear()
    running.invocations.clear()
    bring(running, customer, campaign_id, count)
    customer.api.post(f"/campaigns/{campaign_id}/start")
    call_all(running)
    done = customer.api.get(f"/campaigns/{campaign_id}")["progress"]["completed"]
    assert done == count, (done, count)
    return Seen(
        contacts=count,
        asked=tuple(running.meter.asked),
        invocations=tuple(running.invocations),
    )


def bring(running: Steps, customer: Customer, campaign_id: str, count: int) -> None:
    """Import so many contacts."""
    running.drop(customer.workspace_id, campaign_id, contacts(count))
    running.drain("import_csv", "import")
    running.drain("import_chunk", "import")
    # The import's own nudges find a draft.
    running.drain("dispatch", "nudges")


def call_all(running: Steps) -> None:
    """Go round until nobody is left to call."""
    while running.drain("dispatch", "dispatch"):
        running.carrier.asked.clear()
        running.drain("place_call", "dial")
        calls = list(running.carrier.asked)
        for start in range(0, len(calls), 10):
            tell(running, calls[start : start + 10])


def tell(running: Steps, calls: Iterable[str]) -> None:
    """Have some calls answered, and then ended; their reports come together."""
    for call_id in calls:
        running.webhook("webhook", call_id, "in_progress")
    running.drain("record_call_event", "record")
    for call_id in calls:
        running.webhook("webhook", call_id, "ended", Outcome.COMPLETED)
    running.drain("record_call_event", "settle")


def others(running: Steps) -> dict[str, Total]:
    """What else there is, each once: a retry, a push, a look at the progress, a rescue."""
    customer = Customer(running, concurrency_limit=1)
    campaign_id = customer.campaign(max_attempts=2)
    bring(running, customer, campaign_id, 2)
    customer.api.post(f"/campaigns/{campaign_id}/start")
    found = {}
    meter = running.meter
    call_id = dialled(running)
    running.webhook("-", call_id, "ended", Outcome.NO_ANSWER)
    found["retry"] = total(meter.of(lambda: running.drain("record_call_event", "retry")))
    found["progress"] = total(meter.of(lambda: customer.api.get(f"/campaigns/{campaign_id}")))
    found["rescue"] = rescued(running, customer)
    realtime = customer.campaign(type="realtime")
    customer.api.post(f"/campaigns/{realtime}/start")
    body = {"campaign": realtime, "phone": "+34600000000", "context": {"first_name": "Eva"}}
    found["push"] = total(meter.of(lambda: customer.api.post("/tasks", body)))
    running.drain("dispatch", "-")
    found["idle dispatch"] = total(
        meter.of(lambda: running.service.dispatch(customer.workspace_id))
    )
    found["idle tick"] = total(meter.of(lambda: running.service.keep_time(customer.workspace_id)))
    return found


def dialled(running: Steps) -> str:
    """One call that is on its way."""
    running.carrier.asked.clear()
    running.drain("dispatch", "-")
    running.drain("place_call", "-")
    return running.carrier.asked[-1]


def rescued(running: Steps, customer: Customer) -> Total:
    """A call of which nothing is heard, looked for and reported."""
    dialled(running)
    running.clock.ahead += LOST
    rescue, *_ = running.service.keep_time.steps

    def rescue_and_record() -> None:
        with running.meter.during("rescue"):
            assert rescue(customer.workspace_id) == 1
        running.drain("record_call_event", "rescue")

    return total(running.meter.of(rescue_and_record))


def figures(seen: Seen) -> dict[str, Any]:
    """What one contact comes to, by its steps."""
    by_step = {step: seen.of(step) for step in PATH}
    in_path = [one for one in seen.asked if one.step in PATH]
    runs = {step: round(seen.runs(step) / seen.contacts, 3) for step in PATH}
    return {
        "contacts": seen.contacts,
        "write_units_per_contact": per(seen, sum(one.write_units for one in by_step.values())),
        "read_units_per_contact": per(seen, sum(one.read_units for one in by_step.values())),
        "invocations_per_contact": round(
            sum(count for step, count in runs.items() if step not in {"import", "webhook"}), 3
        ),
        "steps": {
            step: {
                "write_units": per(seen, one.write_units),
                "read_units": per(seen, one.read_units),
                "requests": per(seen, one.requests),
                "invocations": runs[step],
            }
            for step, one in by_step.items()
        },
        "requests": {name: per(seen, n) for name, n in sorted(operations(in_path).items())},
        "log_bytes_per_contact": round(
            sum(one.log_bytes for one in seen.invocations if one.step in PATH) / seen.contacts
        ),
    }


def per(seen: Seen, amount: float) -> float:
    """An amount for each contact."""
    return round(amount / seen.contacts, 3)


def as_row(one: Total) -> Mapping[str, float]:
    """A step that happens now and then."""
    return {"write_units": one.write_units, "read_units": one.read_units, "requests": one.requests}


def measure(alone: int, busy: int, *, with_others: bool = True) -> dict[str, Any]:
    """The figures of both campaigns, and of what else there is."""
    with steps() as running:
        result: dict[str, Any] = {
            "alone": figures(campaign(running, alone, at_once=1)),
            "busy": figures(campaign(running, busy, at_once=AT_ONCE)),
        }
        if with_others:
            result["others"] = {name: as_row(one) for name, one in others(running).items()}
    return result


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("contacts", type=int, nargs="?", default=200)
    result = measure(20, parser.parse_args().contacts)
    busy = result["busy"]
    shown = ("write_units_per_contact", "read_units_per_contact", "invocations_per_contact")
    save("capacity", {**{name: busy[name] for name in shown}, **result})


if __name__ == "__main__":
    main()
