"""Every operation of the API in one table: what it takes, what it answers, how it refuses.

A new route stands here, too, or a test fails. What many operations share is worked out: errors
from keys, paths and bodies, the parameters of a path from the path.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelibs.api import examples
from chalicelibs.api.activity import ActivityQuery, ActivityView
from chalicelibs.api.agents import (
    AgentChanges,
    AgentsView,
    AgentView,
    NewAgent,
    NewNumber,
    NumberChanges,
    NumbersView,
    NumberView,
)
from chalicelibs.api.bodies import Body, View
from chalicelibs.api.calls import CallLogView, CallsView, CallView
from chalicelibs.api.campaign_settings import CampaignChanges, NewCampaign
from chalicelibs.api.campaigns import CampaignView, CreatedCampaignView
from chalicelibs.api.carriers import (
    CarriersView,
    CarrierView,
    HttpCarrier,
    RetellCarrier,
    SignalWireCarrier,
    TelnyxCarrier,
    TwilioCarrier,
    VapiCarrier,
)
from chalicelibs.api.contacts import ErasedView
from chalicelibs.api.dead_letters import DeadLettersView, Redrive, RedrivenView
from chalicelibs.api.dialects import PREFIX, CampaignsView
from chalicelibs.api.examples import Examples
from chalicelibs.api.explanations import CampaignExplanationView, TaskExplanationView
from chalicelibs.api.exports import ExportsView, ExportView, NewExport
from chalicelibs.api.http import CSV, CURSORS, DEFAULT_PAGE, LARGEST_PAGE
from chalicelibs.api.imports import (
    DryRunView,
    ImportsView,
    ImportView,
    MissingView,
    NewImportView,
    PreviewsView,
    RejectedRowsView,
)
from chalicelibs.api.keys import KeyChanges, KeysView, KeyView, NewKey, NewKeyView
from chalicelibs.api.pushes import MOST_TASKS, NewTask, PushedView, ResultsView
from chalicelibs.api.readings import ImportQuery, NewImport
from chalicelibs.api.scopes import OPERATORS, needed_for
from chalicelibs.api.searches import CallQuery, CurrentQuery, TaskQuery
from chalicelibs.api.sessions import NewSession, SessionsView
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
from chalicelibs.api.tasks import TaskDetailsView, TasksView, TaskView
from chalicelibs.api.workspaces import Limits, NewWorkspace, OpenedView, WorkspaceView
from chalicelibs.domain.campaign import Dialect
from chalicelibs.domain.scope import Scope

Json = dict[str, Any]


class StatusView(View):
    """What became of a request that gives nothing back."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a request may carry besides its body."""

    name: str
    description: str
    schema: Json
    place: str = "query"
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an answer carries besides its body."""

    name: str
    description: str
    schema: Json = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A body of one, or of a list of at most so many."""

    model: type[Body]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBody:
    """Text that may be sent in place of JSON."""

    media_type: str
    description: str
    examples: Mapping[str, str]
    status: int  #: With which it is answered.


#: What a request may carry: one of these.
Bodies = type[Body] | ListOf | tuple[type[Body] | ListOf, ...] | None

#: Where a model is described in the document.
SCHEMAS = "#/components/schemas/{model}"

