"""The settings of a campaign as they come in: who calls, from where, what is said, and when."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelibs.api.bodies import Body, Name, parse, unnamed
from chalicelibs.api.campaign_settings import (
    Intervals,
    InZone,
    Limit,
    MaxAttempts,
    Named,
    Outcomes,
    Prompt,
    named_in,
    plain_in,
    rules_of,
    with_settings,
)
from chalicelibs.api.campaign_tag import tag_of
from chalicelibs.api.etags import check_unedited
from chalicelibs.api.sovereign.schedule import EndTime, StartTime, schedule_of
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import (
    Campaign,
    CampaignKind,
    CampaignState,
    CampaignStatus,
    Dialect,
)
from chalicelibs.domain.errors import Invalid, NotAllowed
from chalicelibs.domain.priority import Level


class SovereignStatus(StrEnum):
    """What a campaign reads as; `scheduled` is active."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PAUSED = "paused"
    COMPLETED = "completed"


#: The status of a campaign by what it reads as natively.
STATUS_OF = {
    CampaignStatus.DRAFT: SovereignStatus.DRAFT,
    CampaignStatus.SCHEDULED: SovereignStatus.SCHEDULED,
    CampaignStatus.RUNNING: SovereignStatus.SCHEDULED,
    CampaignStatus.PAUSED: SovereignStatus.PAUSED,
    CampaignStatus.COMPLETED: SovereignStatus.COMPLETED,
    CampaignStatus.ARCHIVED: SovereignStatus.COMPLETED,
}

#: Where each status may go, and which control leads there.
TRANSITIONS = {
    SovereignStatus.DRAFT: {SovereignStatus.SCHEDULED: "start"},
    SovereignStatus.SCHEDULED: {SovereignStatus.PAUSED: "pause"},
    SovereignStatus.PAUSED: {SovereignStatus.SCHEDULED: "resume"},
    SovereignStatus.COMPLETED: {},
}

#: The spellings of the number to call from; numbers are named by what is dialled.
NUMBERS = ("number_id", "phone_number_id", "phone_number")

#: What the fields that only this dialect has are called natively.
NATIVE = {"assistant_id": "agent_id", "system_message_template": "prompt"}

TIMES = frozenset({"schedule_start_time", "schedule_end_time"})

#: The fields by which a body is known to be in this dialect.
ONLY_HERE = frozenset({*NUMBERS, *NATIVE, *TIMES})

#: Calls of a campaign in flight, unless it says otherwise: the next after the one before.
ONE_AT_A_TIME = 1

AssistantId = Annotated[str, Field(description="Who calls; it must be active.")]
NumberId = Annotated[str, Field(description="The number to call from, E.164.")]
Template = Annotated[
    Prompt, Field(description="Follows the assistant's messages; `{{variable}}` is filled in.")
]


class SovereignCampaign(Body):
    """A new campaign in HMS Sovereign's words; the number in one of its three spellings."""

    name: Name
    assistant_id: AssistantId
    number_id: NumberId | None = None
    phone_number_id: NumberId | None = None
    phone_number: NumberId | None = None
    system_message_template: Template = ""
    schedule_start_time: StartTime | None = None
    schedule_end_time: EndTime | None = None
    timezone: InZone = "UTC"
    status: Literal["draft", "scheduled"] = "draft"
    concurrency_limit: Limit = ONE_AT_A_TIME
    max_attempts: MaxAttempts = 1
    retry_intervals_ms: Intervals | None = None
    retry_outcomes: Outcomes = Field(default_factory=list)


class SovereignChanges(Body):
    """A change of a campaign in HMS Sovereign's words: what it does not name stays as it is."""

    name: Name = unnamed()
    assistant_id: AssistantId = unnamed()
    number_id: NumberId = unnamed()
    phone_number_id: NumberId = unnamed()
    phone_number: NumberId = unnamed()
    system_message_template: Template = unnamed()
    schedule_start_time: StartTime | None = unnamed()
    schedule_end_time: EndTime | None = unnamed()
    timezone: InZone = unnamed()
    status: SovereignStatus = unnamed()
    concurrency_limit: Limit = unnamed()
    max_attempts: MaxAttempts = unnamed()
    retry_intervals_ms: Intervals = unnamed()
    retry_outcomes: Outcomes = unnamed()


class Edit(NamedTuple):
    """What is asked of a campaign, and when."""

    raw: bytes
    if_match: str | None  #: None: whatever the campaign is like now.
    now: datetime


def new(raw: bytes, *, workspace_id: str, campaign_id: str, now: datetime) -> Campaign:
    """A new campaign: a batch that remembers in whose words it was made."""
    body = parse(SovereignCampaign, raw)
    named = {"concurrency_limit": ONE_AT_A_TIME, **native_of(named_in(body), None)}
    is_draft = body.status == "draft"
    return Campaign(
        campaign_id=campaign_id,
        workspace_id=workspace_id,
        kind=CampaignKind.BATCH,
        state=CampaignState.DRAFT if is_draft else CampaignState.ACTIVE,
        dialect=Dialect.SOVEREIGN,
        rules=rules_of(named, None, zone=body.timezone, level=Level.NORMAL, is_batch=True),
        created_at=now,
        **plain_in(named),
    )


def change(asked: Edit, status: CampaignStatus) -> Callable[[Campaign], Campaign]:
    """What makes of a campaign that reads so the one that a change wants."""
    named = named_in(parse(SovereignChanges, asked.raw))

    def changed(campaign: Campaign) -> Campaign:
        check_unedited(asked.if_match, tag_of(campaign))
        settings = native_of(named, campaign.rules.hours if campaign.rules else None)
        edited = with_settings(campaign, settings) if settings else campaign
        if "status" not in named:
            return edited
        return with_status(edited, named["status"], status, asked.now)

    return changed


def native_of(named: Named, hours: CallingHours | None) -> dict[str, Any]:
    """The settings that are named, as they are called natively.

    Args:
        named: what a body names.
        hours: the calling hours so far.
    """
    special = {*NUMBERS, *TIMES, "status"}
    plain = {NATIVE.get(name, name): named[name] for name in named.keys() - special}
    numbers = {named[name] for name in NUMBERS if named.get(name) is not None}
    if len(numbers) > 1:
        raise Invalid(f"send the number once: as one of {', '.join(NUMBERS)}", "phone_number")
    if numbers:
        plain["caller_id"] = numbers.pop()
    if TIMES & named.keys():
        plain["calling_hours"] = schedule_of(named, hours)
    return plain


def with_status(
    campaign: Campaign, wanted: SovereignStatus, reads_as: CampaignStatus, now: datetime
) -> Campaign:
    """The campaign, started, paused or resumed; the status it has changes nothing.

    Raises:
        NotAllowed: saying which statuses may follow.
    """
    # Whoever is over may not have been told yet: the clock and the counts make it so.
    is_over = campaign.is_closed or STATUS_OF[reads_as] is SovereignStatus.COMPLETED
    current = SovereignStatus.COMPLETED if is_over else STATUS_OF_STATE[campaign.state]
    if wanted is current:
        return campaign
    following = TRANSITIONS[current]
    if wanted not in following:
        may = f"may become {', '.join(following)}" if following else "stays so"
        raise NotAllowed(f"cannot become {wanted}: a campaign that is {current} {may}", "status")
    return campaign.move(following[wanted], now)


#: The status of a campaign that is not over by its state.
STATUS_OF_STATE = {
    CampaignState.DRAFT: SovereignStatus.DRAFT,
    CampaignState.ACTIVE: SovereignStatus.SCHEDULED,
    CampaignState.PAUSED: SovereignStatus.PAUSED,
}
