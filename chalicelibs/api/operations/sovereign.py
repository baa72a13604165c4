"""The paths of HMS Sovereign (docs/dialects.md)."""

from dataclasses import replace

from chalicelibs.api import examples
from chalicelibs.api.dialects import PREFIX
from chalicelibs.api.operations.operation import ListOf, Operation
from chalicelibs.api.operations.parameters import ETAG, IF_MATCH, paging, query_of
from chalicelibs.api.pushes import MOST_TASKS
from chalicelibs.api.sovereign.calls import (
    SovereignCallQuery,
    SovereignCallsView,
    SovereignCallView,
)
from chalicelibs.api.sovereign.campaigns import SovereignCampaignsView, SovereignCampaignView
from chalicelibs.api.sovereign.leads import (
    AddedLeadsView,
    LeadQuery,
    LeadsView,
    LeadView,
    NewLead,
    NewLeads,
)
from chalicelibs.api.sovereign.settings import SovereignCampaign, SovereignChanges

LEADS = (
    Operation(
        name="add_leads",
        method="POST",
        path="/campaigns/{campaign_id}/leads",
        tag="HMS Sovereign",
        summary="Add a lead, or a list of leads",
        description=f"Of a list (at most {MOST_TASKS}) each lead is judged for itself: the answer "
        "holds a lead or an error for each.",
        body=(ListOf(model=NewLead, most=MOST_TASKS), NewLeads),
        examples=examples.LEADS,
        answers={201: (LeadView, AddedLeadsView)},
    ),
    Operation(
        name="list_leads",
        method="GET",
        path="/campaigns/{campaign_id}/leads",
        tag="HMS Sovereign",
        summary="List the leads of a campaign",
        answers={200: (LeadsView,)},
        parameters=(*paging("tasks"), *query_of(LeadQuery)),
    ),
    Operation(
        name="get_lead",
        method="GET",
        path="/campaigns/{campaign_id}/leads/{lead_id}",
        tag="HMS Sovereign",
        summary="Show a lead",
        answers={200: (LeadView,)},
    ),
)

#: Where everything is in HMS Sovereign's words.
V1 = (
    Operation(
        name="create_campaign",
        method="POST",
        path=f"{PREFIX}campaigns",
        tag="HMS Sovereign",
        summary="Create a campaign",
        description="It begins as a draft, unless its status is `scheduled`.",
        body=SovereignCampaign,
        examples=examples.SOVEREIGN_CAMPAIGN,
        answers={201: (SovereignCampaignView,)},
        headers=(ETAG,),
    ),
    Operation(
        name="list_campaigns",
        method="GET",
        path=f"{PREFIX}campaigns",
        tag="HMS Sovereign",
        summary="List the campaigns, newest first",
        answers={200: (SovereignCampaignsView,)},
        parameters=paging("campaigns"),
    ),
    Operation(
        name="get_campaign",
        method="GET",
        path=f"{PREFIX}campaigns/{{campaign_id}}",
        tag="HMS Sovereign",
        summary="Show a campaign and how far it has come",
        answers={200: (SovereignCampaignView,)},
        headers=(ETAG,),
    ),
    Operation(
        name="edit_campaign",
        method="PATCH",
        path=f"{PREFIX}campaigns/{{campaign_id}}",
        tag="HMS Sovereign",
        summary="Change what is named of a campaign; `scheduled` starts it",
        description="A status that cannot follow the one it has: 409.",
        body=SovereignChanges,
        examples=examples.SOVEREIGN_CHANGES,
        answers={200: (SovereignCampaignView,)},
        parameters=(IF_MATCH,),
        headers=(ETAG,),
        also=frozenset({409, 412}),
    ),
    *(replace(one, path=f"{PREFIX}{one.path.removeprefix('/')}") for one in LEADS),
    Operation(
        name="list_results",
        method="GET",
        path=f"{PREFIX}calls",
        tag="HMS Sovereign",
        summary="List the ended calls of all campaigns with their results, newest first",
        answers={200: (SovereignCallsView,)},
        parameters=(*paging("calls"), *query_of(SovereignCallQuery)),
    ),
    Operation(
        name="get_result",
        method="GET",
        path=f"{PREFIX}calls/{{call_id}}",
        tag="HMS Sovereign",
        summary="Show a call: transcript, duration, analysis, recording",
        answers={200: (SovereignCallView,)},
    ),
)
