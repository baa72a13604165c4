"""What `explain` says, held against what really happens next."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryPacing
from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.rest import Rest
from chalicelibs.ports.carriers import Unreachable
from chalicelibs.ports.queues import PlaceCall
from tests.builders import NOON
from tests.functional.command_line import CommandLine, InProcess
from tests.functional.product import Acme, Product

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)

#: As many as time allows; seven hundred of each kind held when this was written.
SITUATIONS = range(20)


@dataclass
class Happening:
    """Dispatch, and the messages that it sends, each when its delay has passed."""

    product: Product
    sent: list[tuple[datetime, PlaceCall]] = field(default_factory=list)

    def dispatch(self, acme: Acme) -> set[str]:
        """One nudge, and what it has called at once; gives the tasks that a carrier heard of."""
        product = self.product
        before = len(product.carrier.asked)
        product.queue.nudges.clear()
        nudge = {"workspace_id": acme.workspace_id, "kind": "nudge"}
        assert product.deliver("app.dispatch", [nudge]) == []
        self.place()
        return {one.call_id.rpartition("-")[0] for one in product.carrier.asked[before:]}

    def place(self) -> None:
        """Deliver the calls whose delay has passed."""
        product, now = self.product, self.product.clock.at
        self.sent += [(now + delay, one) for one, delay in product.queue.placing]
        product.queue.placing.clear()
        due = [one for at, one in self.sent if at <= now]
        self.sent = [(at, one) for at, one in self.sent if at > now]
        bodies = [{name: getattr(one, name) for name in PlaceCall.__slots__} for one in due]
        assert product.deliver("app.place_call", bodies) == []


def hours_around(random: Random) -> dict[str, Any]:
    """Hours that are open at noon, or not, and where it is another time."""
    start, end = random.choice([("00:00", "24:00"), ("10:00", "18:00"), ("13:30", "16:00")])
    days = random.choice([None, ["sat", "sun"], ["mon", "tue", "wed", "thu", "fri"]])
    return {"start": start, "end": end, **({} if days is None else {"days": days})}


def some_time(random: Random) -> str:
    return (NOON + random.choice([-2, 1, 3, 26]) * HOUR).isoformat()


def maybe(random: Random, share: float, **fields: Any) -> dict[str, Any]:
    return fields if random.random() < share else {}


def campaign_in(random: Random, acme: Acme) -> str:
    kind = random.choice([acme.realtime, acme.realtime, acme.batch])
    end_at = (NOON + random.choice([HOUR, DAY])).isoformat()
    body = kind(
        priority=random.choice(["low", "normal", "high"]),
        max_attempts=2,
        retry_interval_ms=600_000,
        timezone=random.choice(["UTC", "Asia/Tokyo", "America/New_York"]),
        draft=kind == acme.batch and random.random() < 0.3,
        **maybe(random, 0.5, calling_hours=hours_around(random)),
        **maybe(random, 0.2, start_at=(NOON + random.choice([-1, 2]) * MINUTE).isoformat()),
        **maybe(random, 0.2, end_at=end_at),
        **maybe(random, 0.3, concurrency_limit=random.choice([1, 2])),
        **maybe(random, 0.2, callbacks_outside_hours=True),
        **maybe(random, 0.2, daily_budget={"attempts": 1}),
    )
    return str(acme.made("/campaigns", body)["id"])


def task_in(random: Random, acme: Acme, campaign_id: str, number: int) -> str:
    after = random.choice([-3, 0, 2, 30])
    own = maybe(random, 0.3, start_after=(NOON + after * MINUTE).isoformat())
    own |= maybe(random, 0.15, end_after=(NOON + random.choice([45, 90]) * MINUTE).isoformat())
    own |= maybe(random, 0.2, timezone="Asia/Tokyo")
    own |= maybe(random, 0.2, start=1100, end=1230)
    own |= maybe(random, 0.2, retries=2, priorities=[random.choice([90, 300]), 80])
    own |= maybe(random, 0.15, agent=another_agent(acme))
    if acme.shown(f"/campaigns/{campaign_id}")["type"] == "batch":
        own = {}  # there all tasks share its settings
    return acme.pushed(campaign_id, phone=f"+3460000{number:04}", **own)


def another_agent(acme: Acme) -> str:
    body = {"name": "Bea", "carrier": "simulated", "prompt": "Hello"}
    return str(acme.made("/agents", body)["id"])


def situation(random: Random, product: Product, acme: Acme) -> list[str]:
    """Campaigns and tasks to which this and that has happened; gives the tasks."""
    per_second = random.choice([None, None, 1, 2])
    limits = {"concurrency_limit": random.choice([1, 2, 3, 5]), "calls_per_second": per_second}
    acme.put("/workspace/limits", limits)
    campaigns = [campaign_in(random, acme) for _ in range(2)]
    tasks = [task_in(random, acme, random.choice(campaigns), at) for at in range(8)]
    if random.random() < 0.2:
        product.carrier.answers.append(Unreachable())
    if random.random() < 0.7:
        happening = Happening(product)
        product.tick()
        happening.dispatch(acme)
        product.clock.pass_(random.choice([timedelta(0), MINUTE, 11 * MINUTE]))
        happening.place()
        end_some(random, product)
    for task_id in random.sample(tasks, 2):
        acme.post(f"/tasks/{task_id}/{random.choice(['pause', 'archive'])}")
    steer(random, acme, campaigns)
    product.clock.pass_(random.choice([SECOND, MINUTE, 12 * MINUTE, HOUR]))
    if random.random() < 0.3:
        product.tick()
        Happening(product).place()
    product.carrier.answers.clear()  # nobody knows yet what it will answer
    return tasks


def end_some(random: Random, product: Product) -> None:
    for request in product.carrier.asked:
        if random.random() < 0.6:
            status = random.choice(["completed", "no-answer", "busy"])
            product.ended(request.call_id, status)
    reports, product.queue.reports = product.queue.reports, []
    product.deliver("app.record_call_event", [one.to_message() for one in reports])


def steer(random: Random, acme: Acme, campaigns: list[str]) -> None:
    for campaign_id in campaigns:
        if random.random() < 0.3:
            control = random.choice(["start", "pause", "archive"])
            acme.post(f"/campaigns/{campaign_id}/{control}")
    if random.random() < 0.1:
        acme.patch(f"/agents/{acme.agent_id}", {"is_active": False})


def alone(random: Random, product: Product, acme: Acme) -> str:
    """One task that nobody competes with, and what may keep it from being called."""
    campaign_id = campaign_in(random, acme)
    task_id = task_in(random, acme, campaign_id, 1)
    per_second = random.choice([None, 1, 2])
    acme.put("/workspace/limits", {"concurrency_limit": 2, "calls_per_second": per_second})
    pacing, now = MemoryPacing(product.store), product.clock.at
    if random.random() < 0.3:
        pacing.plan(acme.workspace_id, seen=None, until=now + timedelta(seconds=7))
    if random.random() < 0.3:
        rest = Rest(until=now + timedelta(seconds=20), length=timedelta(seconds=20))
        pacing.rest(acme.workspace_id, "simulated", rest)
    if random.random() < 0.3:
        product.carrier.answers.append(Unreachable())
        Happening(product).dispatch(acme)
    elif random.random() < 0.5:
        Happening(product).dispatch(acme)
        for request in product.carrier.asked:
            product.ended(request.call_id, random.choice(["no-answer", "completed"]))
        reports, product.queue.reports = product.queue.reports, []
        product.deliver("app.record_call_event", [one.to_message() for one in reports])
    if random.random() < 0.1:
        acme.post(f"/tasks/{task_id}/pause")
    steer(random, acme, [campaign_id])
    return task_id


@pytest.mark.parametrize("seed", SITUATIONS)
def test_a_call_starts_at_the_next_moment_that_was_told_and_not_before(
    product: Product, acme: Acme, seed: int
) -> None:
    random = Random(seed)
    task_id = alone(random, product, acme)
    now, happening = product.clock.at, Happening(product)

    next_at = acme.shown(f"/tasks/{task_id}/explain")["next_at"]

    before = len(product.carrier.asked)
    if next_at is None:
        for wait in (timedelta(0), MINUTE, HOUR, DAY, 8 * DAY):
            product.clock.at = now + wait
            assert happening.dispatch(acme) == set()
        return
    moment = datetime.fromisoformat(next_at)
    if moment > now:
        product.clock.at = moment - MILLISECOND
        assert happening.dispatch(acme) == set()
        product.clock.at = moment
        happening.place()
    happening.dispatch(acme)
    assert len(product.carrier.asked) == before + 1


@pytest.mark.parametrize("seed", SITUATIONS)
def test_a_task_is_callable_if_and_only_if_the_next_dispatch_calls_it(
    product: Product, acme: Acme, seed: int
) -> None:
    tasks = situation(Random(seed), product, acme)
    told = {one: acme.shown(f"/tasks/{one}/explain") for one in tasks}
    campaigns = {one["campaign_id"] for one in told.values()}
    calling = {one: acme.shown(f"/campaigns/{one}/explain")["is_callable"] for one in campaigns}

    called = Happening(product).dispatch(acme)

    assert {one for one, what in told.items() if what["is_callable"]} == called
    assert {one for one, is_callable in calling.items() if is_callable} == {
        told[one]["campaign_id"] for one in called
    }


# --- Gate by gate --------------------------------------------------------------------------------

LATER = (NOON + HOUR).isoformat()
AFTERNOON = {"start": "13:00", "end": "18:00"}
AT_ONE = "2027-03-05T13:00:00.000Z"


def shut(acme: Acme, task_id: str) -> dict[str, Any]:
    """The gates that keep a task, by name."""
    told = acme.shown(f"/tasks/{task_id}/explain")
    assert told["is_callable"] == all(gate["is_open"] for gate in told["gates"])
    return {gate["gate"]: gate for gate in told["gates"] if not gate["is_open"]}


@pytest.mark.parametrize(
    ("campaign", "task", "gate", "reason", "opens_at"),
    [
        ({"start_at": LATER}, {}, "campaign_start", "campaign_not_started", AT_ONE),
        ({}, {"start_after": LATER}, "due_time", "start_time", AT_ONE),
        ({"calling_hours": AFTERNOON}, {}, "calling_hours", "outside_calling_hours", AT_ONE),
    ],
)
def test_what_a_clock_opens_says_when(
    acme: Acme,
    campaign: dict[str, Any],
    task: dict[str, Any],
    gate: str,
    reason: str,
    opens_at: str,
) -> None:
    task_id = acme.pushed(acme.campaign(**campaign), **task)

    told = shut(acme, task_id)

    assert told.keys() == {gate}
    assert (told[gate]["reason"], told[gate]["opens_at"]) == (reason, opens_at)
    assert acme.shown(f"/tasks/{task_id}/explain")["next_at"] == opens_at


def test_hours_are_told_with_the_zone_in_which_they_count(acme: Acme) -> None:
    hours = {"start": "22:00", "end": "23:00"}
    task_id = acme.pushed(acme.campaign(calling_hours=hours), timezone="Asia/Tokyo")

    told = shut(acme, task_id)["calling_hours"]

    assert told["calling_hours"]["timezone"] == "Asia/Tokyo"
    assert told["opens_at"] == AT_ONE


def test_an_open_gate_says_when_it_shuts(acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign(calling_hours={"start": "10:00", "end": "18:00"}))

    gates = acme.shown(f"/tasks/{task_id}/explain")["gates"]

    closing = {gate["gate"]: gate["closes_at"] for gate in gates if gate["closes_at"]}
    assert closing == {"calling_hours": "2027-03-05T18:00:00.000Z"}


def test_what_somebody_stopped_has_no_next_moment(acme: Acme) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id)
    acme.post(f"/campaigns/{campaign_id}/pause")
    paused = shut(acme, task_id)
    acme.post(f"/campaigns/{campaign_id}/resume")
    acme.post(f"/tasks/{task_id}/pause")

    assert {name: gate["reason"] for name, gate in paused.items()} == {
        "campaign_state": "campaign_paused"
    }
    assert {name: gate["reason"] for name, gate in shut(acme, task_id).items()} == {
        "task_state": "task_paused"
    }
    assert acme.shown(f"/tasks/{task_id}/explain")["next_at"] is None
    assert acme.shown(f"/campaigns/{campaign_id}/explain")["lanes"] == []


def test_a_brake_says_why_it_stopped_the_campaign(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(daily_budget={"attempts": 1})
    task_ids = [acme.pushed(campaign_id, phone=f"+3460000000{at}") for at in range(2)]
    acme.put("/workspace/limits", {"concurrency_limit": 1})
    Happening(product).dispatch(acme)
    product.ended(product.carrier.asked[0].call_id)
    reports, product.queue.reports = product.queue.reports, []
    product.deliver("app.record_call_event", [one.to_message() for one in reports])
    product.clock.pass_(SECOND)
    (left,) = (one for one in task_ids if one not in product.carrier.asked[0].call_id)

    gates = acme.shown(f"/tasks/{left}/explain")["gates"]
    product.tick()

    (soon,) = (gate for gate in gates if gate["gate"] == "brakes")
    assert (soon["is_open"], soon["note"]) == (True, "the day's 1 attempts are used")
    assert shut(acme, left)["brakes"]["note"] == "the day's 1 attempts are used"


def test_a_budget_that_was_lowered_is_told_before_it_stops_the_campaign(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign(daily_budget={"attempts": 2})
    left = acme.pushed(campaign_id, start_after=(NOON + DAY).isoformat())
    acme.pushed(campaign_id, phone="+34600000009")
    product.run()
    product.ended(product.carrier.asked[0].call_id)
    product.run()
    product.tick()

    acme.patch(f"/campaigns/{campaign_id}", {"daily_budget": {"attempts": 1}})
    told = acme.shown(f"/tasks/{left}/explain")["gates"]
    product.tick()

    (soon,) = (gate for gate in told if gate["gate"] == "brakes")
    assert (soon["is_open"], soon["note"]) == (True, "the day's 1 attempts are used")
    assert shut(acme, left)["brakes"]["note"] == "the day's 1 attempts are used"


def test_a_call_under_way_keeps_its_task_and_its_slot(product: Product, acme: Acme) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = acme.campaign(concurrency_limit=1)
    first, second = (acme.pushed(campaign_id, phone=f"+3460000000{at}") for at in range(2))
    (called,) = Happening(product).dispatch(acme)
    waiting = first if called == second else second

    assert shut(acme, called)["in_flight"]["reason"] == "call_placed"
    keeps = shut(acme, waiting)
    assert keeps.keys() == {"campaign_slots", "workspace_slots"}
    used = [(gate["used"], gate["limit"]) for gate in keeps.values()]
    assert used == [(1, 1), (1, 1)]


def test_a_call_that_began_before_its_campaign_had_a_limit_counts_for_it(
    product: Product, acme: Acme
) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 5})
    campaign_id = acme.campaign()
    acme.pushed(campaign_id)
    Happening(product).dispatch(acme)
    acme.patch(f"/campaigns/{campaign_id}", {"concurrency_limit": 1})
    waiting = acme.pushed(campaign_id, phone="+34600000009")

    keeps = shut(acme, waiting)

    assert keeps.keys() == {"campaign_slots"}
    assert (keeps["campaign_slots"]["used"], keeps["campaign_slots"]["limit"]) == (1, 1)
    assert Happening(product).dispatch(acme) == set()


def test_an_agent_that_is_switched_off_is_named(acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign())
    acme.patch(f"/agents/{acme.agent_id}", {"is_active": False})

    assert shut(acme, task_id)["agent"]["reason"] == "agent_inactive"
    assert acme.shown(f"/tasks/{task_id}/explain")["next_at"] is None


def test_a_carrier_that_rests_is_waited_for(product: Product, acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign())
    rest = Rest(until=NOON + MINUTE, length=MINUTE)
    MemoryPacing(product.store).rest(acme.workspace_id, "simulated", rest)

    told = shut(acme, task_id)["carrier"]

    assert (told["reason"], told["opens_at"]) == ("carrier_rests", "2027-03-05T12:01:00.000Z")


def test_a_carrier_that_refused_our_credentials_waits_for_somebody(
    product: Product, acme: Acme
) -> None:
    task_id = acme.pushed(acme.campaign())
    denials = Denials(times=3, last_at=NOON, reason="credentials_refused")
    stored = product.store.workspaces[acme.workspace_id]
    denied = replace(stored, denials={"simulated": denials})
    product.store.workspaces[acme.workspace_id] = denied

    told = shut(acme, task_id)

    assert told.keys() == {"carrier"}
    assert (told["carrier"]["reason"], told["carrier"]["opens_at"]) == ("carrier_paused", None)
    assert acme.shown(f"/tasks/{task_id}/explain")["next_at"] is None
    assert Happening(product).dispatch(acme) == set()


def test_starts_that_are_given_away_are_waited_for(product: Product, acme: Acme) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 9, "calls_per_second": 1})
    task_id = acme.pushed(acme.campaign())
    MemoryPacing(product.store).plan(acme.workspace_id, seen=None, until=NOON + 5 * SECOND)

    told = shut(acme, task_id)

    assert told.keys() == {"pace"}
    assert told["pace"]["opens_at"] == "2027-03-05T12:00:05.000Z"


def test_those_who_go_first_are_named_lane_by_lane(acme: Acme) -> None:
    acme.put("/workspace/limits", {"concurrency_limit": 1})
    low, high = acme.campaign(priority="low"), acme.campaign(priority="high")
    task_id = acme.pushed(low)
    for at in range(3):
        acme.pushed(high, phone=f"+3460000001{at}")

    told = acme.shown(f"/tasks/{task_id}/explain")

    assert shut(acme, task_id)["turn"]["note"] == "3 others go first"
    assert told["ahead"] == [
        {"campaign_id": high, "is_callback": False, "priority": 200, "tasks": 3}
    ]
    assert told["next_at"] == "2027-03-05T12:00:00.000Z", "as soon as a slot is free for it"


def test_a_campaign_tells_what_keeps_the_first_task_of_each_lane(acme: Acme) -> None:
    campaign_id = acme.campaign(calling_hours=AFTERNOON)
    acme.pushed(campaign_id)
    abroad = acme.pushed(campaign_id, phone="+34600000002", timezone="Asia/Kolkata")

    told = acme.shown(f"/campaigns/{campaign_id}/explain")

    assert (told["is_callable"], told["next_at"]) == (True, "2027-03-05T12:00:00.000Z")
    keeps = {lane["task_id"]: [gate["gate"] for gate in lane["shut"]] for lane in told["lanes"]}
    assert keeps.pop(abroad) == []
    assert list(keeps.values()) == [["calling_hours"]]


def test_the_state_of_an_ended_campaign_is_told_as_its_tasks_read(
    product: Product, acme: Acme
) -> None:
    task_id = acme.pushed(acme.campaign(end_at=LATER))
    product.clock.pass_(HOUR)

    told = acme.shown(f"/tasks/{task_id}/explain")

    assert (told["status"], told["next_at"]) == ("archived", None)
    assert shut(acme, task_id)["campaign_end"]["reason"] == "campaign_ended"


# --- At the terminal -----------------------------------------------------------------------------


def test_the_command_tells_a_campaign_and_a_task(acme: Acme) -> None:
    campaign_id = acme.campaign(calling_hours=AFTERNOON)
    task_id = acme.pushed(campaign_id)
    assert acme.key is not None
    carillon = CommandLine(acme.key, InProcess())

    for one, path in ((campaign_id, "campaigns"), (task_id, "tasks")):
        shown = carillon.run("explain", one)
        assert "2027-03-05 13:00:00Z" in shown
        assert "outside_calling_hours" in shown
        assert "13:00-18:00 UTC" in shown
        told = json.loads(carillon.run("explain", one, "--json"))
        assert told == acme.shown(f"/{path}/{one}/explain")
