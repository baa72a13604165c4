"""People sign in to the console with a key: no script reads the cookie, no other site uses it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest

from tests.functional.conftest import Log
from tests.functional.product import OPERATOR_KEY, Acme, Answer, Api, Product

OWN_PAGE = {"X-Carillon-Console": "1", "Sec-Fetch-Site": "same-origin", "Host": "127.0.0.1:8700"}


class Browser:
    """What keeps a cookie and sends it back."""

    def __init__(self) -> None:
        self.cookie: Mapping[str, str] = {}
        self.said = ""

    def ask(self, method: str, body: object = None, **headers: str) -> Answer:
        raw = None if body is None else json.dumps(body).encode()
        sent = {**OWN_PAGE, **self.cookie, **headers}
        answer = Api().ask(method, "/console/session", raw, sent)
        if "Set-Cookie" in answer.headers:
            self.said = answer.headers["Set-Cookie"]
            (morsel,) = SimpleCookie(self.said).values()
            self.cookie = {"Cookie": f"{morsel.key}={morsel.value}"} if morsel.value else {}
        return answer

    def sign_in(self, key: str | None) -> Any:
        answer = self.ask("POST", {"api_key": key})
        assert answer.status == 201, answer
        return answer.body["session"]

    def session(self) -> Any:
        return self.ask("GET").body["session"]


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_a_key_becomes_a_session_that_opens_its_workspace(acme: Acme, browser: Browser) -> None:
    session = browser.sign_in(acme.key)

    assert session["workspace_id"] == acme.workspace_id
    assert session["scope"] == "manage"
    assert Api(session["access_token"]).shown("/workspace")["id"] == acme.workspace_id


def test_a_key_made_in_a_session_is_told_again_there_and_nowhere_else(acme: Acme) -> None:
    one, two = (Api(Browser().sign_in(acme.key)["access_token"]) for _ in range(2))

    answers = [api.post("/keys", {"name": "jobs"}, once="monday") for api in (one, two, acme)]

    assert [answer.status for answer in answers] == [201, 201, 201]
    assert len({answer.body["api_key"] for answer in answers}) == 3
    assert one.post("/keys", {"name": "jobs"}, once="monday").body == answers[0].body


def test_a_page_that_is_loaded_anew_is_given_the_same_pass(acme: Acme, browser: Browser) -> None:
    assert browser.sign_in(acme.key) == browser.session()


def test_the_cookie_is_for_no_script_no_other_site_and_no_other_address(
    acme: Acme, browser: Browser
) -> None:
    browser.sign_in(acme.key)

    _, *attributes = browser.said.split("; ")
    assert attributes == [
        *("Path=/console/session", "Max-Age=43200", "HttpOnly", "SameSite=Strict"),
    ]


@pytest.mark.parametrize("host", ["api.example.com", "localhost.example.com", "127.0.0.1.nip.io"])
def test_anywhere_but_on_its_own_machine_the_cookie_wants_https(
    acme: Acme, browser: Browser, host: str
) -> None:
    browser.ask("POST", {"api_key": acme.key}, Host=host)

    assert browser.said.endswith("; Secure")


def test_neither_key_nor_secrets_are_kept(product: Product, acme: Acme, browser: Browser) -> None:
    session = browser.sign_in(acme.key)

    kept = repr(product.store.sessions)
    assert str(acme.key).rpartition("_")[2] not in kept
    assert session["access_token"].rpartition(".")[2] not in kept
    assert browser.cookie["Cookie"].rpartition(".")[2] not in kept


def test_the_cookie_opens_nothing_by_itself(acme: Acme, browser: Browser) -> None:
    browser.sign_in(acme.key)

    cookie = browser.cookie["Cookie"].partition("=")[2]
    assert Api().ask("GET", "/workspace", None, browser.cookie).status == 401
    assert Api(cookie).get("/workspace").status == 403
    assert Api(f"carillonpass_{cookie}").get("/workspace").status == 403


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param({"X-Carillon-Console": ""}, id="a form of another site"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nobody_but_the_consoles_own_page_is_answered(
    acme: Acme, browser: Browser, method: str, foreign: Mapping[str, str]
) -> None:
    browser.sign_in(acme.key)

    body = {"api_key": acme.key} if method == "POST" else None
    answer = browser.ask(method, body, **foreign)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert browser.session() is not None


def test_whoever_signs_out_is_out_and_so_is_the_page(acme: Acme, browser: Browser) -> None:
    session, cookie = browser.sign_in(acme.key), browser.cookie

    assert browser.ask("DELETE") == (200, {"session": None})

    assert browser.cookie == {}
    browser.cookie = cookie
    assert browser.session() is None
    assert Api(session["access_token"]).get("/workspace").status == 403


def test_signing_out_ends_no_other_session(acme: Acme, browser: Browser) -> None:
    other = Browser()
    other.sign_in(acme.key)
    browser.sign_in(acme.key)

    browser.ask("DELETE")

    assert other.session() is not None


def test_a_session_ends_after_twelve_hours(product: Product, acme: Acme, browser: Browser) -> None:
    session = browser.sign_in(acme.key)

    product.clock.pass_(timedelta(hours=12, milliseconds=-1))
    assert Api(session["access_token"]).get("/workspace").status == 200
    product.clock.pass_(timedelta(milliseconds=1))

    assert Api(session["access_token"]).get("/workspace").status == 403
    assert browser.session() is None


def test_a_key_that_is_revoked_ends_its_sessions(acme: Acme, browser: Browser) -> None:
    made = acme.made("/keys", {"name": "dashboard"})
    session = browser.sign_in(made["api_key"])

    acme.delete(f"/keys/{made['key']['id']}")

    assert Api(session["access_token"]).get("/workspace").status == 403
    assert browser.session() is None


def test_a_session_may_what_its_key_may_at_that_moment(acme: Acme, browser: Browser) -> None:
    made = acme.made("/keys", {"name": "dashboard", "scope": "read"})
    page = Api(browser.sign_in(made["api_key"])["access_token"])
    campaign = acme.campaign()
    acme.pushed(campaign, phone="+34600000009")

    assert page.post(f"/campaigns/{campaign}/pause").status == 403
    (task,) = page.shown(f"/campaigns/{campaign}/tasks")["tasks"]
    assert task["phone"] == "…09"
    acme.patch(f"/keys/{made['key']['id']}", {"scope": "manage"})

    assert page.post(f"/campaigns/{campaign}/pause").status == 200


def test_what_a_page_asks_counts_for_its_key(acme: Acme, browser: Browser) -> None:
    made = acme.made("/keys", {"name": "slow", "requests_per_minute": 2})
    page = Api(browser.sign_in(made["api_key"])["access_token"])

    assert [page.get("/workspace").status for _ in range(3)] == [200, 200, 429]


@pytest.mark.usefixtures("acme")
def test_the_operator_signs_in_and_opens_no_workspace(browser: Browser) -> None:
    session = browser.sign_in(OPERATOR_KEY)

    assert session["workspace_id"] is None
    assert Api(session["access_token"]).get("/admin/dead-letters").status == 200
    assert Api(session["access_token"]).get("/campaigns").status == 403


@pytest.mark.parametrize("key", ["", "carillon_x_y", "carillonpass_a.b.c", "a" * 200])
def test_what_is_no_key_opens_no_session(product: Product, browser: Browser, key: str) -> None:
    answer = browser.ask("POST", {"api_key": key})

    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert product.store.sessions == {}


@pytest.mark.parametrize("cookie", ["", "carillon_session", "carillon_session=a.b", ";;=", "ü=ü"])
@pytest.mark.usefixtures("acme")
def test_a_cookie_that_is_none_is_nobodys(browser: Browser, cookie: str) -> None:
    browser.cookie = {"Cookie": cookie}

    assert browser.session() is None
    assert browser.ask("DELETE").status == 200


def test_who_signs_in_is_not_told_to_the_log(acme: Acme, browser: Browser, log: Log) -> None:
    browser.sign_in(acme.key)
    browser.ask("POST", {"api_key": f"{acme.key}x"})

    assert str(acme.key) not in log()
    assert "carillonpass_" not in log()
