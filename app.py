"""Every route and trigger of Carillon: each handler parses, calls one use case and renders.

All decorators stand here, so that the handler strings Lambda resolves and the ones tests and the
local stack resolve are the same. Nothing is built at import: see `service`.
"""

from collections.abc import Callable
from os import environ
from typing import Any

from chalice import AuthResponse, Chalice, Response
from chalice.app import AuthRequest, CloudWatchEvent, Request, SQSEvent

from chalicelibs import api
from chalicelibs.api.http import ANY_TYPE, CSV, answering, ok, request
from chalicelibs.api.once import Ids, Once
from chalicelibs.bootstrap import Service, build, lazily
from chalicelibs.config import Settings

app = Chalice(app_name="carillon", configure_logs=False)

#: What every route that takes a body is declared with.
POST: dict[str, Any] = {"methods": ["POST"], "content_types": ANY_TYPE}
POST_FILE: dict[str, Any] = {"methods": ["POST"], "content_types": [*ANY_TYPE, CSV]}
PATCH: dict[str, Any] = {"methods": ["PATCH"], "content_types": ANY_TYPE}

#: Before the paths that speak the words of HMS Sovereign (docs/dialects.md).
V1 = "/api/v1"


@lazily
def service() -> Service:
    """Build the service at the first event; tests put their own in this place."""
    return build(Settings.from_environment(environ))


#: What every route is marked with whose request may come with an `Idempotency-Key`.
once = Once(app, lambda: service())


@app.middleware("http")
def keep_private(asked: Request, answer: Callable[[Request], Response]) -> Response:
    """Have no answer kept on its way."""
    return api.http.unshared(answer(asked))


@app.middleware("http")
def keep_to_rate(asked: Request, answer: Callable[[Request], Response]) -> Response:
    """Answer a key as often as it may ask."""
    return api.rates.within_rate(asked, answer, service)


@app.middleware("http")
def keep_to_scope(asked: Request, answer: Callable[[Request], Response]) -> Response:
    """Answer a key what it may ask."""
    return api.scopes.within_scope(asked, answer)


@app.middleware("http")
def answer_in_one_shape(asked: Request, answer: Callable[[Request], Response]) -> Response:
    """Have the refusals of Chalice itself look like ours."""
    return api.http.in_one_shape(answer(asked))


@app.authorizer()
def authorize(auth: AuthRequest) -> AuthResponse:
    """Find out whose key this is."""
    return api.http.admit(service().authorize(api.http.bearer(auth.token)))


# --- Description --------------------------------------------------------------------------------


@app.route("/openapi.json")
@answering
def show_description() -> Response:
    """Show the description of this API."""
    return api.pages.description()


@app.route("/docs")
@answering
def show_docs() -> Response:
    """Show the description to people."""
    return api.pages.docs()


@app.route("/docs/{version}/{file}")
@answering
def show_viewer_file(version: str, file: str) -> Response:
    """Give a file of the page that shows the description."""
    return api.pages.viewer_file(version, file)


# --- Console ------------------------------------------------------------------------------------


@app.route("/console")
@answering
def show_console() -> Response:
    """Show the console to people."""
    return api.console.index(request(app), service().receive_contacts.origin())


@app.route("/console/assets/{file}")
@answering
def show_console_file(file: str) -> Response:
    """Give a file of the console."""
    return api.console.file(file)


@app.route("/console/session")
@answering
def show_session() -> Response:
    """Show who is signed in with this browser, and what its page may send as a key."""
    found = service().sign_in.find(api.sessions.cookie_in(request(app)))
    return ok(api.sessions.view(found))


@app.route("/console/session", **POST)
@answering
def open_session() -> Response:
    """Sign in with a key."""
    signed_in = service().sign_in.open(api.sessions.key_in(request(app)))
    cookie = api.sessions.kept(request(app), signed_in)
    return ok(api.sessions.view(signed_in), status=201, headers=cookie)


