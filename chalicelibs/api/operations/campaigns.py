"""Campaigns: made, shown, changed, steered and explained."""

from chalicelibs.api import examples
from chalicelibs.api.activity import ActivityQuery, ActivityView
from chalicelibs.api.campaign_settings import CampaignChanges, NewCampaign
from chalicelibs.api.campaigns import CampaignView, CreatedCampaignView
from chalicelibs.api.dialects import CampaignsView
from chalicelibs.api.explanations import CampaignExplanationView
from chalicelibs.api.operations.operation import Operation
from chalicelibs.api.operations.parameters import DIALECT, ETAG, IF_MATCH, paging, query_of
from chalicelibs.api.sovereign.campaigns import SovereignCampaignView
from chalicelibs.api.sovereign.settings import SovereignCampaign, SovereignChanges


def control(name: str, summary: str) -> Operation:
    """A step in the life of a campaign."""
    return Operation(
        name=f"{name}_campaign",
        method="POST",
        path=f"/campaigns/{{campaign_id}}/{name}",
        tag="Campaigns",
        summary=summary,
        description="Repeating it changes nothing. It takes no body.",
        answers={200: (CampaignView, SovereignCampaignView)},
        headers=(ETAG,),
        also=frozenset({409}),
    )


CAMPAIGNS = (
    Operation(
        name="create_campaign",
        method="POST",
        path="/campaigns",
        tag="Campaigns",
        summary="Create a campaign",
        description="A batch begins as a draft unless `draft` is false. A realtime campaign may "
        "leave its rules to its tasks; whoever sets one of them names agent and number, too.",
        body=(NewCampaign, SovereignCampaign),
        examples={**examples.CAMPAIGN, **examples.SOVEREIGN_CAMPAIGN},
        answers={201: (CreatedCampaignView, SovereignCampaignView)},
        headers=(ETAG,),
    ),
    Operation(
        name="list_campaigns",
        method="GET",
        path="/campaigns",
        tag="Campaigns",
        summary="List the campaigns, newest first",
        answers={200: (CampaignsView,)},
        parameters=(*paging("campaigns"), DIALECT),
    ),
    Operation(
        name="get_campaign",
        method="GET",
        path="/campaigns/{campaign_id}",
        tag="Campaigns",
        summary="Show a campaign and how far it has come",
        answers={200: (CampaignView, SovereignCampaignView)},
        parameters=(DIALECT,),
        headers=(ETAG,),
    ),
    Operation(
        name="show_activity",
        method="GET",
        path="/campaigns/{campaign_id}/activity",
        tag="Campaigns",
        summary="Show what went on over time, and attempt by attempt",
        answers={200: (ActivityView,)},
        parameters=query_of(ActivityQuery),
    ),
    Operation(
        name="edit_campaign",
        method="PATCH",
        path="/campaigns/{campaign_id}",
        tag="Campaigns",
        summary="Change what is named of a campaign's settings",
        description="It counts at once for all tasks that wait, but for what they set themselves. "
        "A campaign that is completed or archived changes no more: 409.",
        body=(CampaignChanges, SovereignChanges),
        examples={**examples.CAMPAIGN_CHANGES, **examples.SOVEREIGN_CHANGES},
        answers={200: (CampaignView, SovereignCampaignView)},
        parameters=(IF_MATCH, DIALECT),
        headers=(ETAG,),
        also=frozenset({409, 412}),
    ),
    control("start", "Start a draft"),
    control("pause", "Pause a campaign: no call of it starts any more"),
    control("resume", "Resume a paused campaign"),
    control("archive", "End a campaign for good; calls in flight finish"),
    Operation(
        name="explain_campaign",
        method="GET",
        path="/campaigns/{campaign_id}/explain",
        tag="Campaigns",
        summary="Say why a campaign does or does not call now, and when it can next",
        description="It asks what a dispatch asks, and touches nothing.",
        answers={200: (CampaignExplanationView,)},
    ),
)
