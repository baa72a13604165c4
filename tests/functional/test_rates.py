"""Each key asks as often as it may, and is told what is left."""

from datetime import timedelta

import pytest

from chalicelibs.domain.instants import epoch_ms
from tests.builders import utc
from tests.functional.product import OPERATOR_KEY, Acme, Answer, Api, Product

LIMIT, REMAINING, RESET = "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"


@pytest.fixture
def slow(product: Product, acme: Acme) -> Api:
    """A key that may ask three times a minute; it is 20 seconds past."""
    product.clock.at = utc("2027-03-05T16:30:20")
    return Api(acme.made("/keys", {"name": "slow", "requests_per_minute": 3})["api_key"])


def left(answer: Answer) -> tuple[str, str]:
    return answer.headers[LIMIT], answer.headers[REMAINING]


def test_every_answer_says_what_is_left_and_when_it_is_full_again(slow: Api) -> None:
    answers = [slow.get("/workspace") for _ in range(3)]

    assert [left(answer) for answer in answers] == [("3", "2"), ("3", "1"), ("3", "0")]
    assert [answer.status for answer in answers] == [200, 200, 200]
    reset = str(epoch_ms(utc("2027-03-05T16:31")) // 1000)
    assert {answer.headers[RESET] for answer in answers} == {reset}


def test_one_request_too_many_is_refused_and_changes_nothing(
    product: Product, acme: Acme, slow: Api
) -> None:
    for _ in range(3):
        slow.get("/workspace")
    stored = product.everything()

    answer = slow.post("/campaigns", acme.realtime(), once="monday")

    assert answer.status == 429
    assert answer.error["code"] == "rate_limit_exceeded"
    assert answer.error["type"] == "rate_limit_error"
    assert answer.headers["Retry-After"] == "40"
    assert left(answer) == ("3", "0")
    assert product.everything() == stored


def test_the_next_minute_is_a_new_one(product: Product, slow: Api) -> None:
    for _ in range(4):
        slow.get("/workspace")
    product.clock.pass_(timedelta(seconds=40))

    answer = slow.get("/workspace")

    assert answer.status == 200
    assert left(answer) == ("3", "2")


@pytest.mark.parametrize(
    ("method", "path", "raw", "status"),
    [
        ("GET", "/campaigns/0000000000000000", None, 404),
        ("POST", "/campaigns", b"no json", 400),
        ("POST", "/campaigns", b"{}", 422),
        ("POST", "/workspaces", b"{}", 403),
    ],
)
def test_refusals_say_it_too(
    acme: Acme, method: str, path: str, raw: bytes | None, status: int
) -> None:
    answer = acme.ask(method, path, raw, {"Authorization": f"Bearer {acme.key}"})

    assert answer.status == status
    assert answer.headers[LIMIT] == "600"


def test_what_the_framework_refuses_says_it_too(acme: Acme) -> None:
    headers = {"Authorization": f"Bearer {acme.key}", "Content-Type": "application/xml"}

    answer = acme.ask("POST", "/campaigns", b"<campaign/>", headers)

    assert answer.status == 415
    assert answer.headers[LIMIT] == "600"


def test_an_error_on_our_side_says_it_too(
    product: Product, acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(product.store, "campaigns")

    answer = acme.get("/campaigns")

    assert answer.status == 500
    assert answer.headers[LIMIT] == "600"


def test_a_replayed_answer_counts_and_says_what_is_left_now(slow: Api) -> None:
    body = {"name": "Bea", "carrier": "simulated"}

    first, again = (slow.post("/agents", body, once="monday") for _ in range(2))

    assert again == first
    assert (left(first), left(again)) == (("3", "2"), ("3", "1"))


def test_each_key_is_counted_for_itself(acme: Acme, slow: Api) -> None:
    for _ in range(4):
        slow.get("/workspace")

    assert acme.get("/workspace").status == 200


def test_the_operators_key_is_counted(product: Product) -> None:
    assert product.store.workspaces == {}
    operator = Api(OPERATOR_KEY)

    for _ in range(600):
        assert operator.post("/workspaces", {}).status == 422

    assert operator.post("/workspaces", {}).status == 429


def test_who_needs_no_key_is_not_counted(product: Product) -> None:
    answer = Api().get("/health")

    assert answer.status == 200
    assert LIMIT not in answer.headers
    assert product.store.requests == {}


def test_when_requests_cannot_be_counted_the_refusal_has_the_one_shape(
    product: Product, acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(product.store, "requests")

    answer = acme.get("/workspace")

    assert (answer.status, answer.error["code"]) == (500, "internal_error")