@app.route("/console/session", methods=["DELETE"])
@answering
def close_session() -> Response:
    """Sign out: cookie and pass open nothing any more."""
    service().sign_in.close(api.sessions.cookie_in(request(app)))
    return ok(api.sessions.view(None), headers=api.sessions.dropped(request(app)))


# --- Workspace ----------------------------------------------------------------------------------


@app.route("/health")
@answering
def health() -> Response:
    """Say that the service is up."""
    return ok({"status": "ok"})


@app.route("/workspaces", **POST, authorizer=authorize)
@answering
@once.telling_a_secret
def open_workspace(ids: Ids) -> Response:
    """Open a workspace; only the operator's key may."""
    request(app).require_operator()
    body = api.workspaces.new(request(app).body)
    opened = service().workspaces.create(**body.model_dump(), ids=ids)
    return ok(api.workspaces.opened(*opened), status=201)


@app.route("/workspace", authorizer=authorize)
@answering
def get_workspace() -> Response:
    """Show the workspace of the key."""
    return ok(api.workspaces.view(service().workspaces.get(request(app).principal)))


@app.route("/workspace/limits", methods=["PUT"], content_types=ANY_TYPE, authorizer=authorize)
@answering
def set_limits() -> Response:
    """Change the limits of the workspace; they count from the next slot on."""
    workspace_id = request(app).principal
    limits = api.workspaces.limits(request(app).body).model_dump()
    return ok(api.workspaces.view(service().workspaces.set_limits(workspace_id, **limits)))


@app.route("/workspace/carriers", authorizer=authorize)
@answering
def list_carriers() -> Response:
    """List the carriers that the workspace brings; their secrets are kept elsewhere."""
    return ok(api.carriers.list_view(service().carriers.list(request(app).principal)))


@app.route("/workspace/carriers/{name}", authorizer=authorize)
@answering
def get_carrier(name: str) -> Response:
    """Show a carrier, and whether it is asked for calls."""
    return ok(api.carriers.view(service().carriers.get(request(app).principal, name)))


@app.route(
    "/workspace/carriers/{name}", methods=["PUT"], content_types=ANY_TYPE, authorizer=authorize
)
@answering
def set_carrier(name: str) -> Response:
    """Set a carrier up, or anew; one that was paused is asked again."""
    own = {"workspace_id": request(app).principal, "name": name}
    account = api.carriers.account(request(app).body, **own)
    return ok(api.carriers.view(service().carriers.save(account)))


@app.route("/workspace/carriers/{name}", methods=["DELETE"], authorizer=authorize)
@answering
def remove_carrier(name: str) -> Response:
    """Forget a carrier that no agent and no number names."""
    return ok(api.carriers.view(service().carriers.remove(request(app).principal, name)))


@app.route("/workspace/carriers/{name}/resume", **POST, authorizer=authorize)
@answering
@once
def resume_carrier(_: Ids, name: str) -> Response:
    """Ask a carrier for calls again that rests or is paused."""
    return ok(api.carriers.view(service().carriers.resume(request(app).principal, name)))


@app.route("/keys", authorizer=authorize)
@answering
def list_keys() -> Response:
    """List the keys of the workspace; their secrets are not kept."""
    return ok(api.keys.list_view(service().keys.list(request(app).principal)))


@app.route("/keys", **POST, authorizer=authorize)
@answering
@once.telling_a_secret
def create_key(ids: Ids) -> Response:
    """Make another key; what to send to use it is told only now."""
    workspace_id, body = request(app).principal, api.keys.new(request(app).body)
    made = service().keys.create(workspace_id, **body.model_dump(), ids=ids)
    return ok(api.keys.made(*made), status=201)


@app.route("/keys/{key_id}", methods=["PATCH"], content_types=ANY_TYPE, authorizer=authorize)
@answering
def change_key(key_id: str) -> Response:
    """Change the name of a key, what it may do, or how often it may ask."""
    workspace_id, changes = request(app).principal, api.keys.changes(request(app).body)
    return ok(api.keys.view(service().keys.change(workspace_id, key_id, **changes)))


