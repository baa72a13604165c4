"""People who interfere: they pause, resume, archive, edit, erase, and cannot decide."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import MOVES, Campaign
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.priority import Level
from chalicelibs.domain.task import Task
from tests.simulation.campaigns import some_rules
from tests.simulation.history import MINUTE, WORKSPACE, History
from tests.simulation.unreliable import ask


def interfere(history: History, campaign_id: str) -> None:
    """Users press buttons, change settings and ask to be forgotten while the campaign runs."""
    number = campaign_id[-1]
    for chance, most, longest, act in (
        (0.4, 6, 200, edit_settings),
        (0.4, 20, 200, steer_task),
        (0.3, 3, 200, erase),
        (0.6, 4, 240, press),
    ):
        random = history.world.dice(f"{act.__name__} {number}")
        if random.random() >= chance:
            continue
        for place in range(random.randrange(1, most)):
            when = history.world.now + random.randrange(0, longest * 60) * timedelta(seconds=1)
            name = f"{act.__name__} {number} {place}"
            if history.world.has(name):
                history.act(when, partial(act, history, campaign_id, history.world.dice(name)))
    waver(history, campaign_id)


def interfere_with_workspace(history: History) -> None:
    """The limits of the workspace change, and somebody tends the dead letters now and then."""
    world, random = history.world, history.world.dice("workspace's users")
    for _ in range(random.choice([0, 0, 1, 2])):
        when = world.now + random.randrange(300) * MINUTE
        if world.has(f"limits at {when:%H:%M}"):
            history.act(when, partial(change_limits, history, random))
    for _ in range(random.choice([0, 1, 3])):
        when = world.now + random.randrange(300) * MINUTE
        if world.has(f"redrive at {when:%H:%M}"):
            history.act(when, partial(redrive, history))


def waver(history: History, campaign_id: str) -> None:
    """A user who cannot decide: pauses or moves the hours every minute or two, for a while."""
    world, number = history.world, campaign_id[-1]
    random = world.dice(f"waver {number}")
    if random.random() < 0.5:
        return
    when = world.now + random.randrange(0, 30) * MINUTE
    controls = random.choice([["pause", "resume"], ["close", "open"]])
    for place, control in enumerate(controls * random.randrange(5, 25)):
        when += timedelta(seconds=random.randrange(5, 120))
        act: Callable[[History, str, str], None] = steer if control in MOVES else edit_hours
        if world.has(f"waver {number} {place}"):
            history.act(when, partial(act, history, campaign_id, control))


def meddle(history: History, task: Task) -> None:
    """Somebody acts while a call is on its way from the claim to the dial."""
    world, campaign_id = history.world, task.campaign_id
    random = world.dice(f"meddle {campaign_id[-1]}")
    if not world.rates or random.random() > 0.1 or not world.has(f"meddle with {task.task_id}"):
        return
    soon = world.now + timedelta(milliseconds=random.randrange(1, 400))
    later = soon + timedelta(seconds=random.randrange(1, 100))
    controls = random.choice([("pause", "resume"), ("close", "open"), ("erase", None)])
    for when, control in zip((soon, later), controls, strict=True):
        if control == "erase":
            history.act(when, partial(erase, history, campaign_id, random, task.phone))
        elif control is not None:
            act = steer if control in MOVES else edit_hours
            history.act(when, partial(act, history, campaign_id, control))


def press(history: History, campaign_id: str, random: Random) -> None:
    """A user presses some button."""
    control = random.choice(["pause", "resume", "resume", "pause", "archive"])
    if control != "archive" or random.random() < 0.3:
        steer(history, campaign_id, control)


def steer(history: History, campaign_id: str, control: str) -> None:
    """A user presses a button, and again while it does not answer."""

    def body() -> str:
        reading = history.service.campaigns.control(WORKSPACE, campaign_id, control)
        return f"now {reading.campaign.state}"

    ask(history.world, f"a user's {control} of {campaign_id}", body)


def edit_hours(history: History, campaign_id: str, how: str) -> None:
    """A user moves the calling hours, to now or away from now."""
    opens = ((history.world.now.hour + 6) % 24) * 60
    away = CallingHours(opens=opens, closes=opens + 30, zone="UTC")

    def change(campaign: Campaign) -> Campaign:
        assert campaign.rules is not None
        hours = away if how == "close" else None
        return campaign.edited(rules=replace(campaign.rules, hours=hours))

    edit(history, campaign_id, change)


def edit_settings(history: History, campaign_id: str, random: Random) -> None:
    """A user changes priority, attempts, start, end or limit of a campaign while it runs."""
    world = history.world
    level = random.choice(list(Level))
    rules = some_rules(world, random, level)
    limit = random.choice([None, 1, 2, 5])
    start_at = world.now + random.randrange(-30, 30) * MINUTE
    end_at = start_at + random.randrange(31, 600) * MINUTE

    def change(campaign: Campaign) -> Campaign:
        assert campaign.rules is not None
        return campaign.edited(
            level=level,
            rules=replace(rules, hours=campaign.rules.hours),
            start_at=start_at if campaign.start_at else None,
            end_at=end_at if campaign.end_at else None,
            concurrency_limit=limit,
        )

    edit(history, campaign_id, change)


def edit(history: History, campaign_id: str, change: Callable[[Campaign], Campaign]) -> None:
    """A user saves other settings, and again while there is no answer."""

    def changed(campaign: Campaign) -> Campaign:
        return campaign if campaign.is_closed else change(campaign)

    def body() -> None:
        history.service.campaigns.update(WORKSPACE, campaign_id, changed)

    ask(history.world, f"a user's edit of {campaign_id}", body)


def steer_task(history: History, campaign_id: str, random: Random) -> None:
    """A user pauses, resumes or archives one task."""
    own = [one for one in history.store.tasks.values() if one.campaign_id == campaign_id]
    if not own:
        return
    task_id = random.choice(sorted(task.task_id for task in own))
    control = random.choice(["pause", "pause", "resume", "archive"])

    def body() -> str:
        with suppress(NotAllowed):
            reading = history.service.steer_tasks(WORKSPACE, task_id, control)
            return f"now {reading.task.status}"
        return "not allowed"

    ask(history.world, f"a user's {control} of {task_id}", body)


def erase(history: History, campaign_id: str, random: Random, phone: str | None = None) -> None:
    """Somebody asks to be forgotten, while they may be on the phone."""
    own = [one for one in history.store.tasks.values() if one.campaign_id == campaign_id]
    phones = sorted(task.phone for task in own if task.phone)
    if not phones:
        return
    phone = phone or random.choice(phones)

    def body() -> str:
        asked_at = history.world.now
        erased = history.service.erase_contact(WORKSPACE, phone)
        history.erased.append((asked_at, history.world.now, phone))
        return f"{erased.tasks} tasks, {erased.in_flight} in flight"

    ask(history.world, f"erasing {phone}", body)


def change_limits(history: History, random: Random) -> None:
    """A user changes what may be in flight, and start in a second, while calls run."""
    limit, pace = random.randrange(1, 8), random.choice([None, 1, 3])
    set_limits(history, limit, pace)


def set_limits(history: History, limit: int, pace: int | None) -> None:
    """A user says what may be in flight, and start in a second."""

    def body() -> None:
        history.service.workspaces.set_limits(
            WORKSPACE, concurrency_limit=limit, calls_per_second=pace
        )

    ask(history.world, "a user's limits", body)


def redrive(history: History) -> None:
    """The operator sends the dead letters back."""
    ask(history.world, "redrive", lambda: history.service.dead_letters.redrive(None))
