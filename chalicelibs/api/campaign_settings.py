"""The settings of a campaign as they come in: all of them at its creation, some in a change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chalicelibs.api.bodies import (
    Body,
    Instant,
    Interval,
    Name,
    Whole,
    Zone,
    milliseconds,
    parse,
    unnamed,
)
from chalicelibs.api.brakes import DailyBudget, FailureBrakeBody, brakes_of
from chalicelibs.api.campaign_tag import tag_of
from chalicelibs.api.etags import check_unedited
from chalicelibs.api.hours import Hours
from chalicelibs.domain.brakes import Brakes
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.retry import MOST_ATTEMPTS, RetryPolicy, fitted
from chalicelibs.domain.rules import Rules

#: Letters of the text that follows the agent's own.
LONGEST_PROMPT = 20_000


def _lower_case(value: Any) -> Any:
    """`High` is `high`, as the seeds write it."""
    return value.lower() if isinstance(value, str) else value


AgentId = Annotated[str, Field(description="Who calls; a batch needs one.")]
CallerId = Annotated[str, Field(description="The number shown, E.164; a batch needs one.")]
Priority = Annotated[
    Level, BeforeValidator(_lower_case), Field(description="Which campaign goes first.")
]
InZone = Annotated[Zone, Field(description="An IANA name, like `Europe/Madrid`.")]
OpenHours = Annotated[Hours | None, Field(description="null: calls start at any time.")]
StartAt = Annotated[Instant | None, Field(description="No call starts before that.")]
EndAt = Annotated[
    Instant | None, Field(description="No call starts from then on; what waits is archived.")
]
MaxAttempts = Annotated[
    Whole, Field(ge=1, le=MOST_ATTEMPTS, description="All attempts, the first included.")
]
Retries = Annotated[
    Whole,
    Field(ge=0, le=MOST_ATTEMPTS - 1, description="Attempts after the first; or `max_attempts`."),
]
Intervals = Annotated[
    list[Interval],
    Field(description="Pauses between attempts, one fewer than attempts; default: an hour."),
]
OneInterval = Annotated[Interval, Field(description="The same pause between all attempts.")]
Outcomes = Annotated[
    list[str],
    Field(max_length=50, description="Outcomes to try again after, besides the usual ones."),
]
Outside = Annotated[
    bool, Field(description="Whether a callback may come when the calling hours are over.")
]
Limit = Annotated[
    Annotated[Whole, Field(ge=1, le=10_000)] | None,
    Field(description="Its calls in flight, besides the workspace's limit."),
]
Prompt = Annotated[
    str,
    Field(
        max_length=LONGEST_PROMPT,
        description="Follows the agent's own prompt, with `{{places}}` for the context.",
    ),
]
Status = Annotated[
    Literal["scheduled", "running", "paused", "archived"],
    Field(description="`scheduled` and `running` start or resume it."),
]


class NewCampaign(Body):
    """A new campaign: who calls, when, how often and how urgently."""

    name: Name
    type: CampaignKind = Field(
        CampaignKind.BATCH,
        description="`batch`: a list of contacts. `realtime`: tasks are pushed one by one.",
    )
    agent_id: AgentId | None = None
    caller_id: CallerId | None = None
    priority: Priority = Level.NORMAL
    timezone: InZone = "UTC"
    calling_hours: OpenHours = None
    start_at: StartAt = None
    end_at: EndAt = None
    max_attempts: MaxAttempts = 1
    retries: Retries | None = None
    retry_intervals_ms: Intervals | None = None
    retry_interval_ms: OneInterval | None = None
    retry_outcomes: Outcomes = Field(default_factory=list)
    callbacks_outside_hours: Outside = False
    concurrency_limit: Limit = None
    prompt: Prompt = ""
    failure_brake: FailureBrakeBody | None = Field(
        default_factory=lambda: FailureBrakeBody(),
        description="null: failing calls do not pause it.",
    )
    daily_budget: DailyBudget | None = None
    draft: bool | None = Field(None, description="Batch campaigns begin as drafts by default.")


class CampaignChanges(Body):
    """A change of a campaign: what it does not name stays as it is."""

    name: Name = unnamed()
    agent_id: AgentId = unnamed()
    caller_id: CallerId = unnamed()
    priority: Priority = unnamed()
    timezone: InZone = unnamed()
    calling_hours: OpenHours = unnamed()
    start_at: StartAt = unnamed()
    end_at: EndAt = unnamed()
    max_attempts: MaxAttempts = unnamed()
    retries: Retries = unnamed()
    retry_intervals_ms: Intervals = unnamed()
    retry_interval_ms: OneInterval = unnamed()
    retry_outcomes: Outcomes = unnamed()
    callbacks_outside_hours: Outside = unnamed()
    concurrency_limit: Limit = unnamed()
    prompt: Prompt = unnamed()
    failure_brake: FailureBrakeBody | None = unnamed()
    daily_budget: DailyBudget | None = unnamed()
    status: Status = unnamed()


#: What is named of the settings, by field.
Named = Mapping[str, Any]

#: The fields that say how a campaign's tasks are called. Priority and zone count without them.
RULES = frozenset(
    {
        *("agent_id", "caller_id", "calling_hours", "callbacks_outside_hours"),
        *("max_attempts", "retries", "retry_intervals_ms", "retry_interval_ms", "retry_outcomes"),
    }
)

#: The fields that a campaign holds as they come in.
PLAIN = {"name": "name", "priority": "level", "timezone": "zone"} | {
    name: name for name in ("start_at", "end_at", "concurrency_limit", "prompt")
}

#: Which control leads to a status, by the state that the campaign is in.
CONTROLS = {
    ("scheduled", CampaignState.DRAFT): "start",
    ("running", CampaignState.DRAFT): "start",
    ("scheduled", CampaignState.PAUSED): "resume",
    ("running", CampaignState.PAUSED): "resume",
    ("scheduled", CampaignState.ACTIVE): None,
    ("running", CampaignState.ACTIVE): None,
}


def new(raw: bytes, *, workspace_id: str, campaign_id: str, now: datetime) -> Campaign:
    """A new campaign."""
    body = parse(NewCampaign, raw)
    named = named_in(body)
    is_batch = body.type is CampaignKind.BATCH
    is_draft = is_batch if body.draft is None else body.draft
    return Campaign(
        campaign_id=campaign_id,
        workspace_id=workspace_id,
        kind=body.type,
        state=CampaignState.DRAFT if is_draft else CampaignState.ACTIVE,
        rules=rules_of(named, None, zone=body.timezone, level=body.priority, is_batch=is_batch),
        brakes=brakes_of(named, Brakes()),
        created_at=now,
        **plain_in(named),
    )


def change(raw: bytes, if_match: str | None, now: datetime) -> Callable[[Campaign], Campaign]:
    """What makes of a campaign the one that a change wants.

    Args:
        raw: the body.
        if_match: the header `If-Match`; None: whatever the campaign is like now.
        now: when it is asked for.
    """
    named = named_in(parse(CampaignChanges, raw))

    def changed(campaign: Campaign) -> Campaign:
        check_unedited(if_match, tag_of(campaign))
        settings = {name: value for name, value in named.items() if name != "status"}
        edited = with_settings(campaign, settings) if settings else campaign
        return with_status(edited, named["status"], now) if "status" in named else edited

    return changed


def named_in(body: Body) -> Named:
    """What a body names."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def plain_in(named: Named) -> dict[str, Any]:
    """The settings that stand in a campaign as they come in."""
    return {field: named[name] for name, field in PLAIN.items() if name in named}