@app.route("/keys/{key_id}", methods=["DELETE"], authorizer=authorize)
@answering
def revoke_key(key_id: str) -> Response:
    """Let a key open nothing any more."""
    return ok(api.keys.view(service().keys.revoke(request(app).principal, key_id)))


@app.route("/agents", **POST, authorizer=authorize)
@answering
@once
def create_agent(ids: Ids) -> Response:
    """Create an agent."""
    own = {"workspace_id": request(app).principal, "agent_id": ids.new()}
    agent = service().agents.save(api.agents.new(request(app).body, **own))
    return ok(api.agents.view(agent), status=201, headers=api.agents.tag(agent))


@app.route("/agents", authorizer=authorize)
@answering
def list_agents() -> Response:
    """List the agents."""
    return ok(api.agents.list_view(service().agents.list(request(app).principal)))


@app.route("/agents/{agent_id}", authorizer=authorize)
@answering
def get_agent(agent_id: str) -> Response:
    """Show an agent."""
    agent = service().agents.get(request(app).principal, agent_id)
    return ok(api.agents.view(agent), headers=api.agents.tag(agent))


@app.route("/agents/{agent_id}", **PATCH, authorizer=authorize)
@answering
def edit_agent(agent_id: str) -> Response:
    """Change the named fields of an agent."""
    change = api.agents.change(request(app).body, request(app).headers.get("if-match"))
    agent = service().agents.edit(request(app).principal, agent_id, change)
    return ok(api.agents.view(agent), headers=api.agents.tag(agent))


@app.route("/numbers", **POST, authorizer=authorize)
@answering
@once
def create_number(_: Ids) -> Response:
    """Register a number to call from."""
    number = api.agents.new_number(request(app).body, workspace_id=request(app).principal)
    return ok(api.agents.number_view(service().agents.save_number(number)), status=201)


@app.route("/numbers", authorizer=authorize)
@answering
def list_numbers() -> Response:
    """List the numbers."""
    return ok(api.agents.numbers_view(service().agents.numbers(request(app).principal)))


@app.route("/numbers/{phone}", authorizer=authorize)
@answering
def get_number(phone: str) -> Response:
    """Show a number."""
    number = service().agents.number(request(app).principal, api.agents.phone_in(phone))
    return ok(api.agents.number_view(number))


@app.route("/numbers/{phone}", **PATCH, authorizer=authorize)
@answering
def edit_number(phone: str) -> Response:
    """Change the named fields of a number."""
    workspace_id, change = request(app).principal, api.agents.change_number(request(app).body)
    number = service().agents.edit_number(workspace_id, api.agents.phone_in(phone), change)
    return ok(api.agents.number_view(number))


# --- Campaigns ----------------------------------------------------------------------------------


@app.route("/campaigns", **POST, authorizer=authorize)
@app.route(V1 + "/campaigns", **POST, authorizer=authorize)
@answering
@once
def create_campaign(ids: Ids) -> Response:
    """Create a campaign."""
    asked, now = request(app), service().clock.now()
    campaign = api.dialects.new(asked, ids.new(), now)
    reading = api.dialects.told(asked, campaign.dialect, service().campaigns.create, campaign)
    return ok(
        api.dialects.created(asked, reading, service().agents.lent(campaign)),
        status=201,
        headers=api.campaigns.tag(reading),
    )


@app.route("/campaigns", authorizer=authorize)
@app.route(V1 + "/campaigns", authorizer=authorize)
@answering
def list_campaigns() -> Response:
    """List the campaigns, newest first."""
    page = service().campaigns.page(
        request(app).principal, request(app).page("campaigns", "dialect")
    )
    return ok(api.dialects.page_view(request(app), page))


