"""The description of the API says what the API does."""

import json
import tomllib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import app
from chalicelibs.api import examples, openapi
from chalicelibs.api.http import ANY_TYPE
from chalicelibs.api.operations import OPERATIONS
from chalicelibs.api.operations.operation import Operation
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.workspace import ApiKey
from tests.builders import an_agent
from tests.functional import described
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product

ROOT = Path(__file__).parents[2]
VIEWER = ROOT / "chalicelibs" / "api" / "viewer"
SCHEMAS = described.DOCUMENT["components"]["schemas"]
TEXTS = [
    pytest.param(operation, text, id=f"{operation.name}: {name}")
    for operation in OPERATIONS
    if operation.text is not None
    for name, text in operation.text.examples.items()
]
BODIES = [operation for operation in OPERATIONS if operation.examples]
EXAMPLES = [
    pytest.param(operation, body, id=f"{operation.name}: {name}")
    for operation in BODIES
    for name, body in operation.examples.items()
]


def routes() -> dict[tuple[str, str], Any]:
    return {
        (method, path): entry
        for path, entries in app.app.routes.items()
        for method, entry in entries.items()
    }


def taken_by(operation: Operation) -> set[str]:
    """The media types that an operation takes."""
    if operation.method in {"GET", "DELETE"}:
        return {"application/json"}
    return {*ANY_TYPE, *([] if operation.text is None else [operation.text.media_type])}


def body_schema(operation: Operation) -> dict[str, Any]:
    """What a request's body must be."""
    described_body = described.PATHS[operation.path][operation.method.lower()]["requestBody"]
    schema: dict[str, Any] = described_body["content"]["application/json"]["schema"]
    return schema


def allows(model: str, body: object) -> bool:
    """Whether the description lets this be sent."""
    return bool(described.validator(SCHEMAS[model]).is_valid(body))


def test_it_names_every_route_and_no_other() -> None:
    listed = {(operation.method, operation.path): operation for operation in OPERATIONS}

    assert len(listed) == len(OPERATIONS)
    assert listed.keys() == routes().keys()
    for at, entry in routes().items():
        assert listed[at].name == entry.view_function.__name__
        assert listed[at].needs_key == (entry.authorizer is not None), at
        assert set(entry.content_types) == taken_by(listed[at]), at


def test_it_is_openapi_3_1() -> None:
    assert described.DOCUMENT["openapi"] == "3.1.0"

    OpenAPIV31SpecValidator(described.DOCUMENT).validate()


def test_every_tag_is_told_of_and_every_schema_is_used() -> None:
    text = json.dumps(described.DOCUMENT)

    assert {operation.tag for operation in OPERATIONS} == openapi.TAGS.keys()
    assert [name for name in SCHEMAS if f'"#/components/schemas/{name}"' not in text] == []


def test_the_file_that_is_served_is_what_the_models_give() -> None:
    is_new = openapi.FILE.read_text(encoding="utf-8") == openapi.text()

    assert is_new, f"the models changed: run {openapi.COMMAND} (make openapi)"


def test_it_has_the_version_of_the_product() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert described.DOCUMENT["info"]["version"] == project["version"]


# --- Examples -----------------------------------------------------------------------------------


def test_every_body_has_an_example() -> None:
    with_bodies = {operation.name for operation in OPERATIONS if operation.body is not None}

    assert with_bodies <= {operation.name for operation in BODIES}


#: What stands in the paths of the examples.
WHOSE = {
    "agent_id": examples.AGENT_ID,
    "campaign_id": examples.CAMPAIGN_ID,
    "phone": examples.CALLER_ID,
    "key_id": examples.KEY_ID,
    "name": "voice",
}

#: The campaign that files are imported into.
BATCH_ID = "b6a1t9c4h2e8x5m3"


def path_of(operation: Operation) -> str:
    """Where an example is sent."""
    batch = {"campaign_id": BATCH_ID} if operation.tag == "Imports" else {}
    return operation.path.format_map({**WHOSE, **batch})


