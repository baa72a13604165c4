"""A workspace neither sees nor touches what is another's (P8)."""

from typing import NamedTuple

import pytest

import app
from tests.functional.product import Acme, Product

NEVER = "0000000000000000"


class Owned(NamedTuple):
    """Ids of everything that a workspace has."""

    agent_id: str
    phone: str
    campaign_id: str
    draft_id: str
    task_id: str
    lead_id: str
    queued_id: str
    call_id: str
    ended_call_id: str
    import_id: str
    export_id: str
    key_id: str
    name: str


NOTHING = Owned(
    agent_id=NEVER,
    phone="+34910000099",
    campaign_id=NEVER,
    draft_id=NEVER,
    task_id=f"{NEVER}-{NEVER}",
    lead_id=f"{NEVER}-{NEVER}",
    queued_id=f"{NEVER}-{NEVER}",
    call_id=f"{NEVER}-{NEVER}-1",
    ended_call_id=f"{NEVER}-{NEVER}-2",
    import_id=NEVER,
    export_id=NEVER,
    key_id=NEVER,
    name="nobody",
)

#: Every route with an id in its path, and whose id stands there.
ROUTES = [
    ("GET", "/agents/{agent_id}", "agent_id"),
    ("PATCH", "/agents/{agent_id}", "agent_id"),
    ("GET", "/numbers/{phone}", "phone"),
    ("PATCH", "/numbers/{phone}", "phone"),
    ("GET", "/campaigns/{campaign_id}", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/activity", "campaign_id"),
    ("PATCH", "/campaigns/{campaign_id}", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/start", "draft_id"),
    ("POST", "/campaigns/{campaign_id}/pause", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/resume", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/archive", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/tasks", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/explain", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/leads", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/leads", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/leads/{lead_id}", "campaign_id"),
    ("GET", "/api/v1/campaigns/{campaign_id}", "campaign_id"),
    ("PATCH", "/api/v1/campaigns/{campaign_id}", "campaign_id"),
    ("POST", "/api/v1/campaigns/{campaign_id}/leads", "campaign_id"),
    ("GET", "/api/v1/campaigns/{campaign_id}/leads", "campaign_id"),
    ("GET", "/api/v1/campaigns/{campaign_id}/leads/{lead_id}", "campaign_id"),
    ("GET", "/api/v1/calls/{call_id}", "call_id"),
    ("GET", "/api/v1/calls/{call_id}", "ended_call_id"),
    ("GET", "/campaigns/{campaign_id}/imports", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/imports", "draft_id"),
    ("GET", "/campaigns/{campaign_id}/exports", "campaign_id"),
    ("POST", "/campaigns/{campaign_id}/exports", "campaign_id"),
    ("GET", "/campaigns/{campaign_id}/exports/{export_id}", "campaign_id"),
    ("GET", "/tasks/{task_id}", "task_id"),
    ("GET", "/tasks/{task_id}/calls", "task_id"),
    ("GET", "/tasks/{task_id}/explain", "task_id"),
    ("POST", "/tasks/{task_id}/pause", "queued_id"),
    ("POST", "/tasks/{task_id}/resume", "queued_id"),
    ("POST", "/tasks/{task_id}/archive", "queued_id"),
    ("GET", "/calls/{call_id}", "call_id"),
    ("GET", "/calls/{call_id}", "ended_call_id"),
    ("GET", "/imports/{import_id}", "import_id"),
    ("POST", "/imports/{import_id}/upload", "import_id"),
    ("GET", "/imports/{import_id}/missing", "import_id"),
    ("GET", "/imports/{import_id}/preview", "import_id"),
    ("GET", "/imports/{import_id}/rows", "import_id"),
    ("PATCH", "/keys/{key_id}", "key_id"),
    ("DELETE", "/keys/{key_id}", "key_id"),
    ("GET", "/workspace/carriers/{name}", "name"),
    ("DELETE", "/workspace/carriers/{name}", "name"),
    ("POST", "/workspace/carriers/{name}/resume", "name"),
]


#: What names a person, of whom each workspace knows what it knows; see test_erasing.py.
BY_NUMBER = {("DELETE", "/contacts/{phone}")}

#: What each workspace calls as it likes; see test_carriers.py.
BY_NAME = {("PUT", "/workspace/carriers/{name}")}

#: What stands behind the id of a campaign in a path, and is what is looked for.
LAST = ("lead_id", "export_id")

#: What must be sent there for the id to be looked at.
BODIES = {
    ("POST", "/campaigns/{campaign_id}/imports"): b'{"file": "contacts.csv"}',
    ("POST", "/campaigns/{campaign_id}/exports"): b'{"what": "tasks"}',
}


@pytest.fixture
def owned(product: Product, acme: Acme) -> Owned:
    """A workspace in which everything has happened."""
    campaign_id = acme.campaign()
    acme.pushed(campaign_id, phone="+34600000009")
    product.run()
    ended = product.carrier.asked[0].call_id
    product.ended(ended)
    product.run()
    task_id = acme.pushed(campaign_id)
    product.run()
    queued_id = acme.pushed(campaign_id, startAfter="2027-06-01T00:00:00Z")
    draft_id = acme.made("/campaigns", acme.batch())["id"]
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{draft_id}/a.csv", b"phone,name\n6,E\n")
    (import_id,) = product.store.imports
    export_id = acme.post(f"/campaigns/{campaign_id}/exports", {"what": "tasks"}).body["id"]
    product.write_exports()
    return Owned(
        agent_id=acme.agent_id,
        phone=acme.made("/numbers", {"phone": "+34910000011", "carrier": "simulated"})["phone"],
        campaign_id=campaign_id,
        draft_id=draft_id,
        task_id=task_id,
        lead_id=task_id,
        queued_id=queued_id,
        call_id=product.carrier.asked[1].call_id,
        ended_call_id=ended,
        import_id=import_id,
        export_id=export_id,
        key_id=acme.made("/keys", {"name": "jobs"})["key"]["id"],
        name=acme.carrier(),
    )


@pytest.fixture
def other(product: Product, owned: Owned) -> Acme:
    assert owned.agent_id
    return product.workspace("Other")


def test_the_walk_goes_through_every_route_with_an_id() -> None:
    walked = {(method, path) for method, path, _ in ROUTES}

    declared = {
        (method, path)
        for path, entries in app.app.routes.items()
        for method in entries
        if "{" in path and entries[method].authorizer is not None
    }
    assert walked | BY_NUMBER | BY_NAME == declared


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_what_is_anothers_is_as_if_it_never_was(
    product: Product, acme: Acme, other: Acme, owned: Owned, route: tuple[str, str, str]
) -> None:
    method, path, whose = route

    def asked_for(client: Acme, ids: Owned) -> tuple[int, str]:
        one = getattr(ids, whose)
        rest = path[path.index("}") + 1 :].format_map(ids._asdict())
        filled = path[: path.index("{")] + one + rest
        headers = {"Authorization": f"Bearer {client.key}"}
        body = BODIES.get((method, path), b"{}")
        status, answered = client.ask(method, filled, body, headers)
        named = next((getattr(ids, last) for last in LAST if f"{{{last}}}" in path), one)
        return status, str(answered).replace(named, "it")

    before = product.everything()
    foreign = asked_for(other, owned)

    assert foreign[0] == 404
    assert foreign == asked_for(other, NOTHING)
    assert product.everything() == before
    assert asked_for(acme, owned)[0] in {200, 201, 202, 400, 409, 422}, "its owner does find it"


def test_lists_hold_only_what_is_ones_own(other: Acme) -> None:
    assert other.shown("/campaigns") == {"campaigns": [], "next_cursor": None}
    assert [agent["id"] for agent in other.shown("/agents")["agents"]] == [other.agent_id]
    assert len(other.shown("/numbers")["numbers"]) == 1
    assert other.shown("/workspace")["name"] == "Other"
    assert [key["name"] for key in other.shown("/keys")["keys"]] == ["first"]


#: Every route that takes a key and may be repeated, with what to send there.
REPEATABLE = [
    ("/agents", {"name": "Bea", "carrier": "simulated"}),
    ("/campaigns", {"name": "Leads", "type": "realtime"}),
    ("/keys", {"name": "jobs"}),
    ("/numbers", {"phone": "+34910000077", "carrier": "simulated"}),
]


@pytest.mark.parametrize(("path", "body"), REPEATABLE)
def test_an_idempotency_key_of_one_means_nothing_to_another(
    acme: Acme, other: Acme, path: str, body: dict[str, str]
) -> None:
    own = acme.post(path, body, once="monday")

    foreign = other.post(path, body, once="monday")

    assert (own.status, foreign.status) == (201, 201)
    assert "Idempotency-Replayed" not in foreign.headers
    assert foreign.body == other.post(path, body, once="monday").body, "it is kept as its own"
    assert own.body == acme.post(path, body, once="monday").body


def test_an_idempotency_key_does_not_reveal_what_another_asked(acme: Acme, other: Acme) -> None:
    acme.made("/keys", {"name": "jobs"})
    acme.post("/keys", {"name": "secret"}, once="monday")

    answer = other.post("/keys", {"name": "mine"}, once="monday")

    assert answer.status == 201
    assert answer.body["key"]["name"] == "mine"


def test_one_workspaces_requests_do_not_use_up_anothers_rate(acme: Acme, other: Acme) -> None:
    before = int(other.get("/workspace").headers["X-RateLimit-Remaining"])
    for _ in range(3):
        acme.get("/workspace")

    after = int(other.get("/workspace").headers["X-RateLimit-Remaining"])

    assert after == before - 1


def test_nothing_is_pushed_into_anothers_campaign(
    product: Product, other: Acme, owned: Owned
) -> None:
    before = product.everything()

    foreign = other.post("/tasks", other.task(owned.campaign_id))
    unknown = other.post("/tasks", other.task(NEVER))
    (in_list,) = other.made("/tasks", [other.task(owned.campaign_id)])["results"]

    assert (foreign.status, foreign.error["param"]) == (404, "campaign")
    assert in_list == foreign.body
    assert str(foreign).replace(owned.campaign_id, "it") == str(unknown).replace(NEVER, "it")
    assert product.everything() == before


def test_nobody_speaks_through_anothers_agent(product: Product, other: Acme, owned: Owned) -> None:
    before = product.everything()

    foreign = other.post("/campaigns", {**other.batch(), "agent_id": owned.agent_id})
    unknown = other.post("/campaigns", {**other.batch(), "agent_id": NEVER})

    assert (foreign.status, foreign.error["param"]) == (422, "agent_id")
    assert foreign == unknown
    assert product.everything() == before


def test_nobody_calls_from_anothers_number(product: Product, acme: Acme, other: Acme) -> None:
    acme.made("/numbers", {"phone": "+34910000055", "carrier": "simulated"})
    before = product.everything()

    foreign = other.post("/campaigns", other.batch(caller_id="+34910000055"))
    unknown = other.post("/campaigns", other.batch(caller_id="+34910000056"))

    assert (foreign.status, foreign.error["param"]) == (422, "caller_id")
    assert foreign == unknown
    assert product.everything() == before


def test_a_task_does_not_bring_anothers_agent(product: Product, other: Acme, owned: Owned) -> None:
    campaign_id = other.campaign()
    before = product.everything()

    answer = other.post("/tasks", other.task(campaign_id, agent=owned.agent_id))

    assert (answer.status, answer.error["param"]) == (422, "agent")
    assert product.everything() == before


def test_anothers_cursor_shows_nothing_of_its_list(other: Acme, owned: Owned) -> None:
    own = other.campaign()
    task_id = other.pushed(own)

    campaigns = other.shown(f"/campaigns?cursor={owned.campaign_id}")["campaigns"]
    tasks = other.shown(f"/campaigns/{own}/tasks?cursor={owned.task_id}")["tasks"]

    assert {one["id"] for one in campaigns} <= {own}
    assert {one["id"] for one in tasks} <= {task_id}