@app.route("/campaigns/{campaign_id}", authorizer=authorize)
@app.route(V1 + "/campaigns/{campaign_id}", authorizer=authorize)
@answering
def get_campaign(campaign_id: str) -> Response:
    """Show a campaign and how far it has come."""
    reading = service().campaigns.get(request(app).principal, campaign_id)
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}", **PATCH, authorizer=authorize)
@app.route(V1 + "/campaigns/{campaign_id}", **PATCH, authorizer=authorize)
@answering
def edit_campaign(campaign_id: str) -> Response:
    """Change the named settings of a campaign, for all its tasks at once."""
    known = service().campaigns.get(request(app).principal, campaign_id)
    update, now = service().campaigns.update, service().clock.now()
    reading = api.dialects.edited(request(app), known, update, now)
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}/activity", authorizer=authorize)
@answering
def show_activity(campaign_id: str) -> Response:
    """Show what went on in a campaign over time, and attempt by attempt."""
    workspace_id, span = request(app).principal, api.activity.wanted(request(app).query)
    picture = service().show_activity(workspace_id, campaign_id, **span._asdict())
    return ok(api.activity.view(picture))


@app.route("/campaigns/{campaign_id}/start", **POST, authorizer=authorize)
@answering
@once
def start_campaign(_: Ids, campaign_id: str) -> Response:
    """Start a draft."""
    reading = service().campaigns.control(request(app).principal, campaign_id, "start")
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}/pause", **POST, authorizer=authorize)
@answering
@once
def pause_campaign(_: Ids, campaign_id: str) -> Response:
    """Pause a campaign: no call of it starts any more."""
    reading = service().campaigns.control(request(app).principal, campaign_id, "pause")
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}/resume", **POST, authorizer=authorize)
@answering
@once
def resume_campaign(_: Ids, campaign_id: str) -> Response:
    """Resume a paused campaign."""
    reading = service().campaigns.control(request(app).principal, campaign_id, "resume")
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}/archive", **POST, authorizer=authorize)
@answering
@once
def archive_campaign(_: Ids, campaign_id: str) -> Response:
    """End a campaign for good; calls in flight finish."""
    reading = service().campaigns.control(request(app).principal, campaign_id, "archive")
    return ok(api.dialects.view(request(app), reading), headers=api.campaigns.tag(reading))


@app.route("/campaigns/{campaign_id}/explain", authorizer=authorize)
@answering
def explain_campaign(campaign_id: str) -> Response:
    """Say why a campaign does or does not call now, and when it can next."""
    told = service().explain.campaign(request(app).principal, campaign_id)
    return ok(api.explanations.campaign_view(told))


# --- Leads: tasks in the words of HMS Sovereign -------------------------------------------------


@app.route("/campaigns/{campaign_id}/leads", **POST, authorizer=authorize)
@app.route(V1 + "/campaigns/{campaign_id}/leads", **POST, authorizer=authorize)
@answering
@once
def add_leads(ids: Ids, campaign_id: str) -> Response:
    """Add a lead, or a list of leads of which each is judged for itself."""
    campaign = service().look_up.campaign(request(app).principal, campaign_id)
    leads = api.sovereign.leads.Leads(request(app).body, campaign_id)
    results = service().push_tasks(campaign.workspace_id, leads.pushes, ids)
    return ok(leads.view(results), status=201)


@app.route("/campaigns/{campaign_id}/leads", authorizer=authorize)
@app.route(V1 + "/campaigns/{campaign_id}/leads", authorizer=authorize)
@answering
def list_leads(campaign_id: str) -> Response:
    """List the leads of a campaign."""
    workspace_id, paging = request(app).principal, request(app).paging("tasks")
    wanted = api.sovereign.leads.wanted(request(app).query)
    page = service().look_up.tasks_of(workspace_id, campaign_id, wanted.search, paging)
    return ok(api.sovereign.leads.page_view(page, wanted.status))


@app.route("/campaigns/{campaign_id}/leads/{lead_id}", authorizer=authorize)
@app.route(V1 + "/campaigns/{campaign_id}/leads/{lead_id}", authorizer=authorize)
@answering
def get_lead(campaign_id: str, lead_id: str) -> Response:
    """Show a lead."""
    find, workspace_id = service().look_up.task, request(app).principal
    reading = api.sovereign.words.told(find, workspace_id, lead_id)
    return ok(api.sovereign.leads.view(reading, campaign_id))