#: An answer is one of these models, or text of a media type.
Answers = tuple[type[View], ...] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route with one method."""

    name: str  #: That of its function in app.py.
    method: str
    path: str
    tag: str
    summary: str
    description: str = ""
    body: Bodies = None
    examples: Examples = field(default_factory=dict)  #: Bodies that work, by name.
    text: TextBody | None = None
    answers: Mapping[int, Answers]
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[Header, ...] = ()
    also: frozenset[int] = frozenset()  #: Errors besides those that are worked out.
    needs_key: bool = True

    @property
    def id(self) -> str:
        """Its name in the description: one function may answer under two paths."""
        return f"{self.name}_v1" if self.path.startswith(PREFIX) else self.name

    @property
    def scope(self) -> Scope | None:
        """What its key must be for; None where no key is asked for, or the operator's."""
        is_operators = f"{self.method} {self.path}" in OPERATORS
        return needed_for(self.method, self.path) if self.needs_key and not is_operators else None

    @property
    def about(self) -> str:
        """What there is to say beyond its summary."""
        needed = "" if self.scope is None else f"Needs a key with the scope `{self.scope}`."
        return " ".join(filter(None, (self.description, needed)))

    @property
    def is_repeatable(self) -> bool:
        """Whether a request may be sent again under the same `Idempotency-Key`."""
        return self.needs_key and self.method == "POST"

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Its own parameters, and those that many operations take."""
        return (*self.parameters, *((IDEMPOTENCY_KEY,) if self.is_repeatable else ()))

    @property
    def all_headers(self) -> tuple[Header, ...]:
        """Its own headers, and those that many answers carry."""
        replayed = (REPLAYED,) if self.is_repeatable else ()
        return (*self.headers, *replayed, *(RATES if self.needs_key else ()))

    @property
    def errors(self) -> frozenset[int]:
        """The statuses with which it may refuse."""
        found = {400, 429, 500, *self.also}
        found |= {401, 403} if self.needs_key else set()
        found |= {404} if "{" in self.path else set()
        found |= {409, 422} if self.is_repeatable else set()
        found |= {413, 415} if self.method != "GET" else set()
        found |= {422} if self.body is not None or self.parameters else set()
        return frozenset(found)


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    description="For 24 hours the same request under the same key has the same answer.",
    schema={"type": "string", "pattern": "^[!-~]{1,255}$"},
    place="header",
)

REPLAYED = Header(
    name="Idempotency-Replayed", description="`true`: this was answered before, to the same key."
)

WHOLE: Json = {"type": "integer"}

RATES = (
    Header(
        name="X-RateLimit-Limit", description="Requests a minute that the key has.", schema=WHOLE
    ),
    Header(name="X-RateLimit-Remaining", description="What is left of them.", schema=WHOLE),
    Header(
        name="X-RateLimit-Reset",
        description="The epoch second at which the next minute begins.",
        schema=WHOLE,
    ),
)


def paging(items: str) -> tuple[Parameter, ...]:
    """What a list takes that comes in pages."""
    size = {"minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE}
    return (
        Parameter(name="limit", description="How many to list at most.", schema={**WHOLE, **size}),
        Parameter(
            name="cursor",
            description="`next_cursor` of the page before, as it is.",
            schema={"type": "string", "pattern": f"^{CURSORS[items]}$"},
        ),
    )


ERASING_CURSOR = Parameter(
    name="cursor",
    description="`next_cursor` of the request before, as it is.",
    schema={"type": "string", "pattern": f"^{CURSORS['contacts']}$"},
)


def query_of(model: type[Body]) -> tuple[Parameter, ...]:
    """The parameters that a query's model describes; a query gives no null."""
    properties = model.model_json_schema(by_alias=False, ref_template=SCHEMAS)["properties"]
    return tuple(
        Parameter(name=name, description=about.pop("description"), schema=not_null(about))
        for name, about in properties.items()
    )


def not_null(schema: Json) -> Json:
    """The schema of a value that may be left out, but not be null."""
    given = [one for one in schema["anyOf"] if one != {"type": "null"}]
    return dict(given[0]) if len(given) == 1 else {"anyOf": given}


#: Which reading of a thing an answer shows.
ETAG = Header(name="ETag", description="Changes with what can be edited; send it as `If-Match`.")

IF_MATCH = Parameter(
    name="If-Match",
    description="The `ETag` of what was read: 412 if somebody else has edited it since.",
    schema={"type": "string"},
    place="header",
)

#: In whose words to be answered.
DIALECT = Parameter(
    name="dialect",
    description="In whose words to show campaigns; by default each in those it was made in.",
    schema={"type": "string", "enum": list(Dialect)},
)

#: What the parts of a path are.
PATH_PARTS = {
    "agent_id": "The id of an agent.",
    "call_id": "The id of a call.",
    "campaign_id": "The id of a campaign.",
    "carrier": "The name of a carrier.",
    "export_id": "The id of an export.",
    "file": "The name of a file.",
    "import_id": "The id of an import.",
    "key_id": "The id of a key.",
    "lead_id": "The id of a lead.",
    "name": "What a carrier is called: lower case letters, digits, - and _.",
    "phone": "A number, E.164; its + as it is or as %2B.",
    "task_id": "The id of a task.",
    "version": "The version of the viewer's files.",
    "workspace_id": "The id of the workspace whose carrier it is.",
}

