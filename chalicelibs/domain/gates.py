"""Gate by gate, why a call may start now or may not, and when each gate opens by itself.

Nothing is judged anew here: each gate asks what dispatch and the dial gate ask.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelibs.domain import dial_gate
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.instants import whole_ms
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.outlook import Wait, outlook, what_for
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.task import Task
from chalicelibs.domain.workspace import Workspace


class GateName(StrEnum):
    """What is asked before a call starts, in the order in which it is told."""

    CAMPAIGN_STATE = "campaign_state"
    BRAKES = "brakes"  #: Too many calls failed, or the day's budget is spent.
    CAMPAIGN_START = "campaign_start"
    CAMPAIGN_END = "campaign_end"
    TASK_STATE = "task_state"
    TASK_END = "task_end"
    IN_FLIGHT = "in_flight"  #: One call at a time.
    ATTEMPTS = "attempts"
    DUE_TIME = "due_time"  #: Its start, the pause between attempts, or the time asked for.
    CALLING_HOURS = "calling_hours"
    AGENT = "agent"  #: Without one that can speak, an attempt fails before it is dialled.
    CARRIER = "carrier"
    CAMPAIGN_SLOTS = "campaign_slots"
    WORKSPACE_SLOTS = "workspace_slots"
    PACE = "pace"
    TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One thing that a call needs."""

    name: GateName
    reason: str | None = None  #: Why it is shut, in a word; None: it is open.
    opens_at: datetime | None = None  #: When it opens by itself, where a clock can tell.
    closes_at: datetime | None = None  #: When it shuts by itself.
    used: int | None = None
    limit: int | None = None
    hours: CallingHours | None = None
    note: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it lets a call pass now."""
        return self.reason is None


def are_open(gates: Iterable[Gate]) -> bool:
    """Whether a call would start now."""
    return all(gate.is_open for gate in gates)


def of_campaign(campaign: Campaign, now: datetime, *, soon: str | None) -> list[Gate]:
    """What a campaign's settings say, for all of its tasks.

    Args:
        campaign: as it stands.
        now: the moment that is asked about.
        soon: why a brake is about to pause it, when it next looks.
    """
    is_active = campaign.state is CampaignState.ACTIVE
    has_begun, has_ended = campaign.has_begun(now), campaign.has_ended(now)
    return [
        Gate(
            name=GateName.CAMPAIGN_STATE,
            reason=None if is_active else f"campaign_{campaign.state}",
        ),
        Gate(
            name=GateName.BRAKES,
            reason="campaign_braked" if campaign.paused_for else None,
            note=campaign.paused_for or soon,
        ),
        Gate(
            name=GateName.CAMPAIGN_START,
            reason=None if has_begun else "campaign_not_started",
            opens_at=None if has_begun else campaign.start_at,
        ),
        Gate(
            name=GateName.CAMPAIGN_END,
            reason="campaign_ended" if has_ended else None,
            closes_at=None if has_ended else campaign.end_at,
        ),
    ]


def of_task(task: Task, campaign: Campaign, now: datetime, deadlines: Deadlines) -> list[Gate]:
    """What a task itself says."""
    over = dial_gate.why_over(task, now)
    is_waiting = not task.is_final and task.paused_at is None
    rules = rules_of(task.own, campaign.rules, campaign.level)
    most = rules.retry.max_attempts
    lane = campaign.lane(task.lane_name)
    return [
        Gate(name=GateName.TASK_STATE, reason=None if is_waiting else f"task_{task.status}"),
        Gate(
            name=GateName.TASK_END,
            reason=over,
            closes_at=None if over is not None else task.end_at,
        ),
        in_flight(task, deadlines),
        Gate(
            name=GateName.ATTEMPTS,
            reason="attempts_exhausted" if task.has_used_all(most) else None,
            used=task.attempts,
            limit=most,
        ),
        due_time(task, now),
        open_hours(lane, now),
    ]


def in_flight(task: Task, deadlines: Deadlines) -> Gate:
    """Whether a call of the task is under way, and by when that is over."""
    call = task.call
    if call is None:
        return Gate(name=GateName.IN_FLIGHT)
    until = call.deadline if call.dialed_at is None else deadlines.of_end(call)
    return Gate(
        name=GateName.IN_FLIGHT,
        reason=f"call_{call.status}",
        note=f"over by {until:%Y-%m-%d %H:%M:%S} UTC, or looked into then",
    )


def due_time(task: Task, now: datetime) -> Gate:
    """Whether the time of the next attempt has come."""
    due_at = whole_ms(task.due_at)
    if task.is_final or task.call is not None or due_at <= now:
        return Gate(name=GateName.DUE_TIME)
    return Gate(name=GateName.DUE_TIME, reason=str(what_for(task)), opens_at=due_at)


def open_hours(lane: Lane, now: datetime) -> Gate:
    """Whether the calling hours are open, and when that changes."""
    if lane.is_open(now):
        closes_at = lane.hours.closes_at(now) if lane.hours else None
        return Gate(name=GateName.CALLING_HOURS, closes_at=closes_at, hours=lane.hours)
    return Gate(
        name=GateName.CALLING_HOURS,
        reason="outside_calling_hours",
        opens_at=lane.next_opening(now),
        hours=lane.hours,
    )


def agent_ready(reason: str | None) -> Gate:
    """Whether the agent can be sent: it is active, its carrier known, its prompt complete."""
    return Gate(name=GateName.AGENT, reason=reason)


def carrier_awake(rest: Rest | None, *, is_paused: bool = False) -> Gate:
    """Whether the carrier may be asked; a paused one waits for somebody to resume it."""
    if is_paused:
        return Gate(name=GateName.CARRIER, reason="carrier_paused")
    if rest is None:
        return Gate(name=GateName.CARRIER)
    return Gate(name=GateName.CARRIER, reason="carrier_rests", opens_at=rest.until)


def room(name: GateName, used: int, limit: int | None) -> Gate:
    """Whether one more call may be in flight."""
    is_full = limit is not None and used >= limit
    return Gate(name=name, reason="limit_reached" if is_full else None, used=used, limit=limit)


def pace(workspace: Workspace, now: datetime, ahead: timedelta) -> Gate:
    """Whether a start in this second is left, where calls per second are limited."""
    is_taken = ahead > timedelta(0)
    return Gate(
        name=GateName.PACE,
        reason="starts_given_away" if is_taken else None,
        opens_at=now + ahead if is_taken else None,
        limit=workspace.calls_per_second,
    )


def next_moment(
    task: Task, campaign: Campaign, now: datetime, gates: Iterable[Gate]
) -> datetime | None:
    """The first instant at which a task's call can start; None: not until somebody acts.

    Slots and its turn are waited for then at the earliest: when they come, no clock can tell.
    """
    told = [gate for gate in gates if gate.name in WAITED_FOR]
    if any(gate.name in MENDED and not gate.is_open and not gate.opens_at for gate in gates):
        return None
    earliest = max([now, *(gate.opens_at for gate in told if gate.opens_at is not None)])
    at, waits_for = outlook(task, campaign, earliest)
    return None if waits_for is Wait.NO_ATTEMPT_LEFT else at


#: What may need somebody to act and stands neither in the task nor in its campaign.
MENDED = frozenset({GateName.AGENT, GateName.CARRIER})

#: What passes by itself and stands neither in the task nor in its campaign.
WAITED_FOR = frozenset({GateName.CARRIER, GateName.PACE, GateName.TURN})
