"""One seed from its first second to its last: trouble, then calm until all must have ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from chalicelibs.adapters.memory import MemoryAgents, MemoryWorkspaces
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.brakes import Brakes
from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.workspace import ApiKey, Workspace
from tests.simulation import follow_ups, order, own_rules
from tests.simulation.campaigns import STARTS, add_campaign
from tests.simulation.history import (
    AGENT,
    CALLER_ID,
    MINUTE,
    WORKSPACE,
    History,
    a_world,
    build,
)
from tests.simulation.own_hours import opening_after
from tests.simulation.progress import miscounts
from tests.simulation.users import (
    edit,
    interfere,
    interfere_with_workspace,
    meddle,
    redrive,
    set_limits,
    steer,
)
from tests.simulation.watched import Claim

#: Faults stop after this; what then still hangs, hangs for ever.
TROUBLE = timedelta(hours=6)

#: Every attempt may have to wait for the next day's hours.
LENGTH = timedelta(days=9)

#: The schedule is there so long before something may happen, and then never at that very second.
BEFORE = timedelta(seconds=130)

Plant = Callable[[History], None]


def run(
    seed: int, *, sabotage: Plant | None = None, without: frozenset[str] = frozenset()
) -> History:
    """A whole history; some of its parts may be left out."""
    random = Random(f"{seed} start")
    start = random.choice(STARTS) + timedelta(milliseconds=random.randrange(60_000))
    world = a_world(seed, start, without)
    history = build(world)
    history.journal.on_claim = partial(watch_claim, history)
    history.journal.on_save = lambda before, after: follow_ups.check(history, before, after)
    if sabotage is not None:
        sabotage(history)
    open_workspace(history)
    for number in range(world.dice("campaigns").randrange(1, 4)):
        if world.has(f"campaign {number}"):
            interfere(history, add_campaign(history, number).campaign_id)
    interfere_with_workspace(history)
    suffer(history)
    come_to_rest(history)
    return history


def watch_claim(history: History, claim: Claim, call: Call) -> None:
    """Judge a claim; and somebody may act just now, of all moments."""
    order.check(history, claim, call)
    meddle(history, claim.task)


def open_workspace(history: History) -> None:
    """A workspace with an agent and a number."""
    world, store = history.world, history.store
    random = world.dice("workspace")
    workspace = Workspace(
        workspace_id=WORKSPACE,
        name="simulated",
        concurrency_limit=random.randrange(1, 8),
        calls_per_second=random.choice([None, None, 1, 3]),
        created_at=world.now,
    )
    key = ApiKey(
        key_id="0000000000000key",
        workspace_id=WORKSPACE,
        secret_hash="",
        name="simulated",
        created_at=world.now,
    )
    MemoryWorkspaces(store).add(workspace, key)
    history.journal.limits.append((world.now, workspace))
    history.journal.free_since[WORKSPACE] = world.now
    agents = MemoryAgents(store)
    agents.save(
        Agent(
            agent_id=AGENT,
            workspace_id=WORKSPACE,
            name="Ada",
            carrier="simulated",
            custom_outcomes=frozenset({"interested"}),
            offers_callbacks=random.random() < 0.85,
            max_duration=timedelta(minutes=6),
        )
    )
    agents.save_number(Number(phone=CALLER_ID, workspace_id=WORKSPACE, carrier="simulated"))


def suffer(history: History) -> None:
    """Hours in which everything goes wrong that this world has; less when all is over before."""
    world = history.world
    end, looks = world.now + TROUBLE, 0
    while world.now < end and not history.is_over:
        tick(history)
        looks += 1
        if looks % 7 == 0:
            history.journal.broken += miscounts(history)
        world.run(min(end, next_minute(history, idle=10 * MINUTE)))


def tick(history: History) -> None:
    """The schedule wakes everybody."""
    history.world.start("schedule", history.service.tick)


def come_to_rest(history: History) -> None:
    """Nothing fails any more, and somebody sees to it that everything can go on."""
    world = history.world
    world.calm()
    world.tell("from here on nothing goes wrong")
    set_limits(history, 100, None)
    redrive(history)
    for campaign in list(history.store.campaigns.values()):
        if not campaign.is_closed:
            edit(history, campaign.campaign_id, unhindered)
    world.run(world.now + MINUTE)
    for campaign in list(history.store.campaigns.values()):
        if not campaign.is_closed:
            steer(history, campaign.campaign_id, "resume")
    let_end(history)
    if history.is_over:
        world.run_dry()
        let_end(history)  # messages that were days late may have brought new contacts
    silent = world.now + Deadlines().last_word  # until then campaigns wait for reports
    while world.now < silent:
        world.run(silent)
    for _ in range(3):
        tick(history)
        world.run(world.now + MINUTE)


def let_end(history: History) -> None:
    """The schedule goes on until nothing is left to do, or for so long that something is wrong."""
    end = history.world.now + LENGTH
    while history.world.now < end and not history.is_over:
        tick(history)
        history.world.run(next_minute(history, idle=60 * MINUTE))


def unhindered(campaign: Campaign) -> Campaign:
    """The campaign without whatever could keep a task waiting but its own time and hours."""
    return replace(campaign, brakes=Brakes(failure=None), concurrency_limit=None)


def next_minute(history: History, *, idle: timedelta) -> datetime:
    """When the schedule ticks next, leaving out most minutes in which nothing can happen."""
    now = history.world.now
    moments = [now + idle, history.next_act_at() or now + idle]
    for task in history.store.tasks.values():
        if task.call is not None:
            return now + MINUTE
        if task.status is TaskStatus.QUEUED and not history.is_done(task):
            moments.append(may_happen_at(history, task) - BEFORE)
    return max(now + MINUTE, min(moments))


def may_happen_at(history: History, task: Task) -> datetime:
    """When a task that waits may be called at the earliest."""
    campaign = history.store.campaigns[task.campaign_id]
    earliest = max(history.world.now, own_rules.earliest_start(task, campaign))
    hours = own_rules.hours_of(task, campaign, is_callback=task.is_callback)
    return opening_after(hours, earliest)
