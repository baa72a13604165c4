"""Judged at every claim: the best one that waits goes first, and nobody waits for nothing (P4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.task import Task, TaskStatus
from tests.simulation import own_rules
from tests.simulation.faults import MOST_SKEW
from tests.simulation.history import WORKSPACE, History
from tests.simulation.own_hours import opened_at
from tests.simulation.violation import Violation
from tests.simulation.watched import Claim

#: In a world without faults a slot is refilled within so long, besides what queues take.
AT_ONCE = timedelta(seconds=6)


def check(history: History, claim: Claim, call: Call) -> None:
    """Judge one claim."""
    for promise, kind, detail in wrongs(history, claim):
        found = Violation(promise, kind, call.call_id, claim.at, detail)
        history.journal.broken.append(found)


def wrongs(history: History, claim: Claim) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a claim: the promise, how it is broken, and details."""
    task = claim.task
    campaign = history.store.campaigns[task.campaign_id]
    if own_rules.whole(task.due_at) > claim.clock:  # type: ignore[operator]
        yield "P3", "was claimed before its time", f"due {task.due_at}"
    if (waited := idle_time(history, claim, campaign)) > patience(history):
        yield "P4", "waited although a slot was free", f"for {waited}"
    for other in overtaken(history, claim, campaign):
        yield "P4", "was claimed before its betters", other.task_id


def patience(history: History) -> timedelta:
    """How long a due task may wait for its turn while a slot is free and nothing goes wrong."""
    return AT_ONCE + 3 * timedelta(milliseconds=history.world.backlog_ms)


def idle_time(history: History, claim: Claim, campaign: Campaign) -> timedelta:
    """How long a task waited while nothing kept it from being called."""
    journal, world, task = history.journal, history.world, claim.task
    is_paced = any(one.calls_per_second for _, one in journal.limits)
    since = open_since(task, campaign, claim.at)
    if world.is_troubled or is_paced or since is None:
        return timedelta(0)
    moments = [since, journal.waiting_since[task.task_id], journal.states[task.campaign_id][-1][0]]
    moments.append(journal.free_since[WORKSPACE])
    if campaign.concurrency_limit is not None:
        moments.append(journal.free_since[task.campaign_id])
    return claim.at - max(moments)


def open_since(task: Task, campaign: Campaign, at: datetime) -> datetime | None:
    """Since when nothing but its turn keeps a task from being called; None: something does."""
    hours = own_rules.hours_of(task, campaign, is_callback=task.is_callback)
    opened = opened_at(hours, at)
    starts_at = own_rules.earliest_start(task, campaign)
    has_ended = campaign.end_at is not None and campaign.end_at <= at
    is_shut = campaign.state is not CampaignState.ACTIVE or has_ended
    if opened is None or starts_at > at or is_shut:
        return None
    return max(opened, starts_at)


def overtaken(history: History, claim: Claim, campaign: Campaign) -> Iterator[Task]:
    """Tasks that waited in open lanes since before this dispatch began, and should go first.

    A campaign with a limit of its own may have to wait, and one that was just edited may not have
    been seen: those are not held against the dispatcher. Nor is what an old index did not show.
    """
    journal, began_at = history.journal, claim.began_at - MOST_SKEW
    if journal.misled_at is not None and journal.misled_at >= claim.began_at:
        return
    if journal.states[campaign.campaign_id][-1][0] >= claim.began_at:
        return
    own = key_of(claim.task, campaign)
    for other in history.store.tasks.values():
        is_waiting = other.status is TaskStatus.QUEUED and other.due_at <= began_at
        if not is_waiting or journal.waiting_since[other.task_id] > began_at:
            continue
        its = history.store.campaigns[other.campaign_id]
        is_steady = journal.states[other.campaign_id][-1][0] < began_at
        if its.concurrency_limit is not None or not is_steady or key_of(other, its) <= own:
            continue
        moments = (began_at, claim.at, claim.at + MOST_SKEW)
        if all(open_since(other, its, at) is not None for at in moments):
            yield other


def key_of(task: Task, campaign: Campaign) -> tuple[bool, int, float]:
    """The order of those who wait, larger first: by rank, then by their start."""
    start = own_rules.earliest_start(task, campaign)
    return *own_rules.rank(task, campaign), -start.timestamp()
