"""`python -m bench.size [TASKS …]`: whether it matters how much there is.

Dispatch, pause, progress and lists are metered in campaigns of very different sizes, and in
workspaces with very many open campaigns. What AWS bills, and what latency there follows, are
requests and units: these are to be flat. The time is the engine's, which looks at every entry of
an index partition.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice
from statistics import median
from typing import Any, TypeVar

from bench.meter import Total, total
from bench.report import save
from bench.steps import Customer, Steps, steps
from chalicelibs.adapters.dynamodb import counters
from chalicelibs.adapters.dynamodb.tasks import insert
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.lane import shard_for, shards_for
from chalicelibs.domain.naming import LENGTH, base32, task_id_for_phone
from chalicelibs.domain.task import Task, tally_of_new

TASKS = (1_000, 10_000, 100_000)
OPEN_CAMPAIGNS = (1, 100, 1_000)

#: Queued tasks of each campaign, where there are many campaigns.
EACH = 5

#: What counts as flat, of the smallest.
FLAT = 1.2

#: What is to be flat; the others are told, too.
TO_BE_FLAT = ("dispatch", "pause", "progress", "list")

LOOKS = 5
PUT_AT_ONCE = 25
COUNTED_AT_ONCE = 50_000
IDS = count(1)

One = TypeVar("One")


class Place:
    """A workspace with one campaign to look at."""

    def __init__(self, running: Steps) -> None:
        self.running = running
        self.customer = Customer(running, concurrency_limit=1)
        campaign_id = self.customer.campaign()
        self.customer.api.post(f"/campaigns/{campaign_id}/start")
        found = running.ports.campaigns.get(self.customer.workspace_id, campaign_id)
        assert found is not None
        self.campaign = found
        running.drain("dispatch", "-")

    def open_others(self, number: int) -> Iterator[Campaign]:
        """Open campaigns like the first."""
        for _ in range(number):
            own = "c" + base32(next(IDS), LENGTH - 1)
            other = replace(self.campaign, campaign_id=own, state=CampaignState.ACTIVE)
            self.running.ports.campaigns.add(other)
            yield other

    def fill(self, campaign: Campaign, number: int) -> None:
        """Queue so many tasks in a campaign, all due."""
        for some in pieces(range(number), COUNTED_AT_ONCE):
            tasks = [self._task(campaign, one) for one in some]
            put(self.running, map(item_of, tasks))
            counted = counters.count(campaign.campaign_id, tally_of_new(tasks), lot=some[0] % 8)
            self._table.write(counted)
        self.spread(campaign, shards_for(number))

    def spread(self, campaign: Campaign, shards: int) -> None:
        """Have dispatch look into so many partitions of each lane."""
        self.running.ports.campaigns.edit(
            campaign.workspace_id,
            campaign.campaign_id,
            lambda found: found.reaching(frozenset(), attempts=1, shards=shards),
        )

    @property
    def _table(self) -> Any:
        return self.running.ports.tasks._table  # type: ignore[attr-defined]

    def _task(self, campaign: Campaign, number: int) -> Task:
        phone = f"+346{number:08}"
        return Task(
            task_id=task_id_for_phone(campaign.campaign_id, phone),
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            phone=phone,
            context={"first_name": "Eva", "reference": str(number)},
            shard=shard_for(number),
            due_at=campaign.created_at + timedelta(milliseconds=number % 1000),
            created_at=campaign.created_at,
        )

    def dispatch(self) -> None:
        """Fill the one slot that is free."""
        assert self.running.service.dispatch(self.customer.workspace_id) == 1

    def idle(self) -> None:
        """Find that no slot is free, or nothing due."""
        assert self.running.service.dispatch(self.customer.workspace_id) == 0

    def minute(self) -> None:
        """Do what is done once a minute."""
        self.running.service.keep_time(self.customer.workspace_id)

    def free(self) -> None:
        """Have the slot given back."""
        slots, own = self.running.ports.slots, self.customer.workspace_id
        for call_id in slots.held(own):
            slots.release(own, {call_id}, None)
        self.running.drain("place_call", "-")

    def steer(self, control: str) -> None:
        """Press a button."""
        self.customer.api.post(f"/campaigns/{self.campaign.campaign_id}/{control}")

    def look(self, what: str) -> None:
        """Read something of the campaign."""
        self.customer.api.get(f"/campaigns/{self.campaign.campaign_id}{what}")


def item_of(task: Task) -> Mapping[str, Any]:
    """The item that an import would have stored."""
    item: Mapping[str, Any] = insert(task).params["Item"]
    return item


def put(running: Steps, items: Iterable[Mapping[str, Any]]) -> None:
    """Put items as fast as the engine takes them."""
    client = running.clients.dynamodb
    (table,) = client.list_tables()["TableNames"]
    for some in pieces(items, PUT_AT_ONCE):
        client.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in some]}
        )


def pieces(all_of_them: Iterable[One], size: int) -> Iterator[list[One]]:
    """Things in lists of so many."""
    left = iter(all_of_them)
    while some := list(islice(left, size)):
        yield some


def metered(
    place: Place, act: Callable[[], None], after: Callable[[], None], looks: int = LOOKS
) -> dict[str, Any]:
    """What an act asks for, by the middle one of some looks, and how long it takes."""
    found: list[Total] = []
    seconds: list[float] = []
    for _ in range(looks):
        began = time.perf_counter()
        found.append(total(place.running.meter.of(act)))
        seconds.append(time.perf_counter() - began)
        after()
    return {
        "requests": median(one.requests for one in found),
        "read_units": median(one.read_units for one in found),
        "write_units": median(one.write_units for one in found),
        "ms": round(1000 * median(seconds), 1),
    }


def acts(place: Place) -> dict[str, dict[str, Any]]:
    """Every act, metered in one place."""
    nothing = lambda: None  # noqa: E731 - a name for doing nothing
    resume = lambda: place.steer("resume")  # noqa: E731 - and for undoing
    found = {
        "dispatch": metered(place, place.dispatch, place.free),
        "pause": metered(place, lambda: place.steer("pause"), resume),
        "progress": metered(place, lambda: place.look(""), nothing),
        "list": metered(place, lambda: place.look("/tasks?limit=50"), nothing),
    }
    return found


def nothing_due(running: Steps, *, shards: int = 1, others: int = 0) -> dict[str, Any]:
    """A dispatch that looks into every lane, in vain, and all that a minute brings."""
    place = Place(running)
    for campaign in [place.campaign, *place.open_others(others)]:
        place.spread(campaign, shards)
    found = metered(place, place.idle, lambda: None)
    return {"nothing due": found, "minute": metered(place, place.minute, lambda: None, looks=1)}


def by_tasks(running: Steps, sizes: Sequence[int]) -> dict[str, Any]:
    """Each act in campaigns of these sizes."""
    found = {}
    for size in sizes:
        place = Place(running)
        place.fill(place.campaign, size)
        idle = nothing_due(running, shards=shards_for(size))
        found[str(size)] = acts(place) | idle
    return found


def by_campaigns(running: Steps, sizes: Sequence[int]) -> dict[str, Any]:
    """Each act in workspaces with so many open campaigns."""
    found = {}
    for size in sizes:
        place = Place(running)
        for campaign in [place.campaign, *place.open_others(size - 1)]:
            place.fill(campaign, EACH)
        idle = nothing_due(running, others=size - 1)
        found[str(size)] = acts(place) | idle
    return found


def ratios(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """How much more an act asks for in the worst size than in the smallest."""
    first, *others = found.values()
    return {
        act: round(max([1.0, *(share(first[act], other[act]) for other in others)]), 2)
        for act in first
    }


def share(small: Mapping[str, float], large: Mapping[str, float]) -> float:
    """The larger of the two ratios: of requests, and of units."""
    units = [one["read_units"] + one["write_units"] for one in (small, large)]
    return max(large["requests"] / small["requests"], units[1] / max(units[0], 1))


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", type=int, nargs="*", default=TASKS)
    parser.add_argument("--campaigns", type=int, nargs="*", default=OPEN_CAMPAIGNS)
    args = parser.parse_args()
    with steps() as running:
        tasks = by_tasks(running, args.tasks)
        campaigns = by_campaigns(running, args.campaigns)
    by_size = {"tasks": ratios(tasks), "open_campaigns": ratios(campaigns)}
    save(
        "size",
        {
            "ratio": max(by_size["tasks"][act] for act in TO_BE_FLAT),
            "ratio_open_campaigns": max(by_size["open_campaigns"][act] for act in TO_BE_FLAT),
            "flat_within": FLAT,
            "ratios": by_size,
            "tasks": tasks,
            "open_campaigns": campaigns,
        },
    )


if __name__ == "__main__":
    main()
