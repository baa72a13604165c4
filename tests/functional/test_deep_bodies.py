"""A body that is deeper than any reader follows is refused on every route, and breaks none."""

import pytest

import app
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product, signed

ROUTES = sorted(
    (method, path)
    for path, entries in app.app.routes.items()
    for method in entries
    if method in {"POST", "PUT", "PATCH"}
)

#: These look at no body: whatever comes with them is not read.
WITHOUT_BODY = {"start", "pause", "resume", "archive"}

BODIES = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 100_000,
    "closed": b"[" * 50_000 + b"]" * 50_000,
    "in a field": b'{"name": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "in a list": b"[" + b'{"context": ' * 500 + b"1" + b"}" * 500 + b"]",
    "just too deep": b"[" * 201 + b"]" * 201,
    "just not too deep": b"[" * 150 + b"]" * 150,
}

FILE = {"file": "contacts.csv", "bytes": 10}


@pytest.mark.parametrize("raw", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_deep_body_is_refused(
    product: Product, acme: Acme, route: tuple[str, str], raw: bytes
) -> None:
    method, path = route
    waiting = {"startAfter": "2027-06-01T00:00:00Z"}
    batch_id = acme.made("/campaigns", acme.batch())["id"]
    ids = {
        "campaign_id": batch_id,
        "import_id": acme.made(f"/campaigns/{batch_id}/imports", FILE)["import"]["id"],
        "agent_id": acme.agent_id,
        "key_id": acme.shown("/keys")["keys"][0]["id"],
        "phone": "+34910000000",
        "task_id": acme.pushed(acme.campaign(), **waiting),
        "carrier": "simulated",
        "workspace_id": acme.workspace_id,
        "call_id": f"{batch_id}-{batch_id}-1",
        "name": acme.carrier(),
    }
    key = OPERATOR_KEY if path.startswith(("/workspaces", "/admin")) else acme.key
    headers = {"Authorization": f"Bearer {key}", **signed(raw, at=product.clock.at)}

    status, answer = Api().ask(method, path.format(**ids), raw, headers)

    if path.rpartition("/")[2] in WITHOUT_BODY:
        assert status in {200, 409}
    elif status == 201:  # a list, of which each is judged for itself
        assert all("error" in one for one in answer["results"])
    else:
        assert 400 <= status < 500


@pytest.mark.parametrize("depth", [1, 150, 196])
def test_a_voice_that_is_taken_is_shown_and_told_to_the_carrier(
    product: Product, acme: Acme, depth: int
) -> None:
    raw = b'{"voice": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    headers = {"Authorization": f"Bearer {acme.key}"}

    assert acme.ask("PATCH", f"/agents/{acme.agent_id}", raw, headers).status == 200

    assert acme.get("/agents").status == 200
    acme.pushed(acme.campaign())
    product.run()
    assert str(product.carrier.asked[0].agent.voice).count("[") == depth
