"""Campaigns as JSON."""

from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from chalicelibs.api.bodies import (
    At,
    Body,
    Instant,
    Interval,
    Name,
    View,
    Whole,
    Zone,
    milliseconds,
    parse,
)
from chalicelibs.api.hours import Hours, HoursView, hours_view
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState, CampaignStatus
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.retry import MOST_ATTEMPTS, RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.ports import Page
from chalicelibs.use_cases.manage_campaigns import CampaignReading


class NewCampaign(Body):
    """A new campaign: who calls, when, how often and how urgently."""

    name: Name
    type: CampaignKind = Field(
        CampaignKind.BATCH,
        description="`batch`: a list of contacts. `realtime`: tasks are pushed one by one.",
    )
    agent_id: str | None = Field(None, description="Who calls; a batch needs one.")
    caller_id: str | None = Field(None, description="The number shown, E.164; a batch needs one.")
    priority: Level = Field(Level.NORMAL, description="Which campaign goes first.")
    timezone: Zone = Field("UTC", description="An IANA name, like `Europe/Madrid`.")
    calling_hours: Hours | None = Field(None, description="By default calls start at any time.")
    start_at: Instant | None = Field(None, description="No call starts before that.")
    end_at: Instant | None = Field(None, description="No call starts from then on.")
    max_attempts: Whole = Field(
        1, ge=1, le=MOST_ATTEMPTS, description="All attempts, the first included."
    )
    retry_intervals_ms: list[Interval] | None = Field(
        None, description="Pauses between attempts, one fewer than attempts; default: an hour."
    )
    retry_outcomes: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="Outcomes to try again after, besides the usual ones.",
    )
    callbacks_outside_hours: bool = Field(
        False, description="Whether a callback may come when the calling hours are over."
    )
    concurrency_limit: Whole | None = Field(
        None, ge=1, le=10_000, description="Its calls in flight, besides the workspace's limit."
    )
    draft: bool | None = Field(None, description="Batch campaigns begin as drafts by default.")

    @model_validator(mode="before")
    @classmethod
    def _lower_case(cls, body: Any) -> Any:
        """`High` is `high`, as the seeds write it."""
        if isinstance(body, dict) and isinstance(body.get("priority"), str):
            return {**body, "priority": body["priority"].lower()}
        return body


#: The fields that say how a campaign's tasks are called. Priority and zone count without them.
RULES = frozenset(
    {
        *("agent_id", "caller_id", "calling_hours", "callbacks_outside_hours"),
        *("max_attempts", "retry_intervals_ms", "retry_outcomes"),
    }
)

#: The pause between attempts where a campaign names none.
DEFAULT_INTERVAL_MS = 3_600_000


def new(raw: bytes, *, workspace_id: str, campaign_id: str, now: datetime) -> Campaign:
    """A new campaign."""
    body = parse(NewCampaign, raw)
    is_batch = body.type is CampaignKind.BATCH
    is_draft = is_batch if body.draft is None else body.draft
    return Campaign(
        campaign_id=campaign_id,
        workspace_id=workspace_id,
        name=body.name,
        kind=body.type,
        state=CampaignState.DRAFT if is_draft else CampaignState.ACTIVE,
        level=body.priority,
        zone=body.timezone,
        rules=rules_of(body),
        start_at=body.start_at,
        end_at=body.end_at,
        concurrency_limit=body.concurrency_limit,
        created_at=now,
    )


def rules_of(body: NewCampaign) -> Rules | None:
    """The campaign's rules; a realtime one that sets none leaves all of them to its tasks.

    Raises:
        Invalid: naming what is missing or wrong.
    """
    if body.type is CampaignKind.REALTIME and not RULES & body.model_fields_set:
        return None
    if not body.agent_id:
        raise Invalid("say which agent calls: a campaign's rules need one", "agent_id")
    if not body.caller_id:
        raise Invalid("say from which number to call: a campaign's rules need it", "caller_id")
    return Rules(
        agent_id=body.agent_id,
        caller_id=parse_phone(body.caller_id, param="caller_id"),
        hours=None if body.calling_hours is None else body.calling_hours.to_domain(body.timezone),
        retry=retry_of(body),
        priorities=per_attempt(body.priority, body.max_attempts),
        callbacks_outside_hours=body.callbacks_outside_hours,
    )


def retry_of(body: NewCampaign) -> RetryPolicy:
    """How its tasks are tried again.

    Raises:
        Invalid: when there are too many intervals, or too few.
    """
    intervals = body.retry_intervals_ms
    if intervals is None:
        intervals = [DEFAULT_INTERVAL_MS] * (body.max_attempts - 1)
    if len(intervals) != body.max_attempts - 1:
        needed = body.max_attempts - 1
        raise Invalid(f"must have {needed} entries, one fewer than attempts", "retry_intervals_ms")
    return RetryPolicy(
        max_attempts=body.max_attempts,
        intervals=tuple(milliseconds(interval) for interval in intervals),
        retry_outcomes=frozenset(normal_name(name) for name in body.retry_outcomes),
    )


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
    progress: ProgressView
    created_at: At
    version: int = Field(description="Grows by one with every change of the campaign.")


class CampaignsView(View):
    """A page of campaigns, newest first."""

    campaigns: list[CampaignView]
    next_cursor: str | None = Field(description="Where the next page begins; null: at the end.")


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
        progress=progress_view(reading),
        created_at=campaign.created_at,
        version=campaign.version,
    )


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


def page_view(page: Page[CampaignReading]) -> CampaignsView:
    """A page of campaigns."""
    campaigns = [view(reading) for reading in page.items]
    return CampaignsView(campaigns=campaigns, next_cursor=page.cursor)


#: What open tasks that are not in flight read as, by the status of their campaign.
WAITING_AS = {CampaignStatus.PAUSED: "paused", CampaignStatus.ARCHIVED: "archived"} | {
    CampaignStatus.COMPLETED: "archived"
}


def progress_view(reading: CampaignReading) -> ProgressView:
    """Its tasks by status, and its ended calls by outcome."""
    progress, running = reading.progress, len(reading.in_flight)
    waiting = max(progress.open_tasks - running, 0)
    counts = {"queued": waiting - progress.paused, "running": running, "paused": progress.paused}
    counts |= {"completed": progress.completed, "archived": progress.archived}
    if reading.status in WAITING_AS:
        counts["queued"] = counts["paused"] = 0
        counts[WAITING_AS[reading.status]] += waiting
    return ProgressView(
        total=progress.tasks,
        **counts,
        calls=progress.calls,
        outcomes=dict(progress.outcomes),
        last_finished_at=progress.settled_at,
    )
