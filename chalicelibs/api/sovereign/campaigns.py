"""Campaigns as they are shown: with their leads counted."""

from typing import Any

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.api.campaigns import progress_view
from chalicelibs.api.sovereign.schedule import text_of
from chalicelibs.api.sovereign.settings import STATUS_OF, SovereignStatus
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.rules import Rules
from chalicelibs.ports.pages import Page
from chalicelibs.use_cases.manage_campaigns import CampaignReading


class SovereignCampaignView(View):
    """A campaign in HMS Sovereign's words, and how far it has come."""

    id: str
    name: str
    status: SovereignStatus
    paused_for: str | None = Field(
        description="Why a brake paused it; null where somebody did, and while it is not paused."
    )
    assistant_id: str | None
    number_id: str | None = Field(description="The number to call from, E.164.")
    phone_number: str | None = Field(description="The same: numbers are named by themselves.")
    system_message_template: str
    schedule_start_time: str | None = Field(description="null: calls start at any time.")
    schedule_end_time: str | None
    timezone: str = Field(description="An IANA name, like `Europe/Amsterdam`.")
    concurrency_limit: int | None = Field(description="Its calls in flight.")
    max_attempts: int | None = Field(description="All attempts, the first included.")
    retry_intervals_ms: list[int] | None = Field(description="Pauses, from the end of an attempt.")
    retry_outcomes: list[str] | None = Field(description="Tried again besides the usual ones.")
    total_leads: int
    completed_leads: int = Field(description="Leads that are processed, however they ended.")
    current_call_id: str | None = Field(description="The first of its calls in flight.")
    last_lead_processed_at: At | None
    created_at: At


#: The fields that are null where a realtime campaign leaves its rules to its tasks.
RULES = (
    *("assistant_id", "number_id", "phone_number", "schedule_start_time", "schedule_end_time"),
    *("max_attempts", "retry_intervals_ms", "retry_outcomes"),
)


class SovereignCampaignsView(View):
    """A page of campaigns in HMS Sovereign's words, newest first."""

    campaigns: list[SovereignCampaignView]
    next_cursor: str | None = Field(description="Where the next page begins; null: at the end.")


def view(reading: CampaignReading) -> SovereignCampaignView:
    """A campaign."""
    campaign, progress = reading.campaign, progress_view(reading)
    return SovereignCampaignView(
        id=campaign.campaign_id,
        name=campaign.name,
        status=STATUS_OF[reading.status],
        paused_for=campaign.paused_for,
        **(dict.fromkeys(RULES) if campaign.rules is None else fields_of(campaign.rules)),
        system_message_template=campaign.prompt,
        timezone=campaign.zone,
        concurrency_limit=campaign.concurrency_limit,
        total_leads=progress.total,
        completed_leads=progress.completed + progress.archived,
        current_call_id=next(iter(reading.in_flight), None),
        last_lead_processed_at=progress.last_finished_at,
        created_at=campaign.created_at,
    )


def fields_of(rules: Rules) -> dict[str, Any]:
    """What `RULES` hold."""
    hours = rules.hours
    return {
        "assistant_id": rules.agent_id,
        "number_id": rules.caller_id,
        "phone_number": rules.caller_id,
        "schedule_start_time": None if hours is None else text_of(hours.opens),
        "schedule_end_time": None if hours is None else text_of(hours.closes),
        "max_attempts": rules.retry.max_attempts,
        "retry_intervals_ms": [interval // MILLISECOND for interval in rules.retry.intervals],
        "retry_outcomes": sorted(rules.retry.retry_outcomes),
    }


def page_view(page: Page[CampaignReading]) -> SovereignCampaignsView:
    """A page of campaigns."""
    campaigns = [view(reading) for reading in page.items]
    return SovereignCampaignsView(campaigns=campaigns, next_cursor=page.cursor)
