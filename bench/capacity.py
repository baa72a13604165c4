"""`python -m bench.capacity [CALLS] [--page]`: what each step of a contact asks of AWS.

Two campaigns go through the service, step by step. *Alone*: one call at a time, so that every run
of a function serves one call and nothing is shared; the most that a contact can cost. *Busy*: so
many at once that every batch is full; what a large campaign comes to.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench import prices
from bench.meter import Asked, Total, operations, total
from bench.report import save
from bench.steps import Customer, Invocation, Steps, steps
from chalicelibs.domain.outcome import Outcome
from local.settings import ROOT

#: The steps of a contact that is called once, in their order.
PATH = ("import", "dispatch", "dial", "webhook", "record", "settle")

#: Calls at the same time in a busy campaign: as many as a batch of reports holds, many times.
AT_ONCE = 50

#: How many are called in each campaign.
ALONE, BUSY = 30, 100

#: Contacts in the file of each: ten full transactions. A file has a few items of its own, too.
FILE = 10 * 97

#: Reports in a full batch.
REPORTS = 10

#: When a call is looked for of which nothing was heard.
LOST = timedelta(minutes=4)

#: What tells of it.
PAGE = ROOT / "docs" / "cost.md"

#: Rows in what is written down.
HEADER = "phone,first_name,last_name,policy,renews_on,city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What some contacts asked for and had run."""

    contacts: int  #: In the file.
    calls: int
    asked: Sequence[Asked]
    invocations: Sequence[Invocation]

    def of(self, step: str) -> Total:
        """What a step came to, for all contacts."""
        return total(one for one in self.asked if one.step == step)

    def runs(self, step: str) -> int:
        """How often functions ran for a step."""
        return sum(one.step == step for one in self.invocations)

    def each(self, step: str, amount: float) -> float:
        """What a step came to, for each contact that took it."""
        return round(amount / (self.contacts if step == "import" else self.calls), 3)


def contacts(count: int, first: int = 0) -> bytes:
    """A file as people have them."""
    rows = (
        f"+346{number:08},María José,Fernández,ES-2027-{number:07},2027-04-01,San Sebastián"
        for number in range(first, first + count)
    )
    return "\n".join([HEADER, *rows]).encode()


def campaign(running: Steps, contacts: int, calls: int, *, at_once: int) -> Seen:
    """Bring contacts, and call some of them once each, until the last of them is settled."""
    customer = Customer(running, concurrency_limit=at_once)
    campaign_id = customer.campaign()
    running.meter.asked.clear()
    running.invocations.clear()
    bring(running, customer, campaign_id, contacts)
    customer.api.post(f"/campaigns/{campaign_id}/start")
    call_all(running, calls)
    done = customer.api.get(f"/campaigns/{campaign_id}")["progress"]["completed"]
    assert done == calls, (done, calls)
    seen = Seen(
        contacts=contacts,
        calls=calls,
        asked=tuple(running.meter.asked),
        invocations=tuple(running.invocations),
    )
    # Who was not called stays so: what is measured next is to be that alone.
    customer.api.post(f"/campaigns/{campaign_id}/archive")
    return seen


def bring(running: Steps, customer: Customer, campaign_id: str, count: int) -> None:
    """Import so many contacts."""
    running.drop(customer.workspace_id, campaign_id, contacts(count))
    running.drain("import_csv", "import")
    running.drain("import_chunk", "import")
    # The import's own nudges find a draft.
    running.drain("dispatch", "nudges")


def call_all(running: Steps, most: int) -> None:
    """Go round until so many were called."""
    done = 0
    while done < most:
        running.drain("dispatch", "dispatch")
        running.carrier.asked.clear()
        running.drain("place_call", "dial")
        calls = list(running.carrier.asked)
        for start in range(0, len(calls), REPORTS):
            tell(running, calls[start : start + REPORTS])
        done += len(calls)


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
    by_step = {step: step_of(seen, step) for step in PATH}
    ours = [one for step, one in by_step.items() if step not in {"import", "webhook"}]
    return {
        "contacts": seen.contacts,
        "calls": seen.calls,
        "write_units_per_contact": summed("write_units", by_step.values()),
        "read_units_per_contact": summed("read_units", by_step.values()),
        "invocations_per_contact": summed("invocations", ours),
        "log_bytes_per_contact": summed("log_bytes", by_step.values()),
        "steps": by_step,
    }


def step_of(seen: Seen, step: str) -> dict[str, Any]:
    """What one contact comes to in a step."""
    found = seen.of(step)
    asked = operations(one for one in seen.asked if one.step == step)
    written = sum(one.log_bytes for one in seen.invocations if one.step == step)
    return {
        "write_units": seen.each(step, found.write_units),
        "read_units": seen.each(step, found.read_units),
        "requests": seen.each(step, sum(asked.values())),
        "invocations": seen.each(step, seen.runs(step)),
        "log_bytes": seen.each(step, written),
        "operations": {name: seen.each(step, number) for name, number in sorted(asked.items())},
    }


def summed(name: str, steps: Iterable[Mapping[str, float]]) -> float:
    """A figure of some steps together."""
    return round(sum(one[name] for one in steps), 3)


def as_row(one: Total) -> Mapping[str, float]:
    """A step that happens now and then."""
    return {"write_units": one.write_units, "read_units": one.read_units, "requests": one.requests}


def measure(alone: int, busy: int, *, with_others: bool = True) -> dict[str, Any]:
    """The figures of both campaigns, and of what else there is."""
    with steps() as running:
        result: dict[str, Any] = {
            "busy": figures(campaign(running, FILE, busy, at_once=AT_ONCE)),
            "alone": figures(campaign(running, FILE, alone, at_once=1)),
        }
        if with_others:
            result["others"] = {name: as_row(one) for name, one in others(running).items()}
    return result


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("calls", type=int, nargs="?", default=BUSY)
    parser.add_argument("--page", action="store_true", help="write the tables of docs/cost.md")
    args = parser.parse_args()
    result = measure(ALONE, args.calls)
    busy = result["busy"]
    shown = ("write_units_per_contact", "read_units_per_contact", "invocations_per_contact")
    save("capacity", {**{name: busy[name] for name in shown}, **result})
    print(prices.steps_table(result), prices.table(result), sep="\n\n")
    if args.page:
        PAGE.write_text(prices.in_page(PAGE.read_text(), result))


if __name__ == "__main__":
    main()
