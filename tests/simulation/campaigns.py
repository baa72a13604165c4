"""Campaigns of every kind, and the contacts that come to them while they run."""

from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from chalicelibs.adapters.memory import version_of
from chalicelibs.domain.brakes import Brakes, Budget, FailureBrake
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.dead_letters import QueueName
from chalicelibs.domain.once import Answered, Asked
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import Task
from chalicelibs.ports.surroundings import Ids
from tests.simulation import own_hours
from tests.simulation.history import AGENT, CALLER_ID, MINUTE, WORKSPACE, History
from tests.simulation.unreliable import ask
from tests.simulation.world import World

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]

#: Minutes between attempts: also such that a late report of one meets the next.
INTERVALS = [0, 1, 2, 5, 30, 90]

#: Most campaigns never feel theirs; some stop after a few calls.
BRAKES = [
    Brakes(),
    Brakes(failure=FailureBrake(share=0.5, least_calls=3)),
    Brakes(budget=Budget(attempts=4)),
]

#: Starts near which something happens: ordinary days, and days on which clocks change.
STARTS = [
    datetime(2027, 3, 5, 8, tzinfo=UTC),
    datetime(2027, 3, 14, 4, tzinfo=UTC),
    datetime(2027, 3, 27, 22, tzinfo=UTC),
    datetime(2027, 4, 3, 12, tzinfo=UTC),
    datetime(2027, 10, 30, 22, tzinfo=UTC),
    datetime(2027, 11, 7, 3, tzinfo=UTC),
]

#: Rows of a file beyond one chunk of an import.
LONG_FILE = 95


def add_campaign(history: History, number: int) -> Campaign:
    """A campaign, and contacts that are pushed or dropped into it, now and later."""
    world = history.world
    random = world.dice(f"campaign {number}")
    campaign = some_campaign(world, random, number)
    history.campaigns.add(campaign)
    for wave in range(random.randrange(1, 4)):
        first = 1000 * number + 100 * wave
        phones = [f"+346{first + one:08}" for one in range(random.randrange(1, 9))]
        wave_dice = world.dice(f"wave {number} {wave}")
        is_file = campaign.kind is CampaignKind.BATCH and wave_dice.random() < 0.4
        come = drop if is_file else push
        phones = [phone for phone in phones if world.has(f"contact {phone}")]
        when = some_moment(world, wave_dice, campaign)
        history.act(when, partial(come, history, campaign, phones, wave_dice))
    return campaign


def some_campaign(world: World, random: Random, number: int) -> Campaign:
    """A campaign of any shape, running."""
    level = random.choice(list(Level))
    is_batch = random.random() < 0.6
    ends = world.now + random.randrange(60, 3000) * MINUTE if random.random() < 0.3 else None
    starts = world.now + random.randrange(0, 50) * MINUTE if random.random() < 0.3 else None
    return Campaign(
        campaign_id=f"000000000000cmp{number}",
        workspace_id=WORKSPACE,
        name=f"campaign {number}",
        kind=CampaignKind.BATCH if is_batch else CampaignKind.REALTIME,
        state=CampaignState.ACTIVE,
        level=level,
        rules=some_rules(world, random, level),
        start_at=starts,
        end_at=ends,
        concurrency_limit=random.choice([None, None, 1, 3]),
        brakes=random.choice(BRAKES),
        created_at=world.now,
    )


def some_hours(world: World, random: Random) -> CallingHours | None:
    """Calling hours of any shape, or none; often some that open or close while things happen."""
    zone, kind = random.choice(ZONES), random.random()
    if kind < 0.35:
        return None
    if kind < 0.65:
        local = world.now.astimezone(ZoneInfo(zone))
        opens = (local.hour * 60 + local.minute + random.randrange(-30, 90)) % 1440
        length = random.randrange(2, 60)
    else:
        opens = random.randrange(0, 24) * 60
        length = random.randrange(1, 20) * 60
    return CallingHours(opens=opens, closes=(opens + length) % 1440 or 1440, zone=zone)


def some_rules(world: World, random: Random, level: Level) -> Rules:
    """Rules of any shape."""
    attempts = random.randrange(1, 5)
    intervals = tuple(random.choice(INTERVALS) * MINUTE for _ in range(attempts - 1))
    chosen = random.sample(["voicemail", "no_response", "interested"], random.randrange(0, 3))
    return Rules(
        agent_id=AGENT,
        caller_id=CALLER_ID,
        hours=some_hours(world, random),
        retry=RetryPolicy(
            max_attempts=attempts, intervals=intervals, retry_outcomes=frozenset(chosen)
        ),
        priorities=per_attempt(level, attempts),
        callbacks_outside_hours=random.random() < 0.2,
    )


