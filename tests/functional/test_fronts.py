"""Carriers report through an HTTP API; where they were told the REST API before, through that."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from tests.functional.fronts import DOMAIN, HTTP_API, REST_API, Sent, by_http_api, by_rest_api
from tests.functional.product import (
    PUBLIC_URL,
    Acme,
    Answer,
    Api,
    Product,
    raw_of,
    report_of_end,
    signed,
)

SID, TOKEN = "AC" + "a" * 32, "the-token"
FORM = {"CallSid": "CA1", "AccountSid": SID, "CallStatus": "completed", "CallDuration": "42"}

Front = Callable[[Sent, str], Answer]


@pytest.fixture
def call_id(product: Product, acme: Acme) -> str:
    """A call that rings; the workspace has a Twilio of its own, too."""
    product.secrets[acme.workspace_id, "twilio-token"] = TOKEN
    twiml = "<Response><Say>{{prompt}}</Say></Response>"
    secrets = {"auth_token": "twilio-token"}
    acme.carrier(
        "my-twilio", kind="twilio", account_sid=SID, twiml=twiml, secrets=secrets, url=None
    )
    acme.pushed(acme.campaign())
    product.run()
    return product.carrier.asked[0].call_id


def by_twilio(
    acme: Acme, call_id: str, *, at: str, token: str = TOKEN, query: str = "", **headers: str
) -> Sent:
    """A report as Twilio sends it that was told this address."""
    path = f"/webhooks/my-twilio/{acme.workspace_id}/{call_id}{query}"
    signature = RequestValidator(token).compute_signature(at + path, FORM)
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    sending = {"Content-Type": kind, "X-Twilio-Signature": signature, **headers}
    return Sent(path, urlencode(FORM).encode(), sending)


def by_simulated(product: Product, call_id: str, **changes: str) -> Sent:
    """A report of the deployment's own carrier."""
    raw = raw_of(report_of_end(call_id, product.clock.at)) or b""
    return Sent("/webhooks/simulated", raw, {**signed(raw, at=product.clock.at), **changes})


def by_this_machine(sent: Sent) -> Answer:
    """The same at the local stack's gateway."""
    return Api().ask("POST", sent.path, sent.body, sent.headers)


def test_a_form_that_the_http_api_encodes_is_believed(
    product: Product, acme: Acme, call_id: str
) -> None:
    answer = by_http_api(by_twilio(acme, call_id, at=PUBLIC_URL))

    assert answer == (200, {"status": "received"})
    (event,) = product.queue.reports
    assert (event.call_id, event.kind, event.outcome) == (call_id, "ended", "completed")
    assert (event.carrier, event.workspace_id) == ("my-twilio", acme.workspace_id)


TOLD = [
    pytest.param(by_http_api, HTTP_API, id="the HTTP API's own address"),
    pytest.param(by_http_api, DOMAIN + "/reports", id="its place on a domain"),
    pytest.param(by_rest_api, REST_API, id="the REST API's own address"),
    pytest.param(by_rest_api, DOMAIN, id="the domain itself"),
]


@pytest.mark.parametrize(("front", "told"), TOLD)
def test_a_report_counts_at_every_address_that_a_carrier_was_ever_told(
    product: Product, acme: Acme, call_id: str, front: Front, told: str
) -> None:
    """Calls are on their way, and numbers set up, when a deployment gets another address."""
    answer = front(by_twilio(acme, call_id, at=told, query="?lane=2"), told)

    assert answer == (200, {"status": "received"})
    assert len(product.queue.reports) == 1


@pytest.mark.parametrize(("front", "told"), TOLD)
def test_what_is_signed_for_another_host_is_refused_whatever_headers_say(
    product: Product, acme: Acme, call_id: str, front: Front, told: str
) -> None:
    lies = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
    sent = by_twilio(acme, call_id, at="https://evil.test", **lies)

    assert front(sent, told).status == 401
    assert product.queue.reports == []


def junk(product: Product, acme: Acme, call_id: str) -> dict[str, Sent]:
    """What may come to a webhook, good and bad."""
    good, form = by_simulated(product, call_id), by_twilio(acme, call_id, at=PUBLIC_URL)
    return {
        "a good report": good,
        "a good form": form,
        "a forged report": good._replace(body=good.body + b" "),
        "a forged form": by_twilio(acme, call_id, at=PUBLIC_URL, token="another"),
        "no signature": good._replace(headers={"Content-Type": "application/json"}),
        "no carrier": good._replace(path="/webhooks/nobody"),
        "no workspace": form._replace(path=f"/webhooks/my-twilio/{'w' * 300}/{call_id}"),
        "a type that no route takes": good._replace(headers={"Content-Type": "image/png"}),
        "too much": good._replace(body=b"x" * 1_100_000),
        "nothing": good._replace(body=b""),
    }


@pytest.mark.parametrize(
    "name",
    [
        "a good report",
        "a good form",
        "a forged report",
        "a forged form",
        "no signature",
        "no carrier",
        "no workspace",
        "a type that no route takes",
        "too much",
        "nothing",
    ],
)
def test_all_fronts_answer_alike(product: Product, acme: Acme, call_id: str, name: str) -> None:
    sent = junk(product, acme, call_id)[name]

    answers = [by_http_api(sent), by_rest_api(sent), by_this_machine(sent)]

    assert len({one.status for one in answers}) == 1, answers
    bodies, headers = [one.body for one in answers], [dict(one.headers) for one in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert headers[0] == headers[1] == headers[2]
    is_good = name.startswith("a good")
    assert (answers[0].status == 200) == is_good
    assert len(product.queue.reports) == (3 if is_good else 0)
