"""Why a campaign or a task is or is not calling now, as JSON."""

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.api.hours import HoursView, hours_view
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.gates import Gate, GateName
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.task import TaskStatus
from chalicelibs.use_cases.explain import (
    CampaignExplanation,
    Explained,
    Others,
    TaskExplanation,
)


class GateView(View):
    """One thing that a call needs before it starts."""

    gate: GateName
    is_open: bool
    reason: str | None = Field(description="Why it is shut, in a word; null: it is open.")
    opens_at: At | None = Field(description="When it opens by itself, where a clock can tell.")
    closes_at: At | None = Field(description="When it shuts by itself.")
    used: int | None = Field(description="How much of `limit` is in use.")
    limit: int | None
    calling_hours: HoursView | None
    note: str | None = Field(description="What else there is to say, in a sentence.")


class OthersView(View):
    """Tasks of one lane that are called before somebody's turn comes."""

    campaign_id: str
    is_callback: bool
    priority: int
    tasks: int


class TaskExplanationView(View):
    """Why a task is or is not called now, and the next moment at which it can be."""

    task_id: str
    campaign_id: str
    status: TaskStatus
    asked_at: At
    is_callable: bool = Field(description="All gates are open: the next dispatch calls it.")
    next_at: At | None = Field(
        description="When its call can start at the earliest; where a slot or its turn is waited "
        "for, it may be later; null: not until somebody acts, or its call has ended."
    )
    gates: list[GateView]
    ahead: list[OthersView] = Field(
        description="Who is called before it, where it is among the next hundred."
    )


class FirstInLaneView(View):
    """Tasks that open and close together, and what keeps the first of them."""

    is_callback: bool
    priority: int
    calling_hours: HoursView | None
    task_id: str = Field(description="The task that is called first.")
    is_callable: bool
    next_at: At | None
    shut: list[GateView] = Field(description="The gates that keep it, besides the campaign's.")


class CampaignExplanationView(View):
    """Why a campaign does or does not call now, and the next moment at which it can."""

    campaign_id: str
    state: CampaignState
    asked_at: At
    is_callable: bool = Field(description="The next dispatch begins a call of it.")
    next_at: At | None = Field(
        description="When its next call can start at the earliest; null: not until somebody acts,"
        " a call has ended, or a task is added."
    )
    gates: list[GateView] = Field(description="Those that all its tasks pass.")
    lanes: list[FirstInLaneView] = Field(
        description="Where tasks wait, those first that are called first."
    )


def task_view(told: TaskExplanation) -> TaskExplanationView:
    """A task's gates as people see them."""
    task = told.reading.task
    return TaskExplanationView(
        task_id=task.task_id,
        campaign_id=task.campaign_id,
        status=told.reading.status,
        asked_at=told.asked_at,
        is_callable=told.explained.is_callable,
        next_at=told.explained.next_at,
        gates=[gate_view(gate) for gate in told.explained.gates],
        ahead=[others_view(others) for others in told.ahead],
    )


def campaign_view(told: CampaignExplanation) -> CampaignExplanationView:
    """A campaign's gates as people see them."""
    shared = {gate.name for gate in told.gates}
    return CampaignExplanationView(
        campaign_id=told.campaign.campaign_id,
        state=told.campaign.state,
        asked_at=told.asked_at,
        is_callable=told.is_callable,
        next_at=told.next_at,
        gates=[gate_view(gate) for gate in told.gates],
        lanes=[lane_view(lane, first, shared) for lane, first in told.lanes],
    )


def lane_view(lane: Lane, first: Explained, shared: set[GateName]) -> FirstInLaneView:
    """A lane by its first task."""
    own = [gate for gate in first.gates if gate.name not in shared and not gate.is_open]
    return FirstInLaneView(
        is_callback=lane.is_callback,
        priority=lane.priority,
        calling_hours=hours_view(lane.hours),
        task_id=first.task.task_id,
        is_callable=first.is_callable,
        next_at=first.next_at,
        shut=[gate_view(gate) for gate in own],
    )


def gate_view(gate: Gate) -> GateView:
    """A gate, whatever it is about."""
    return GateView(
        gate=gate.name,
        is_open=gate.is_open,
        reason=gate.reason,
        opens_at=gate.opens_at,
        closes_at=gate.closes_at,
        used=gate.used,
        limit=gate.limit,
        calling_hours=hours_view(gate.hours),
        note=gate.note,
    )


def others_view(others: Others) -> OthersView:
    """Those who go first."""
    return OthersView(
        campaign_id=others.campaign_id,
        is_callback=others.lane.is_callback,
        priority=others.lane.priority,
        tasks=others.tasks,
    )
