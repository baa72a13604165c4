"""A key may what its scope says, on every route; one that only reads sees no numbers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelibs.api.scopes import OPERATORS, needed_for, without_numbers
from chalicelibs.domain.scope import Scope
from tests.functional.product import Acme, Answer, Api, Product

NEVER = "0000000000000000"
CONTACTS = ("+34600000001", "+34600000002")


def routes() -> Iterator[tuple[str, str]]:
    """Every route for which a key is asked."""
    for path, entries in app.app.routes.items():
        for method, entry in entries.items():
            if entry.authorizer is not None:
                yield method, path


ROUTES = sorted(routes())
OWN_ROUTES = [route for route in ROUTES if " ".join(route) not in OPERATORS]

#: The id of a thing that no workspace has.
FILLED = {"phone": "+34910000099", "task_id": f"{NEVER}-{NEVER}", "call_id": f"{NEVER}-{NEVER}-1"}


def asked(client: Api, method: str, path: str) -> Answer:
    """Ask for a thing that is nowhere, so that nothing but the scope can refuse by 403."""
    for part in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{part}}}", FILLED.get(part, NEVER))
    return client.ask(method, path, None, {"Authorization": f"Bearer {client.key}"})


def key_with(acme: Acme, scope: Scope) -> Api:
    made = acme.made("/keys", {"name": scope, "scope": scope, "requests_per_minute": 1000})
    return Api(made["api_key"])


def test_a_route_that_nobody_thought_of_needs_a_key_that_manages() -> None:
    assert needed_for("POST", "/campaigns/{campaign_id}/explode") is Scope.MANAGE


def test_what_only_shows_needs_read_and_what_changes_never_does() -> None:
    needed = {(method, path): needed_for(method, path) for method, path in OWN_ROUTES}

    assert {route for route, scope in needed.items() if scope is Scope.READ} == {
        (method, path) for method, path in OWN_ROUTES if method == "GET"
    }


def test_a_key_that_pushes_brings_and_takes_contacts_and_changes_nothing_else() -> None:
    pushing = {route for route in OWN_ROUTES if needed_for(*route) is Scope.PUSH}

    assert pushing == {
        ("POST", "/tasks"),
        ("POST", "/campaigns/{campaign_id}/exports"),
        ("POST", "/campaigns/{campaign_id}/imports"),
        ("POST", "/imports/{import_id}/upload"),
        ("POST", "/campaigns/{campaign_id}/leads"),
        ("POST", "/api/v1/campaigns/{campaign_id}/leads"),
    }


def test_what_only_the_operator_may_is_said_here() -> None:
    """Another route that asks for the operator's key would be walked as a workspace's."""
    assert {
        "POST /workspaces",
        "GET /admin/dead-letters",
        "POST /admin/dead-letters/redrive",
    } == OPERATORS


def test_keys_are_made_and_changed_only_by_keys_that_manage() -> None:
    """So no key makes one that may more than itself."""
    changing = [(method, path) for method, path in OWN_ROUTES if path.startswith("/keys")]

    assert {needed_for(*route) for route in changing if route[0] != "GET"} == {Scope.MANAGE}


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("route", OWN_ROUTES, ids=" ".join)
def test_a_key_does_what_its_scope_says_and_nothing_else(
    product: Product, acme: Acme, route: tuple[str, str], scope: Scope
) -> None:
    client, needed = key_with(acme, scope), needed_for(*route)
    before = product.everything()

    answer = asked(client, *route)

    if scope.includes(needed):
        assert answer.status != 403
    else:
        assert (answer.status, answer.error["code"]) == (403, "forbidden")
        assert f"`{needed}`" in answer.error["message"]
        assert product.everything() == before


@pytest.mark.parametrize("scope", Scope)
def test_no_scope_is_the_operators(acme: Acme, scope: Scope) -> None:
    answer = key_with(acme, scope).post("/workspaces", {"name": "Mine"})

    assert (answer.status, answer.error["code"]) == (403, "forbidden")


def test_a_request_that_is_refused_for_its_scope_counts(acme: Acme) -> None:
    client = key_with(acme, Scope.READ)

    first, second = (asked(client, "POST", "/agents") for _ in range(2))

    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, second)]
    assert left == [999, 998]


def test_an_answer_that_was_given_before_is_not_told_to_a_key_that_may_not_ask(
    acme: Acme,
) -> None:
    body = {"name": "Leads", "type": "realtime"}
    assert acme.post("/campaigns", body, once="monday").status == 201

    answer = key_with(acme, Scope.PUSH).post("/campaigns", body, once="monday")

    assert answer.status == 403


def test_a_key_that_pushes_pushes(acme: Acme) -> None:
    campaign_id = acme.campaign()

    answer = key_with(acme, Scope.PUSH).post("/tasks", acme.task(campaign_id))

    assert answer.status == 201
    assert answer.body["task"]["phone"] == "+34600000001"


# --- Changing the scope of a key ----------------------------------------------------------------


def test_a_key_manages_unless_it_is_said_otherwise(acme: Acme) -> None:
    acme.made("/keys", {"name": "jobs"})

    assert [key["scope"] for key in acme.shown("/keys")["keys"]] == ["manage", "manage"]


def test_a_key_that_is_narrowed_may_less_and_nothing_else_of_it_changes(acme: Acme) -> None:
    made = acme.made("/keys", {"name": "jobs", "requests_per_minute": 30})

    narrowed = acme.patch(f"/keys/{made['key']['id']}", {"scope": "read"})

    assert narrowed == (200, {**made["key"], "scope": "read"})
    assert Api(made["api_key"]).post("/agents").status == 403
    assert Api(made["api_key"]).get("/agents").status == 200


def test_somebody_can_always_manage_the_workspace(acme: Acme) -> None:
    key_with(acme, Scope.PUSH)
    (first,) = (key for key in acme.shown("/keys")["keys"] if key["name"] == "first")

    narrowed = acme.patch(f"/keys/{first['id']}", {"scope": "push"})
    revoked = acme.delete(f"/keys/{first['id']}")

    assert (narrowed.status, narrowed.error["param"]) == (409, "scope")
    assert (revoked.status, revoked.error["code"]) == (409, "not_allowed")
    assert first in acme.shown("/keys")["keys"]


@pytest.mark.parametrize("scope", ["", "MANAGE", "admin", None, ["read"], 1])
def test_a_scope_that_is_none_is_refused(product: Product, acme: Acme, scope: object) -> None:
    (first,) = acme.shown("/keys")["keys"]
    before = product.everything()

    made = acme.post("/keys", {"name": "jobs", "scope": scope})
    changed = acme.patch(f"/keys/{first['id']}", {"scope": scope})

    assert (made.status, made.error["param"]) == (422, "scope")
    assert (changed.status, changed.error["param"]) == (422, "scope")
    assert product.everything() == before


# --- Numbers in the answers to a key that only reads ---------------------------------------------


@pytest.fixture
def full(product: Product, acme: Acme) -> dict[str, str]:
    """A workspace whose contacts' numbers stand wherever they can stand."""
    campaign_id = acme.campaign(prompt="Their other number is {{other}}.")
    theirs = dict.fromkeys(("from", "caller_id", "number_id"), CONTACTS[1])
    context = {"name": "Eva", "other": CONTACTS[1], "value": CONTACTS[0], **theirs}
    task_id = acme.pushed(campaign_id, context=context)
    product.run()
    call_id = product.carrier.asked[0].call_id
    said = [{"role": "contact", "text": f"call me at {CONTACTS[1]}, please", "at_ms": 1}]
    product.ended(
        call_id, "no_answer", transcript=said, analysis={"number": CONTACTS[1], **theirs}
    )
    product.run()
    draft_id = acme.made("/campaigns", acme.batch())["id"]
    rows = f"phone,name\n{CONTACTS[0]},Eva\n{CONTACTS[0]},Eva\n600 00 00 01,Eva\n"
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{draft_id}/a.csv", rows.encode())
    (import_id,) = product.store.imports
    export_id = acme.post(f"/campaigns/{campaign_id}/exports", {"what": "tasks"}).body["id"]
    return {
        "campaign_id": campaign_id,
        "task_id": task_id,
        "lead_id": task_id,
        "call_id": call_id,
        "import_id": import_id,
        "export_id": export_id,
        "agent_id": acme.agent_id,
        "phone": "%2B34910000000",
        "name": acme.carrier(),
    }