@pytest.fixture
def ready(product: Product, acme: Acme) -> Acme:
    """A workspace that has what the examples name."""
    agent = an_agent(agent_id=examples.AGENT_ID, workspace_id=acme.workspace_id)
    product.service.agents.save(agent)
    campaign = Campaign(
        campaign_id=examples.CAMPAIGN_ID,
        workspace_id=acme.workspace_id,
        name="Leads",
        kind=CampaignKind.REALTIME,
        state=CampaignState.ACTIVE,
        rules=rules_like(product, acme),
        created_at=product.clock.at,
    )
    product.service.campaigns.create(campaign)
    batch = replace(campaign, campaign_id=BATCH_ID, kind=CampaignKind.BATCH)
    product.service.campaigns.create(batch)
    key = ApiKey(
        key_id=examples.KEY_ID,
        workspace_id=acme.workspace_id,
        secret_hash=sha256(b"a-secret").hexdigest(),
        name="CRM",
        created_at=product.clock.at,
    )
    product.service.keys.workspaces.add_key(key)
    return acme


def rules_like(product: Product, acme: Acme) -> Any:
    """The rules that a campaign of this workspace has."""
    return product.store.campaigns[acme.campaign()].rules


@pytest.mark.parametrize(("operation", "body"), EXAMPLES)
def test_an_example_works_as_it_is(
    product: Product, ready: Acme, operation: Operation, body: Any
) -> None:
    status = next(iter(operation.answers))
    if operation.name == "receive_webhook":
        answer = product.webhook(report_of_a_call(product, ready, body))
    elif operation.name == "open_session":
        own_page = {"X-Carillon-Console": "1"}
        answer = ready.ask("POST", operation.path, json.dumps(body).encode(), own_page)
    else:
        is_operators = operation.name == "open_workspace" or operation.tag == "Operator"
        api = Api(OPERATOR_KEY) if is_operators else ready
        answer = getattr(api, operation.method.lower())(path_of(operation), body)

    assert answer.status == status, answer
    assert "error" not in json.dumps(answer.body)


@pytest.mark.parametrize(("operation", "text"), TEXTS)
def test_an_example_of_text_works_as_it_is(ready: Acme, operation: Operation, text: str) -> None:
    assert operation.text is not None
    path = f"{path_of(operation)}?file=contacts.csv"

    answer = ready.post_csv(path, text.encode(), media_type=operation.text.media_type)

    assert answer.status == operation.text.status, answer


def report_of_a_call(product: Product, acme: Acme, body: dict[str, Any]) -> dict[str, Any]:
    """The example, of a call that there is."""
    acme.pushed(examples.CAMPAIGN_ID)
    product.run()
    text = json.dumps(body).replace(examples.CALL_ID, product.carrier.asked[0].call_id)
    report: dict[str, Any] = json.loads(text)
    return report


@pytest.mark.parametrize(("operation", "body"), EXAMPLES)
def test_an_example_is_what_the_description_allows(operation: Operation, body: Any) -> None:
    described.validator(body_schema(operation)).validate(body)


# --- What the description allows is what is taken -----------------------------------------------

WHO = {"name": "N", "agent_id": "a", "caller_id": "c"}


@pytest.mark.parametrize(
    ("model", "body", "is_allowed"),
    [
        pytest.param("NewCampaign", WHO, True, id="snake case"),
        pytest.param("NewCampaign", {"name": "N", "agentId": "a"}, True, id="camel case"),
        pytest.param("NewCampaign", {**WHO, "agentId": "a"}, False, id="one name twice"),
        pytest.param("NewCampaign", {**WHO, "agentid": "a"}, False, id="an unknown name"),
        pytest.param("NewCampaign", {"name": "N", "maxAttempts": "3"}, False, id="a wrong type"),
        pytest.param("NewCampaign", {**WHO, "maxAttempts": 21}, False, id="too many"),
        pytest.param("NewCampaign", {**WHO, "start_at": 1_804_300_000_000}, True, id="an instant"),
        pytest.param("Limits", {"concurrency_limit": 5}, True, id="a needed field"),
        pytest.param("Limits", {"concurrencyLimit": 5}, True, id="a needed field in camel case"),
        pytest.param("Limits", {"calls_per_second": 5}, False, id="a needed field left out"),
        pytest.param(
            "Limits",
            {"concurrency_limit": 5, "concurrencyLimit": 5},
            False,
            id="a needed field twice",
        ),
        pytest.param(
            "NewTask", {"phone": "p", "campaign": "c", "startAfter": 1}, True, id="the seed's name"
        ),
        pytest.param(
            "NewTask", {"phone": "p", "campaign": "c", "start_after": 1}, True, id="our name"
        ),
    ],
)
def test_both_spellings_are_described(model: str, body: object, is_allowed: bool) -> None:
    assert allows(model, body) == is_allowed


