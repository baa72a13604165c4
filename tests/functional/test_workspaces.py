"""A workspace is opened, gets its agents and numbers, and is known by its key alone."""

import pytest

from tests.functional.product import CALLER_ID, OPERATOR_KEY, Acme, Api, Product

ROUTES = [
    ("GET", "/workspace"),
    ("PUT", "/workspace/limits"),
    ("GET", "/agents"),
    ("POST", "/agents"),
    ("GET", "/agents/x"),
    ("PATCH", "/agents/x"),
    ("GET", "/numbers"),
    ("POST", "/numbers"),
    ("GET", "/numbers/x"),
    ("PATCH", "/numbers/x"),
    ("GET", "/campaigns"),
    ("POST", "/campaigns"),
    ("GET", "/campaigns/x"),
    ("POST", "/campaigns/x/start"),
    ("POST", "/campaigns/x/pause"),
    ("POST", "/campaigns/x/resume"),
    ("POST", "/campaigns/x/archive"),
    ("GET", "/campaigns/x/tasks"),
    ("GET", "/campaigns/x/imports"),
    ("POST", "/tasks"),
    ("GET", "/keys"),
    ("POST", "/keys"),
    ("PATCH", "/keys/x"),
    ("DELETE", "/keys/x"),
    ("GET", "/tasks/x"),
    ("GET", "/tasks/x/calls"),
    ("GET", "/calls/x"),
    ("GET", "/imports/x"),
    ("GET", "/imports/x/rows"),
]


def test_the_service_is_up(product: Product) -> None:
    assert product.store is not None

    assert Api().get("/health") == (200, {"status": "ok"})


def test_the_operator_opens_a_workspace_whose_key_works_at_once(product: Product) -> None:
    body = {"name": "Acme", "concurrency_limit": 3}

    opened = Api(OPERATOR_KEY).made("/workspaces", body)

    shown = Api(opened["api_key"]).shown("/workspace")
    assert shown == opened["workspace"]
    assert shown["name"] == "Acme"
    assert shown["concurrency_limit"] == 3
    assert opened["api_key"] not in str(product.everything()), "only a hash is kept"


def test_limits_are_changed(acme: Acme) -> None:
    status, shown = acme.put("/workspace/limits", {"concurrencyLimit": 7, "calls_per_second": 2})

    assert status == 200
    assert (shown["concurrency_limit"], shown["calls_per_second"]) == (7, 2)
    assert acme.shown("/workspace") == shown


def test_a_whole_number_may_be_written_with_a_point(acme: Acme) -> None:
    status, shown = acme.put("/workspace/limits", b'{"concurrency_limit": 7.0}')

    assert (status, shown["concurrency_limit"]) == (200, 7)
    refused = acme.put("/workspace/limits", b'{"concurrency_limit": 7.5}')
    assert (refused.status, refused.error["param"]) == (422, "concurrency_limit")


def test_an_agent_says_what_its_prompt_needs(acme: Acme) -> None:
    body = {"name": "Bea", "carrier": "simulated", "prompt": "{{name}} owes ${amount}."}

    made = acme.made("/agents", {**body, "custom_outcomes": ["will_pay"]})

    assert made["variables"] == ["name", "amount"]
    assert made["custom_outcomes"] == ["will_pay"]
    assert acme.shown(f"/agents/{made['id']}") == made
    assert made in acme.shown("/agents")["agents"]


def test_numbers_are_kept_as_e164(acme: Acme) -> None:
    made = acme.made("/numbers", {"phone": "+34 600 11 22 33", "carrier": "simulated"})

    assert made == {
        "phone": "+34600112233",
        "carrier": "simulated",
        "name": None,
        "has_outbound_trunk": True,
    }
    phones = [number["phone"] for number in acme.shown("/numbers")["numbers"]]
    assert phones == ["+34600112233", CALLER_ID]


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("POST", "/workspaces")])
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer carillon_0000000000000000_wrong", 403),
        ("Bearer carillon_nonsense", 403),
        ("Bearer ", 403),
        ("Bearer", 403),
        (f"Basic {OPERATOR_KEY}", 403),
        (OPERATOR_KEY, 403),
        ("Bearer ñ€", 403),
    ],
    ids=["none", "unknown", "malformed", "empty", "only the word", "basic", "bare", "not ascii"],
)
def test_without_a_good_key_nothing_is_done(
    product: Product, method: str, path: str, header: str | None, status: int
) -> None:
    before = product.everything()
    headers = {} if header is None else {"Authorization": header}

    answer = Api().ask(method, path, b'{"name": "x"}', headers)

    assert answer.status == status
    assert answer.error["type"] in {"authentication_error", "permission_error"}
    assert product.everything() == before


def test_a_key_with_a_wrong_secret_opens_nothing(acme: Acme) -> None:
    assert acme.key is not None

    answer = Api(acme.key[:-1] + ("a" if acme.key[-1] != "a" else "b")).get("/workspace")

    assert answer.status == 403
    assert answer.error["code"] == "forbidden"


def test_a_workspaces_key_opens_no_workspaces(product: Product, acme: Acme) -> None:
    before = product.everything()

    answer = acme.post("/workspaces", {"name": "Mine"})

    assert answer.status == 403
    assert answer.error["code"] == "forbidden"
    assert product.everything() == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_operators_key_is_no_workspace(product: Product, method: str, path: str) -> None:
    before = product.everything()
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}

    answer = Api().ask(method, path, b'{"name": "x", "carrier": "simulated"}', headers)

    assert answer.status == 403
    assert answer.error["code"] == "forbidden"
    assert product.everything() == before


def test_no_answer_is_kept_on_its_way_or_taken_for_a_page(acme: Acme) -> None:
    """It may hold a contact's data, or a key; what is public says so itself."""
    slow = Api(
        acme.made("/keys", {"name": "slow", "scope": "read", "requests_per_minute": 2})["api_key"]
    )
    body = {"name": "x<script>alert(1)</script>", "carrier": "simulated"}
    answers = {
        200: acme.get("/workspace"),
        201: acme.post("/agents", body, once="monday"),
        403: slow.post("/agents", body),
        404: acme.get("/campaigns/<script>alert(1)<%2Fscript>"),
        415: acme.ask("POST", "/agents", b"x", {**bearer(acme), "Content-Type": "text/html"}),
        422: acme.post("/agents", {}),
        429: [slow.get("/workspace") for _ in range(2)][-1],
    }

    for status, answer in answers.items():
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Api().page("/openapi.json")[0]["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
)
def test_a_method_is_what_it_is(product: Product, acme: Acme, header: str) -> None:
    before = product.everything()

    answer = acme.ask("GET", "/keys", None, {**bearer(acme), header: "DELETE"})

    assert answer.status == 200
    assert product.everything() == before


def bearer(client: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.key}"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("DELETE", "/campaigns"), ("GET", "/campaigns//x/y")]
)
def test_what_there_is_no_route_for_is_not_found(acme: Acme, method: str, path: str) -> None:
    answer = acme.ask(method, path, None, {"Authorization": f"Bearer {acme.key}"})

    assert answer.status == 404
    assert answer.error["code"] == "not_found"


def test_a_body_that_says_it_is_something_else_is_refused_in_the_one_shape(
    product: Product, acme: Acme
) -> None:
    before = product.everything()
    headers = {"Authorization": f"Bearer {acme.key}", "Content-Type": "application/xml"}

    answer = acme.ask("POST", "/campaigns", b"<campaign/>", headers)

    assert answer.status == 415
    assert answer.error["code"] == "unsupported_media_type"
    assert product.everything() == before