@app.route(V1 + "/calls", authorizer=authorize)
@answering
def list_results() -> Response:
    """List the calls of all campaigns that have ended with their results, newest first."""
    workspace_id, paging = request(app).principal, request(app).paging("calls")
    wanted = api.sovereign.calls.search(request(app).query)
    return ok(
        api.sovereign.calls.page_view(service().look_up.call_log(workspace_id, wanted, paging))
    )


@app.route(V1 + "/calls/{call_id}", authorizer=authorize)
@answering
def get_result(call_id: str) -> Response:
    """Show a call with its results."""
    return ok(api.sovereign.calls.view(service().look_up.call(request(app).principal, call_id)))


# --- Tasks, calls, imports ----------------------------------------------------------------------


@app.route("/tasks", **POST, authorizer=authorize)
@answering
@once
def push_tasks(ids: Ids) -> Response:
    """Push a task, or a list of tasks of which each is judged for itself."""
    workspace_id, pushed = request(app).principal, api.pushes.Pushed(request(app).body)
    return ok(pushed.view(service().push_tasks(workspace_id, pushed.pushes, ids)), status=201)


@app.route("/tasks/{task_id}", authorizer=authorize)
@answering
def get_task(task_id: str) -> Response:
    """Show a task: what was submitted, what holds for it, what is to come."""
    reading = service().look_up.task(request(app).principal, task_id)
    prompt, now = service().look_up.prompt_of(reading), service().clock.now()
    return ok(api.tasks.details_view(reading, now, prompt))


@app.route("/tasks/{task_id}/pause", **POST, authorizer=authorize)
@answering
@once
def pause_task(_: Ids, task_id: str) -> Response:
    """Pause a task that waits."""
    reading = service().steer_tasks(request(app).principal, task_id, "pause")
    return ok(api.tasks.view(reading, service().clock.now()))


@app.route("/tasks/{task_id}/resume", **POST, authorizer=authorize)
@answering
@once
def resume_task(_: Ids, task_id: str) -> Response:
    """Resume a paused task."""
    reading = service().steer_tasks(request(app).principal, task_id, "resume")
    return ok(api.tasks.view(reading, service().clock.now()))


@app.route("/tasks/{task_id}/archive", **POST, authorizer=authorize)
@answering
@once
def archive_task(_: Ids, task_id: str) -> Response:
    """Archive a task: it is never called again."""
    reading = service().steer_tasks(request(app).principal, task_id, "archive")
    return ok(api.tasks.view(reading, service().clock.now()))


@app.route("/tasks/{task_id}/explain", authorizer=authorize)
@answering
def explain_task(task_id: str) -> Response:
    """Say why a task is or is not called now, and when it can be next."""
    told = service().explain.task(request(app).principal, task_id)
    return ok(api.explanations.task_view(told))


@app.route("/contacts/{phone}", methods=["DELETE"], authorizer=authorize)
@answering
def erase_contact(phone: str) -> Response:
    """Erase a person from all campaigns, as far as one request may; repeat it until it is done."""
    workspace_id, cursor = request(app).principal, request(app).paging("contacts").cursor
    erased = service().erase_contact(workspace_id, *api.contacts.named(phone, cursor))
    return ok(api.contacts.view(erased))


@app.route("/campaigns/{campaign_id}/tasks", authorizer=authorize)
@answering
def list_tasks(campaign_id: str) -> Response:
    """List the tasks of a campaign: all, or those with a status, outcome, number of attempts."""
    workspace_id, paging = request(app).principal, request(app).paging("tasks")
    wanted = api.searches.tasks(request(app).query)
    page = service().look_up.tasks_of(workspace_id, campaign_id, wanted, paging)
    return ok(api.tasks.page_view(page, service().clock.now()))


@app.route("/tasks/{task_id}/calls", authorizer=authorize)
@answering
def list_calls(task_id: str) -> Response:
    """List the attempts of a task."""
    return ok(api.calls.list_view(service().look_up.calls_of(request(app).principal, task_id)))