def test_a_name_in_both_spellings_is_refused_as_described(product: Product, acme: Acme) -> None:
    before = product.everything()

    answer = acme.put("/workspace/limits", {"concurrency_limit": 5, "concurrencyLimit": 5})

    assert (answer.status, answer.error["param"]) == (422, "concurrency_limit")
    assert product.everything() == before


def test_the_seeds_body_is_described_as_the_seed_writes_it() -> None:
    assert {"startAfter", "endAfter", "retryOutcomes", "from"} <= SCHEMAS["NewTask"][
        "properties"
    ].keys()


# --- The harness --------------------------------------------------------------------------------


def test_an_answer_that_is_not_described_is_noticed() -> None:
    described.check("GET", "/health", 200, {"status": "ok"})

    with pytest.raises(AssertionError, match="more"):
        described.check("GET", "/health", 200, {"status": "ok", "more": 1})
    with pytest.raises(AssertionError, match="status 204 is not described"):
        described.check("GET", "/health", 204, None)
    with pytest.raises(AssertionError, match="status 200 is not described"):
        described.check("GET", "/nowhere", 200, {})
    with pytest.raises(AssertionError, match="date-time"):
        described.check("GET", "/workspace", 200, a_workspace(created_at="yesterday"))
    described.check("GET", "/workspace", 200, a_workspace())


def a_workspace(**changes: object) -> dict[str, object]:
    fields = {"id": "w", "name": "Acme", "concurrency_limit": 5, "calls_per_second": None}
    fields["carrier_rests"] = []
    return {**fields, "created_at": "2027-03-05T12:00:00.000Z", **changes}


# --- The page -----------------------------------------------------------------------------------


def test_anybody_is_shown_the_description() -> None:
    headers, text = Api().page("/openapi.json")

    assert headers["Content-Type"] == "application/json"
    assert json.loads(text) == described.DOCUMENT


def test_the_page_loads_from_here_alone_and_what_it_names_is_there() -> None:
    headers, page = Api().page("/docs")

    assert headers["Content-Type"].startswith("text/html")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "//" not in page.replace("<!doctype html>", "")
    named = [part.split('"')[0] for part in page.split('"docs/')[1:]]
    assert [one.partition("/")[2] for one in named] == [
        *("swagger-ui.css", "swagger-ui-bundle.js", "start.js")
    ]
    for one in named:
        headers, text = Api().page(f"/docs/{one}")
        assert "immutable" in headers["Cache-Control"]
        assert headers["Content-Type"].partition(";")[0] in {"text/css", "text/javascript"}
        assert text == (VIEWER / one.partition("/")[2]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/docs/0/start.js",
        "/docs/{version}/README.md",
        "/docs/{version}/docs.html",
        "/docs/{version}/..",
        "/docs/{version}/%2E%2E%2Fopenapi.json",
    ],
)
def test_no_other_file_is_given(path: str) -> None:
    version = Api().page("/docs")[1].split('"docs/')[1].partition("/")[0]

    answer = Api().get(path.format(version=version))

    assert answer.status == 404
    assert answer.error["code"] == "not_found"


def test_the_viewer_is_the_one_that_its_readme_names() -> None:
    rows = [line.split("`") for line in (VIEWER / "README.md").read_text().splitlines()]
    digests = {row[1]: row[3] for row in rows if len(row) == 5 and len(row[3]) == 64}

    assert len(digests) == 2
    for name, digest in digests.items():
        assert sha256((VIEWER / name).read_bytes()).hexdigest() == digest