def with_settings(campaign: Campaign, named: Named) -> Campaign:
    """The campaign with these settings.

    Raises:
        NotAllowed: when it is over.
        Invalid: naming what is wrong, or does not fit to the rest.
    """
    plain = plain_in(named)
    rules = rules_of(
        named,
        campaign.rules,
        zone=plain.get("zone", campaign.zone),
        level=plain.get("level", campaign.level),
        is_batch=campaign.kind is CampaignKind.BATCH,
    )
    return campaign.edited(rules=rules, brakes=brakes_of(named, campaign.brakes), **plain)


def with_status(campaign: Campaign, status: str, now: datetime) -> Campaign:
    """The campaign, started, paused, resumed or archived.

    Raises:
        NotAllowed: when its state does not let that happen.
    """
    usual = {"paused": "pause", "archived": "archive"}.get(status, "resume")
    control = CONTROLS.get((status, campaign.state), usual)
    return campaign if control is None else campaign.move(control, now)


def rules_of(
    named: Named, old: Rules | None, *, zone: str, level: Level, is_batch: bool
) -> Rules | None:
    """The rules that follow; a realtime campaign that names none leaves all of them to its tasks.

    Raises:
        Invalid: naming what is missing or wrong.
    """
    if old is None and not is_batch and not RULES & named.keys():
        return None
    agent_id = named.get("agent_id", old and old.agent_id)
    caller_id = named.get("caller_id", old and old.caller_id)
    if not agent_id:
        raise Invalid("say which agent calls: a campaign's rules need one", "agent_id")
    if not caller_id:
        raise Invalid("say from which number to call: a campaign's rules need it", "caller_id")
    retry = retry_of(named, old.retry if old else RetryPolicy())
    outside = named.get("callbacks_outside_hours", old is not None and old.callbacks_outside_hours)
    return Rules(
        agent_id=agent_id,
        caller_id=parse_phone(caller_id, param="caller_id"),
        hours=hours_of(named, old.hours if old else None, zone),
        retry=retry,
        priorities=per_attempt(level, retry.max_attempts),
        callbacks_outside_hours=outside,
    )