def some_moment(world: World, random: Random, campaign: Campaign) -> datetime:
    """When contacts come: at any time, or in the last minute before the hours close."""
    when = world.now + random.randrange(0, 120) * MINUTE
    hours = campaign.rules.hours if campaign.rules else None
    if hours is None or random.random() < 0.4:
        return when
    closings = [end for start, end in own_hours.windows(hours, when, days=1) if start < end]
    closing = min((end for end in closings if end > when), default=when)
    if closing > world.now + timedelta(hours=5):
        return when
    return closing - timedelta(seconds=random.randrange(1, 60))


def push(history: History, campaign: Campaign, phones: list[str], random: Random) -> None:
    """A program pushes tasks, and again while it gets no answer; many send a key along."""
    is_own = campaign.kind is CampaignKind.REALTIME and random.random() < 0.5
    pushes = [
        Push(
            campaign_id=campaign.campaign_id,
            phone=phone,
            context={"name": "Ada"},
            **(some_overrides(history.world, random) if is_own else {}),
        )
        for phone in phones
    ]
    name, asked = f"push to {campaign.campaign_id}", asked_for(campaign, phones)

    def add(ids: Ids | None = None) -> Answered:
        results = history.service.push_tasks(WORKSPACE, pushes, ids)
        history.accepted.update(one.task_id for one in results if isinstance(one, Task))
        return Answered(status=200, body=b"")

    def once() -> None:
        history.keyed.update((campaign.campaign_id, phone) for phone in phones)
        history.service.answer_once(asked, add)

    if random.random() < 0.5:
        ask(history.world, name, lambda: str(add().status))
        return
    copies = 2 if random.random() < 0.5 else 1
    for _ in range(copies):
        wait = timedelta(milliseconds=random.randrange(1, 90_000))
        history.act(history.world.now + wait, lambda: ask(history.world, name, once))


def asked_for(campaign: Campaign, phones: list[str]) -> Asked:
    """The request that pushes these contacts, as it is told from others."""
    text = " ".join([campaign.campaign_id, *phones])
    return Asked(principal=WORKSPACE, key=text[:64], request=blake2b(text.encode()).hexdigest())


def some_overrides(world: World, random: Random) -> dict[str, Any]:
    """What a task may bring: any mixture of hours or a zone, of attempts and priorities."""
    own: dict[str, Any] = {}
    hours = some_hours(world, random) if random.random() < 0.5 else None
    if hours is not None:
        own |= {"opens": clock_time(hours.opens), "closes": clock_time(hours.closes)}
    if hours is not None or random.random() < 0.5:
        own["zone"] = random.choice(ZONES)
    if random.random() < 0.5:
        rules = some_rules(world, random, random.choice(list(Level)))
        own |= {"max_attempts": rules.retry.max_attempts, "intervals": rules.retry.intervals}
        own |= {"priorities": rules.priorities} if random.random() < 0.5 else {}
    if random.random() < 0.2:
        own["start_at"] = world.now + random.randrange(0, 60) * MINUTE
    if random.random() < 0.2:
        start = own.get("start_at", world.now)
        own["end_at"] = start + random.randrange(0, 180) * MINUTE
    return own


def clock_time(minutes: int) -> str:
    """Minutes of a day as people write them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def drop(history: History, campaign: Campaign, phones: list[str], random: Random) -> None:
    """A file of contacts is dropped into a campaign that runs; some rows are no contacts."""
    name = f"{len(history.dropped)}-{random.randrange(1000):03}.csv"  # never used before
    source = f"imports/{WORKSPACE}/{campaign.campaign_id}/{name}"
    rows = [*phones, *phones[:1], "nobody"]
    if random.random() < 0.2:
        rows += ["nobody"] * LONG_FILE
    random.shuffle(rows)
    content = ("phone,name\n" + "".join(f"{row},Ada\n" for row in rows)).encode()
    history.files[source] = content
    history.dropped[source] = (campaign.campaign_id, phones, len(rows))
    history.world.tell(f"file {source}: {len(phones)} contacts in {len(rows)} rows")

    def body() -> str:
        job = history.service.plan_import(
            WORKSPACE, campaign.campaign_id, source=source, version=version_of(content)
        )
        return "no workspace" if job is None else f"{job.status}, cut into {job.chunks} chunks"

    history.queue.send(QueueName.IMPORTS, f"import {source}", body)