@app.route("/calls", authorizer=authorize)
@answering
def list_ended_calls() -> Response:
    """List the calls of all campaigns that have ended, newest first."""
    workspace_id, paging = request(app).principal, request(app).paging("calls")
    wanted = api.searches.calls(request(app).query)
    return ok(api.calls.page_view(service().look_up.call_log(workspace_id, wanted, paging)))


@app.route("/calls/current", authorizer=authorize)
@answering
def list_current_calls() -> Response:
    """List the calls that are going on."""
    wanted = api.searches.current_calls(request(app).query)
    return ok(api.calls.list_view(service().look_up.in_flight(request(app).principal, wanted)))


@app.route("/calls/{call_id}", authorizer=authorize)
@answering
def get_call(call_id: str) -> Response:
    """Show a call."""
    return ok(api.calls.view(service().look_up.call(request(app).principal, call_id)))


@app.route("/campaigns/{campaign_id}/imports", **POST_FILE, authorizer=authorize)
@answering
@once
def create_import(ids: Ids, campaign_id: str) -> Response:
    """Announce a file of contacts, or take a small one as it is."""
    workspace_id, sent = request(app).principal, api.imports.sent(request(app))
    new_id = ids.new()
    made = service().receive_contacts(workspace_id, campaign_id, sent, import_id=new_id)
    return ok(api.imports.received(made), status=api.imports.status_of(made))


@app.route("/campaigns/{campaign_id}/imports", authorizer=authorize)
@answering
def list_imports(campaign_id: str) -> Response:
    """List the imports of a campaign."""
    jobs = service().look_up.imports_of(request(app).principal, campaign_id)
    return ok(api.imports.list_view(jobs))


@app.route("/imports/{import_id}", authorizer=authorize)
@answering
def get_import(import_id: str) -> Response:
    """Show an import and its counts."""
    return ok(api.imports.view(service().look_up.import_(request(app).principal, import_id)))


@app.route("/imports/{import_id}/preview", authorizer=authorize)
@answering
def preview_import(import_id: str) -> Response:
    """Show the first prompts that the rows of a file fill in."""
    previews = service().preview_import(request(app).principal, import_id)
    return ok(api.imports.previews_view(previews))


@app.route("/imports/{import_id}/upload", **POST, authorizer=authorize)
@answering
@once
def complete_upload(_: Ids, import_id: str) -> Response:
    """Put the parts of a large file together."""
    return ok(api.imports.view(service().join_parts(request(app).principal, import_id)))


@app.route("/imports/{import_id}/missing", authorizer=authorize)
@answering
def list_missing_lines(import_id: str) -> Response:
    """List the lines of a file that are not done."""
    found = service().look_up.missing_lines(request(app).principal, import_id)
    return ok(api.imports.missing_view(found))


@app.route("/imports/{import_id}/rows", authorizer=authorize)
@answering
def list_rejected_rows(import_id: str) -> Response:
    """List the rows of an import that did not become tasks."""
    workspace_id, paging = request(app).principal, request(app).page("rows")
    rows = service().look_up.rejected_rows(workspace_id, import_id, paging)
    return ok(api.imports.rows_view(rows))


@app.route("/campaigns/{campaign_id}/exports", **POST, authorizer=authorize)
@answering
@once
def create_export(ids: Ids, campaign_id: str) -> Response:
    """Have tasks, calls or rejected rows of a campaign written into a file."""
    workspace_id, wanted = request(app).principal, api.exports.wanted(request(app).body)
    start, export_id = service().exports.start, ids.new()
    export = start(workspace_id, campaign_id, wanted, export_id=export_id)
    return ok(api.exports.view(export), status=202)


@app.route("/campaigns/{campaign_id}/exports", authorizer=authorize)
@answering
def list_exports(campaign_id: str) -> Response:
    """List the exports of a campaign, newest first."""
    exports = service().exports.list(request(app).principal, campaign_id)
    return ok(api.exports.list_view(exports))


@app.route("/campaigns/{campaign_id}/exports/{export_id}", authorizer=authorize)
@answering
def get_export(campaign_id: str, export_id: str) -> Response:
    """Show an export, and where its file can be had once it is completed."""
    reading = service().exports.get(request(app).principal, campaign_id, export_id)
    return ok(api.exports.reading_view(reading))