def hours_of(named: Named, old: CallingHours | None, zone: str) -> CallingHours | None:
    """The calling hours that follow; they move with the campaign's zone."""
    if "calling_hours" not in named:
        return old and replace(old, zone=zone)
    asked: Hours | None = named["calling_hours"]
    return None if asked is None else asked.to_domain(zone)


def retry_of(named: Named, old: RetryPolicy) -> RetryPolicy:
    """How tasks are tried again from now on.

    Raises:
        Invalid: when the number of attempts is told twice, or the intervals do not fit to it.
    """
    attempts = attempts_of(named, old.max_attempts)
    chosen = named.get("retry_outcomes")
    outcomes = old.retry_outcomes if chosen is None else frozenset(map(normal_name, chosen))
    return RetryPolicy(
        max_attempts=attempts,
        intervals=intervals_of(named, old, attempts),
        retry_outcomes=outcomes,
    )


def attempts_of(named: Named, old: int) -> int:
    """All attempts: as they are told, in one of two ways."""
    retries = named.get("retries")
    if retries is None:
        return int(named.get("max_attempts", old))
    if "max_attempts" in named and named["max_attempts"] != retries + 1:
        raise Invalid("says otherwise than max_attempts: send one of the two", "retries")
    return int(retries) + 1


def intervals_of(named: Named, old: RetryPolicy, attempts: int) -> tuple[timedelta, ...]:
    """The pauses: a list, one for all, or those there were."""
    one, listed = named.get("retry_interval_ms"), named.get("retry_intervals_ms")
    if one is not None and listed is not None:
        message = "says otherwise than retry_intervals_ms: send one of the two"
        raise Invalid(message, "retry_interval_ms")
    if one is not None:
        return (milliseconds(one),) * (attempts - 1)
    if listed is None:
        return fitted(old.intervals, attempts - 1)
    if len(listed) != attempts - 1:
        needed = attempts - 1
        raise Invalid(f"must have {needed} entries, one fewer than attempts", "retry_intervals_ms")
    return tuple(map(milliseconds, listed))
