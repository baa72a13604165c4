"""Campaigns as JSON."""

from collections.abc import Mapping

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.api.brakes import DailyBudgetView, FailureBrakeView, budget_view, failure_view
from chalicelibs.api.campaign_tag import tag_of
from chalicelibs.api.hours import HoursView, hours_view
from chalicelibs.api.samples import sample_task
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.campaign import CampaignKind, CampaignStatus
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.priority import Level
from chalicelibs.domain.rules import Rules
from chalicelibs.use_cases.manage_campaigns import CampaignReading


class RulesView(View):
    """Who calls, when, how often and how urgently."""

    agent_id: str
    caller_id: str = Field(description="The number shown, E.164.")
    calling_hours: HoursView | None = Field(description="null: at any time.")
    max_attempts: int = Field(description="All attempts, the first included.")
    retry_intervals_ms: list[int] = Field(description="Pauses, from the end of an attempt.")
    retry_outcomes: list[str] = Field(
        description="Outcomes after which it is tried again, besides `no_answer`, `busy`, "
        "`failed`, `init_failed` and `busy_callback`."
    )
    priorities: list[int] = Field(description="One per attempt; the larger goes first.")
    callbacks_outside_hours: bool = Field(
        description="Whether a callback may come when the calling hours are over."
    )


class ProgressView(View):
    """The tasks of a campaign by status, and its ended calls by outcome."""

    total: int
    queued: int
    running: int
    paused: int
    completed: int
    archived: int
    calls: int = Field(description="Calls that have ended.")
    outcomes: dict[str, int] = Field(description="How many of them ended how.")
    last_finished_at: At | None = Field(description="When a task was finished last.")


class CampaignView(View):
    """A campaign, its rules, and how far it has come.

    A realtime campaign may leave all rules to its tasks: then all of them are null.
    """

    id: str
    name: str
    type: CampaignKind
    status: CampaignStatus
    priority: Level
    timezone: str = Field(description="An IANA name, like `Europe/Madrid`.")
    start_at: At | None
    end_at: At | None
    concurrency_limit: int | None = Field(description="Its own, besides the workspace's.")
    agent_id: str | None
    caller_id: str | None = Field(description="The number shown, E.164.")
    calling_hours: HoursView | None = Field(description="null: at any time.")
    max_attempts: int | None = Field(description="All attempts, the first included.")
    retry_intervals_ms: list[int] | None = Field(description="Pauses, from the end of an attempt.")
    retry_outcomes: list[str] | None = Field(
        description="Outcomes after which it is tried again, besides the usual ones."
    )
    priorities: list[int] | None = Field(description="One per attempt; the larger goes first.")
    callbacks_outside_hours: bool | None
    prompt: str = Field(description="Follows the agent's own prompt.")
    failure_brake: FailureBrakeView | None
    daily_budget: DailyBudgetView
    paused_for: str | None = Field(
        description="Why a brake paused it; null where somebody did, and while it is not paused."
    )
    progress: ProgressView
    created_at: At
    version: int = Field(description="Grows by one with every change of the campaign.")


class CreatedCampaignView(CampaignView):
    """A new campaign, and how to push tasks into it."""

    sample_task: dict[str, object] | None = Field(
        description="A body for `POST /tasks` that works with a phone number; null in a batch."
    )


def view(reading: CampaignReading) -> CampaignView:
    """A campaign as people see it."""
    campaign, rules = reading.campaign, reading.campaign.rules
    return CampaignView(
        id=campaign.campaign_id,
        name=campaign.name,
        type=campaign.kind,
        status=reading.status,
        priority=campaign.level,
        timezone=campaign.zone,
        start_at=campaign.start_at,
        end_at=campaign.end_at,
        concurrency_limit=campaign.concurrency_limit,
        **(dict.fromkeys(RulesView.model_fields) if rules is None else dict(rules_view(rules))),
        prompt=campaign.prompt,
        failure_brake=failure_view(campaign.brakes.failure),
        daily_budget=budget_view(campaign.brakes.budget),
        paused_for=campaign.paused_for,
        progress=progress_view(reading),
        created_at=campaign.created_at,
        version=campaign.version,
    )


def created(
    reading: CampaignReading, lent: tuple[Agent | None, Number | None]
) -> CreatedCampaignView:
    """A campaign that was just made."""
    sample = sample_task(reading.campaign, *lent)
    return CreatedCampaignView(**dict(view(reading)), sample_task=sample)


def tag(reading: CampaignReading) -> Mapping[str, str]:
    """The header by which an edit names this reading."""
    return {"ETag": tag_of(reading.campaign)}


def rules_view(rules: Rules) -> RulesView:
    """The rules of a campaign or task."""
    return RulesView(
        agent_id=rules.agent_id,
        caller_id=rules.caller_id,
        calling_hours=hours_view(rules.hours),
        max_attempts=rules.retry.max_attempts,
        retry_intervals_ms=[interval // MILLISECOND for interval in rules.retry.intervals],
        retry_outcomes=sorted(rules.retry.retry_outcomes),
        priorities=list(rules.priorities),
        callbacks_outside_hours=rules.callbacks_outside_hours,
    )


def progress_view(reading: CampaignReading) -> ProgressView:
    """Its tasks by status, and its ended calls by outcome."""
    progress, running = reading.progress, reading.running
    waiting = max(progress.open_tasks - running, 0)
    counts = {"queued": waiting - progress.paused, "running": running, "paused": progress.paused}
    counts |= {"completed": progress.completed, "archived": progress.archived}
    if reading.waiting_as is not None:
        counts["queued"] = counts["paused"] = 0
        counts[reading.waiting_as] += waiting
    return ProgressView(
        total=progress.tasks,
        **counts,
        calls=progress.calls,
        outcomes=dict(progress.outcomes),
        last_finished_at=progress.settled_at,
    )