# --- Carriers -----------------------------------------------------------------------------------


@app.route("/webhooks/{carrier}", **POST)
@answering
def receive_webhook(carrier: str) -> Response:
    """Take a carrier's report; it is durable once this has answered."""
    service().receive_report.webhook(carrier, api.http.webhook(request(app)))
    return ok({"status": "received"})


@app.route("/webhooks/{carrier}/{workspace_id}", **POST)
@answering
def receive_own_webhook(carrier: str, workspace_id: str) -> Response:
    """Take a report of a carrier that a workspace brought."""
    webhook = api.http.webhook(request(app), service().public_url)
    service().receive_report.webhook(carrier, webhook, workspace_id)
    return ok({"status": "received"})


@app.route("/webhooks/{carrier}/{workspace_id}/{call_id}", **POST)
@answering
def receive_call_webhook(carrier: str, workspace_id: str, call_id: str) -> Response:
    """Take a report of a carrier that tells the call by the address alone."""
    webhook = api.http.webhook(request(app), service().public_url, call_id)
    service().receive_report.webhook(carrier, webhook, workspace_id)
    return ok({"status": "received"})


@app.lambda_function()
def receive_report(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a webhook that came by the HTTP API, whose events are like those of the REST API."""
    answer: dict[str, Any] = app(event, context)
    return answer


# --- Operator -----------------------------------------------------------------------------------


@app.route("/admin/dead-letters", authorizer=authorize)
@answering
def list_dead_letters() -> Response:
    """List the messages that no function could process; only the operator's key may."""
    request(app).require_operator()
    return ok(api.dead_letters.view(service().dead_letters.list()))


@app.route("/admin/dead-letters/redrive", **POST, authorizer=authorize)
@answering
@once
def redrive_dead_letters(_: Ids) -> Response:
    """Send dead letters back to their queues; only the operator's key may."""
    request(app).require_operator()
    queue = api.dead_letters.which(request(app).body)
    return ok(api.dead_letters.redriven(service().dead_letters.redrive(queue)))


# --- Schedule, queues, bucket -------------------------------------------------------------------


@app.schedule("rate(1 minute)")
def tick(event: CloudWatchEvent) -> None:
    """Wake every workspace once a minute."""
    service().tick()


@app.on_sqs_message(queue="nudges", batch_size=10)
def dispatch(event: SQSEvent) -> dict[str, Any]:
    """Dispatch due tasks of the workspaces named in the batch."""
    note = service().note_failure
    return api.triggers.dispatch(event, service().dispatch, service().keep_time, note)


@app.on_sqs_message(queue="calls", batch_size=10)
def place_call(event: SQSEvent) -> dict[str, Any]:
    """Pass the dial gate and ask the carrier, once; or have it take a call back."""
    place, withdraw = service().place_call.together, service().withdraw_call.together
    return api.triggers.place_calls(event, place, withdraw, service().note_failure)


@app.on_sqs_message(queue="call-events", batch_size=10)
def record_call_event(event: SQSEvent) -> dict[str, Any]:
    """Record what carriers report, and decide what follows."""
    record, note = service().record_call_event.together, service().note_failure
    return api.triggers.record_events(event, record, note)


@app.on_sqs_message(queue="exports", batch_size=1, maximum_concurrency=5)
def write_export(event: SQSEvent) -> dict[str, Any]:
    """Write an export, as far as one turn goes."""
    return api.triggers.write_exports(event, service().write_export, service().note_failure)


@app.on_sqs_message(queue="import-chunks", batch_size=1, maximum_concurrency=8)
def import_chunk(event: SQSEvent) -> dict[str, Any]:
    """Import the rows of a part of a file."""
    return api.triggers.import_chunks(event, service().import_chunk, service().note_failure)


@app.lambda_function()
def import_csv(event: dict[str, Any], context: object) -> None:
    """Cut a CSV dropped into the bucket, or uploaded to it, into chunks to be imported."""
    api.triggers.import_files(event, service().plan_import)