def shown_everywhere(client: Api, ids: dict[str, str]) -> dict[str, Any]:
    shown = {}
    for method, path in OWN_ROUTES:
        if method == "GET":
            shown[path] = client.shown(path.format(**ids))
    return shown


def test_a_key_that_reads_sees_no_contacts_number_anywhere(
    acme: Acme, full: dict[str, str]
) -> None:
    masked = json.dumps(shown_everywhere(key_with(acme, Scope.READ), full), ensure_ascii=False)
    whole = json.dumps(shown_everywhere(key_with(acme, Scope.PUSH), full), ensure_ascii=False)

    for number in (*CONTACTS, "600 00 00 01"):
        assert number not in masked
        assert number in whole, "else there is nothing to mask"
    assert "…01" in masked


def test_a_key_that_reads_sees_everything_else(acme: Acme, full: dict[str, str]) -> None:
    task = key_with(acme, Scope.READ).shown(f"/tasks/{full['task_id']}")

    assert task["phone"] == task["submitted"]["phone"] == "…01"
    assert task["context"]["name"] == "Eva"
    assert task["effective"]["caller_id"] == "+34910000000"
    assert task["created_at"] == "2027-03-05T12:00:00.000Z"


def test_the_workspaces_own_numbers_are_shown_to_every_key(acme: Acme) -> None:
    (number,) = key_with(acme, Scope.READ).shown("/numbers")["numbers"]

    assert number["phone"] == "+34910000000"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"phone": None}, {"phone": None}),
        ({"to": "+34600000001"}, {"to": "…01"}),
        ({"phone_number": "600 00 00 01"}, {"phone_number": "…01"}),
        ({"from": "+34910000000"}, {"from": "+34910000000"}),
        ({"context": {"from": "+34600000001"}}, {"context": {"from": "…01"}}),
        ({"variables": {"caller_id": "+34600000001"}}, {"variables": {"caller_id": "…01"}}),
        (
            {"analysis": {"who": [{"number_id": "+34600000001"}]}},
            {"analysis": {"who": [{"number_id": "…01"}]}},
        ),
        (
            {"analysis": {"columns": {"phone": "600 00 00 01"}}},
            {"analysis": {"columns": {"phone": "…01"}}},
        ),
        ({"calls": [{"to": "+34600000001"}]}, {"calls": [{"to": "…01"}]}),
        ({"text": "(+34600000001)"}, {"text": "(…01)"}),
        ({"text": "+34600000001+34600000002"}, {"text": "…01…02"}),
        ({"at": "2027-03-05T12:00:00+01:00"}, {"at": "2027-03-05T12:00:00+01:00"}),
        ({"n": 1, "is": True, "nothing": None}, {"n": 1, "is": True, "nothing": None}),
    ],
)
def test_numbers_are_masked_wherever_they_stand(answer: Any, shown: Any) -> None:
    assert without_numbers(answer) == shown


def test_what_columns_of_a_file_are_called_is_no_number(acme: Acme) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    asked = {"file": "a.csv", "columns": {"phone": "Kontakt-Nr", "priority": None}}
    made = acme.made(f"/campaigns/{campaign_id}/imports", asked)
    looker = Api(str(acme.made("/keys", {"name": "look", "scope": "read"})["api_key"]))

    shown = looker.shown(f"/imports/{made['import']['id']}")

    assert shown["options"]["columns"] == {"phone": "Kontakt-Nr", "priority": ""}