WORKSPACE = (
    Operation(
        name="open_workspace",
        method="POST",
        path="/workspaces",
        tag="Workspace",
        summary="Open a workspace",
        description="Only the operator's key opens one. The answer holds its first API key.",
        body=NewWorkspace,
        examples=examples.WORKSPACE,
        answers={201: (OpenedView,)},
    ),
    Operation(
        name="get_workspace",
        method="GET",
        path="/workspace",
        tag="Workspace",
        summary="Show the workspace of the key",
        answers={200: (WorkspaceView,)},
    ),
    Operation(
        name="set_limits",
        method="PUT",
        path="/workspace/limits",
        tag="Workspace",
        summary="Change the limits of the workspace",
        description="They count from the next call on; calls in flight go on.",
        body=Limits,
        examples=examples.LIMITS,
        answers={200: (WorkspaceView,)},
    ),
)

CARRIERS = (
    Operation(
        name="list_carriers",
        method="GET",
        path="/workspace/carriers",
        tag="Carriers",
        summary="List the carriers that the workspace brings",
        answers={200: (CarriersView,)},
    ),
    Operation(
        name="get_carrier",
        method="GET",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Show a carrier, and whether it is asked for calls",
        answers={200: (CarrierView,)},
    ),
    Operation(
        name="set_carrier",
        method="PUT",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Set a carrier up, or anew",
        description="Secrets are named and never sent: store them first (docs/carriers.md). It "
        "counts from the next call on; a carrier that was paused is asked again.",
        body=(
            TwilioCarrier,
            SignalWireCarrier,
            TelnyxCarrier,
            RetellCarrier,
            VapiCarrier,
            HttpCarrier,
        ),
        examples=examples.CARRIER,
        answers={200: (CarrierView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="remove_carrier",
        method="DELETE",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Forget a carrier",
        description="While agents or numbers name it: 409.",
        answers={200: (CarrierView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="resume_carrier",
        method="POST",
        path="/workspace/carriers/{name}/resume",
        tag="Carriers",
        summary="Ask a carrier again that rests or is paused",
        description="Repeating it changes nothing. It takes no body.",
        answers={200: (CarrierView,)},
    ),
)

KEYS = (
    Operation(
        name="list_keys",
        method="GET",
        path="/keys",
        tag="Workspace",
        summary="List the keys of the workspace",
        answers={200: (KeysView,)},
    ),
    Operation(
        name="create_key",
        method="POST",
        path="/keys",
        tag="Workspace",
        summary="Make another key",
        description="What to send to use it is told only now.",
        body=NewKey,
        examples=examples.KEY,
        answers={201: (NewKeyView,)},
    ),
    Operation(
        name="change_key",
        method="PATCH",
        path="/keys/{key_id}",
        tag="Workspace",
        summary="Change the name of a key, what it may do, or how often it may ask",
        body=KeyChanges,
        examples=examples.KEY_CHANGES,
        answers={200: (KeyView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="revoke_key",
        method="DELETE",
        path="/keys/{key_id}",
        tag="Workspace",
        summary="Let a key open nothing any more",
        description="The last key that may manage a workspace stays: 409.",
        answers={200: (KeyView,)},
        also=frozenset({409}),
    ),
)

AGENTS = (
    Operation(
        name="create_agent",
        method="POST",
        path="/agents",
        tag="Agents and numbers",
        summary="Create an agent",
        body=NewAgent,
        examples=examples.AGENT,
        answers={201: (AgentView,)},
        headers=(ETAG,),
    ),
    Operation(
        name="list_agents",
        method="GET",
        path="/agents",
        tag="Agents and numbers",
        summary="List the agents",
        answers={200: (AgentsView,)},
    ),
    Operation(
        name="get_agent",
        method="GET",
        path="/agents/{agent_id}",
        tag="Agents and numbers",
        summary="Show an agent",
        answers={200: (AgentView,)},
        headers=(ETAG,),
    ),
    Operation(
        name="edit_agent",
        method="PATCH",
        path="/agents/{agent_id}",
        tag="Agents and numbers",
        summary="Change what is named of an agent",
        description="It counts from the next dial on.",
        body=AgentChanges,
        examples=examples.AGENT_CHANGES,
        answers={200: (AgentView,)},
        parameters=(IF_MATCH,),
        headers=(ETAG,),
        also=frozenset({409, 412}),
    ),
    Operation(
        name="create_number",
        method="POST",
        path="/numbers",
        tag="Agents and numbers",
        summary="Register a number to call from",
        body=NewNumber,
        examples=examples.NUMBER,
        answers={201: (NumberView,)},
    ),
    Operation(
        name="list_numbers",
        method="GET",
        path="/numbers",
        tag="Agents and numbers",
        summary="List the numbers",
        answers={200: (NumbersView,)},
    ),
    Operation(
        name="get_number",
        method="GET",
        path="/numbers/{phone}",
        tag="Agents and numbers",
        summary="Show a number",
        answers={200: (NumberView,)},
    ),
    Operation(
        name="edit_number",
        method="PATCH",
        path="/numbers/{phone}",
        tag="Agents and numbers",
        summary="Change what is named of a number",
        body=NumberChanges,
        examples=examples.NUMBER_CHANGES,
        answers={200: (NumberView,)},
        also=frozenset({409}),
    ),
)


def task_control(name: str, summary: str) -> Operation:
    """A step in the life of a task."""
    return Operation(
        name=f"{name}_task",
        method="POST",
        path=f"/tasks/{{task_id}}/{name}",
        tag="Tasks and calls",
        summary=summary,
        description="Repeating it changes nothing. A task in flight is left alone: 409.",
        answers={200: (TaskView,)},
        also=frozenset({409}),
    )


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

TASKS = (
    Operation(
        name="push_tasks",
        method="POST",
        path="/tasks",
        tag="Tasks and calls",
        summary="Push a task, or a list of tasks",
        description=f"Of a list (at most {MOST_TASKS}) each task is judged for itself: the answer "
        "holds a task or an error for each. What a task leaves out, its campaign fills in. "
        "Names are taken in `camelCase` and `snake_case`.",
        body=ListOf(model=NewTask, most=MOST_TASKS),
        examples=examples.TASK,
        answers={201: (PushedView, ResultsView)},
        also=frozenset({404, 409}),
    ),
    Operation(
        name="get_task",
        method="GET",
        path="/tasks/{task_id}",
        tag="Tasks and calls",
        summary="Show a task: what was submitted, what holds for it, what is to come",
        answers={200: (TaskDetailsView,)},
    ),
    task_control("pause", "Pause a task that waits"),
    task_control("resume", "Resume a paused task"),
    task_control("archive", "Archive a task: it is never called again"),
    Operation(
        name="explain_task",
        method="GET",
        path="/tasks/{task_id}/explain",
        tag="Tasks and calls",
        summary="Say why a task is or is not called now, and when it can be next",
        description="Gate by gate, as dispatch and the dial gate ask; nothing is touched.",
        answers={200: (TaskExplanationView,)},
    ),
    Operation(
        name="erase_contact",
        method="DELETE",
        path="/contacts/{phone}",
        tag="Tasks and calls",
        summary="Erase a person everywhere",
        description="Tasks with this number are archived, and they, their calls and rejected rows "
        "of files keep counting, without number, context, transcript, analysis or recording. "
        "Send `next_cursor` back as `cursor` until `is_complete`; repeating it is harmless.",
        answers={200: (ErasedView,)},
        parameters=(ERASING_CURSOR,),
        also=frozenset({409}),
    ),
    Operation(
        name="list_tasks",
        method="GET",
        path="/campaigns/{campaign_id}/tasks",
        tag="Tasks and calls",
        summary="List the tasks of a campaign",
        answers={200: (TasksView,)},
        parameters=(*paging("tasks"), *query_of(TaskQuery)),
    ),
    Operation(
        name="list_calls",
        method="GET",
        path="/tasks/{task_id}/calls",
        tag="Tasks and calls",
        summary="List the attempts of a task",
        answers={200: (CallsView,)},
    ),
    Operation(
        name="list_ended_calls",
        method="GET",
        path="/calls",
        tag="Tasks and calls",
        summary="List the ended calls of all campaigns, newest first",
        answers={200: (CallLogView,)},
        parameters=(*paging("calls"), *query_of(CallQuery)),
    ),
    Operation(
        name="list_current_calls",
        method="GET",
        path="/calls/current",
        tag="Tasks and calls",
        summary="List the calls that are going on",
        answers={200: (CallsView,)},
        parameters=query_of(CurrentQuery),
    ),
    Operation(
        name="get_call",
        method="GET",
        path="/calls/{call_id}",
        tag="Tasks and calls",
        summary="Show a call",
        answers={200: (CallView,)},
    ),
)

IMPORTS = (
    Operation(
        name="create_import",
        method="POST",
        path="/campaigns/{campaign_id}/imports",
        tag="Imports",
        summary="Import a file of contacts",
        description="Announce a file (JSON), then send it with the request that `upload` tells; "
        "or send a file of up to 1 MiB at once (`text/csv`). Follow the import under its id. With "
        "`dry_run` nothing becomes a task; for a file that comes with the request, the answer "
        "tells at once what would become of its rows (200).",
        body=NewImport,
        examples=examples.IMPORT,
        text=TextBody(
            media_type=CSV,
            description="The file itself, in UTF-8; its name stands in `?file=`.",
            examples=examples.CONTACTS,
            status=202,
        ),
        answers={201: (NewImportView,), 202: (NewImportView,), 200: (DryRunView,)},
        parameters=query_of(ImportQuery),
        also=frozenset({409}),
    ),
    Operation(
        name="complete_upload",
        method="POST",
        path="/imports/{import_id}/upload",
        tag="Imports",
        summary="Put the parts of a large file together",
        description="When all parts are sent; 409 says how many bytes have come. The import "
        "begins by itself.",
        answers={200: (ImportView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_imports",
        method="GET",
        path="/campaigns/{campaign_id}/imports",
        tag="Imports",
        summary="List the imports of a campaign",
        answers={200: (ImportsView,)},
    ),
    Operation(
        name="get_import",
        method="GET",
        path="/imports/{import_id}",
        tag="Imports",
        summary="Show an import and its counts",
        answers={200: (ImportView,)},
    ),
    Operation(
        name="preview_import",
        method="GET",
        path="/imports/{import_id}/preview",
        tag="Imports",
        summary="Show the first five prompts that the rows of a file fill in",
        description="Read anew from the file: 409 before it has come, and when it is gone.",
        answers={200: (PreviewsView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_missing_lines",
        method="GET",
        path="/imports/{import_id}/missing",
        tag="Imports",
        summary="List the lines of a file that are not done",
        description="While an import runs, those that are still to come. Of one that failed, "
        "those that are missing, and why: drop the same file again once the reason is mended; "
        "the operator may send dead letters back instead.",
        answers={200: (MissingView,)},
    ),
    Operation(
        name="list_rejected_rows",
        method="GET",
        path="/imports/{import_id}/rows",
        tag="Imports",
        summary="List the rows of an import that did not become tasks",
        answers={200: (RejectedRowsView,)},
        parameters=paging("rows"),
    ),
)

EXPORTS = (
    Operation(
        name="create_export",
        method="POST",
        path="/campaigns/{campaign_id}/exports",
        tag="Exports",
        summary="Have tasks, calls or rejected rows written into a file",
        description="Follow the export under its id until it is completed, then download it.",
        body=NewExport,
        examples=examples.EXPORT,
        answers={202: (ExportView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_exports",
        method="GET",
        path="/campaigns/{campaign_id}/exports",
        tag="Exports",
        summary="List the exports of a campaign, newest first",
        answers={200: (ExportsView,)},
    ),
    Operation(
        name="get_export",
        method="GET",
        path="/campaigns/{campaign_id}/exports/{export_id}",
        tag="Exports",
        summary="Show an export, and where its file is once it is completed",
        description="The address is new each time and good for 15 minutes.",
        answers={200: (ExportView,)},
    ),
)


def own_webhook(name: str, path: str) -> Operation:
    """A report of a carrier that a workspace brings."""
    return Operation(
        name=name,
        method="POST",
        path=path,
        tag="Service",
        summary="Take a report of a workspace's own carrier",
        description="In the carrier's own words, and signed as it signs: no key is asked for.",
        answers={200: (StatusView,)},
        also=frozenset({401}),
        needs_key=False,
    )


SERVICE = (
    Operation(
        name="receive_webhook",
        method="POST",
        path="/webhooks/{carrier}",
        tag="Service",
        summary="Take a carrier's report",
        description="In the carrier's own words, and signed as it signs: no key is asked for.",
        examples=examples.REPORT,
        answers={200: (StatusView,)},
        also=frozenset({401}),
        needs_key=False,
    ),
    own_webhook("receive_own_webhook", "/webhooks/{carrier}/{workspace_id}"),
    own_webhook("receive_call_webhook", "/webhooks/{carrier}/{workspace_id}/{call_id}"),
    Operation(
        name="health",
        method="GET",
        path="/health",
        tag="Service",
        summary="Say that the service is up",
        answers={200: (StatusView,)},
        needs_key=False,
    ),
    Operation(
        name="show_description",
        method="GET",
        path="/openapi.json",
        tag="Service",
        summary="Show this description",
        answers={200: "application/json"},
        needs_key=False,
    ),
    Operation(
        name="show_docs",
        method="GET",
        path="/docs",
        tag="Service",
        summary="Show this description to people, who can try it there",
        answers={200: "text/html"},
        needs_key=False,
    ),
    Operation(
        name="show_viewer_file",
        method="GET",
        path="/docs/{version}/{file}",
        tag="Service",
        summary="Give a file of the page that shows this description",
        answers={200: "text/*"},
        needs_key=False,
    ),
)

#: What the console's own page sends along, and no other site can.
OWN_PAGE = Parameter(
    name="X-Carillon-Console",
    description="`1`: it is the console's own page that asks.",
    schema={"type": "string", "const": "1"},
    place="header",
    is_required=True,
)

CONSOLE = (
    Operation(
        name="show_console",
        method="GET",
        path="/console",
        tag="Console",
        summary="Show the console to people",
        answers={200: "text/html"},
        needs_key=False,
    ),
    Operation(
        name="show_console_file",
        method="GET",
        path="/console/assets/{file}",
        tag="Console",
        summary="Give a file of the console",
        answers={200: "text/*"},
        needs_key=False,
    ),
    Operation(
        name="show_session",
        method="GET",
        path="/console/session",
        tag="Console",
        summary="Show who is signed in with this browser",
        description="By its cookie. The answer holds what its page sends as a key.",
        answers={200: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({403}),
        needs_key=False,
    ),
    Operation(
        name="open_session",
        method="POST",
        path="/console/session",
        tag="Console",
        summary="Sign in with a key, for twelve hours",
        description="Sets a cookie that no script can read.",
        body=NewSession,
        examples=examples.SESSION,
        answers={201: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({401, 403}),
        needs_key=False,
    ),
    Operation(
        name="close_session",
        method="DELETE",
        path="/console/session",
        tag="Console",
        summary="Sign out",
        answers={200: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({403}),
        needs_key=False,
    ),
)

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

OPERATOR = (
    Operation(
        name="list_dead_letters",
        method="GET",
        path="/admin/dead-letters",
        tag="Operator",
        summary="List the messages that no function could process, with their reasons",
        description="Only the operator's key may. Looking changes nothing.",
        answers={200: (DeadLettersView,)},
    ),
    Operation(
        name="redrive_dead_letters",
        method="POST",
        path="/admin/dead-letters/redrive",
        tag="Operator",
        summary="Send dead letters back to be processed",
        description="Only the operator's key may. One that fails again dies again.",
        body=Redrive,
        examples=examples.REDRIVE,
        answers={200: (RedrivenView,)},
    ),
)

OPERATIONS = (
    *(*WORKSPACE, *CARRIERS, *KEYS, *AGENTS, *CAMPAIGNS, *TASKS, *IMPORTS, *EXPORTS),
    *(*LEADS, *V1),
    *(*OPERATOR, *CONSOLE, *SERVICE),
)
