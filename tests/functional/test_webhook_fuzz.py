"""Whatever a carrier sends, it is believed or refused: nothing breaks, and nobody is stuck."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import app
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.ports.carriers import Forged, Webhook
from tests.functional.product import Acme, Product, report_of_end, signed

#: How each carrier's webhooks are signed; a carrier that is added comes in here.
SIGNING: dict[str, Callable[..., dict[str, str]]] = {"simulated": signed}

READER = Product.new().carrier.webhooks
MINUTE = timedelta(minutes=1)

#: Letters that texts seldom hold: halves of letters, controls, what turns the line around.
letters = st.characters(codec="utf-8") | st.sampled_from("\0\x1f\u2028\u202e\ufeff\ud83d\udc00")
texts = st.text(letters, max_size=8)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 2**31, 2**53, 2**63, 10**15, 10**17, 10**30, 10**400, -(10**18)])
)
scalars = st.none() | st.booleans() | numbers | texts
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
depths = st.sampled_from([1, 20, 80, 200, 300, 600, 900, 960, 1_000, 5_000, 100_000])
amounts = st.sampled_from(["0.0450", "-1", "NaN", "Infinity", "1e30", "1e999999", "1_0", "", "x"])
costs = st.fixed_dictionaries({"amount": amounts, "currency": st.sampled_from(["USD", "usd", ""])})
lines = st.fixed_dictionaries(
    {"role": texts, "text": texts}, optional={"at_ms": st.none() | st.integers() | junk}
)
analyses = st.fixed_dictionaries(
    {},
    optional={
        "outcome": st.sampled_from(["busy_callback", "will_pay", "No!", "", "x" * 65]) | junk,
        "callback_at": junk | st.sampled_from(["2027-03-06T10:00Z", "2027-03-06T10:00"]),
        "callback": st.fixed_dictionaries({"local": junk, "timezone": junk}),
        "summary": junk,
    },
)

#: What stands in each field of a report: mostly what belongs there.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["ended", "analysis", "in_progress", "ringing"]),
    "at": numbers,
    "status": st.sampled_from(["completed", "busy", "failed", "a new word"]),
    "permanent": st.booleans(),
    "duration_ms": numbers,
    "cost": costs,
    "recording_url": texts,
    "analysis_follows": st.booleans(),
    "transcript": st.lists(lines, max_size=3),
    "analysis": analyses,
    "call_id": texts,
}
JUNK = FIELDS.keys() - {"type"}
changes = st.fixed_dictionaries(
    {}, optional={name: own | junk if name in JUNK else own for name, own in FIELDS.items()}
)


def spelled(report: Any, deep: int) -> bytes:
    """A report as JSON that Python's own writer would not write: as deep as is asked for."""
    text = json.dumps(report).replace('"DEEP"', "[" * deep + "]" * deep)
    return text.encode()


@pytest.mark.parametrize("name", SIGNING)
@given(raw=st.binary(max_size=200) | junk.map(json.dumps).map(str.encode))
@example(raw=b'{"type": "ended", "type": 7}')
@example(raw=b'\xef\xbb\xbf{"type": "ringing"}')
@example(raw='{"type": "ringing"}'.encode("utf-16"))
@example(raw=b'{"at": ' + b"9" * 5_000 + b"}")
@example(raw=b'{"a":' * 50_000 + b"1" + b"}" * 50_000)
def test_a_reader_answers_whatever_is_signed(name: str, raw: bytes) -> None:
    product = Product.new()
    known = product.service.receive_report.carriers.get(None, name)
    assert known is not None
    headers = {
        key.lower(): value for key, value in SIGNING[name](raw, at=product.clock.at).items()
    }

    try:
        event = known.read(Webhook(headers=headers, body=raw))
    except Forged:
        event = None

    assert event is None or isinstance(event, CallEvent)


@given(headers=st.fixed_dictionaries({"x-carrier-timestamp": texts, "x-carrier-signature": texts}))
@example(headers={"x-carrier-timestamp": "1\ud83d", "x-carrier-signature": ""})
@example(headers={"x-carrier-timestamp": "1", "x-carrier-signature": "sha256=\udc00"})
def test_a_reader_refuses_whatever_is_not_signed(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        READER.read(Webhook(headers=headers, body=b"{}"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(changes=changes, deep=depths)
@example(changes={"type": "analysis", "analysis": {"a": "DEEP"}}, deep=300)
@example(changes={"duration_ms": 10**16}, deep=1)
@example(changes={"duration_ms": -(10**9)}, deep=1)
@example(changes={"cost": {"amount": "1e999999", "currency": "USD"}}, deep=1)
@example(changes={"cost": {"amount": "1e90", "currency": "USD"}}, deep=1)
def test_a_signed_report_leaves_everything_in_order(changes: dict[str, Any], deep: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        product, acme, call_id = ringing(patch)
        report = {**report_of_end(call_id, product.clock.at), **changes}

        answer = product.webhook(spelled(report, deep))

        assert answer.status in {200, 401, 404}
        record(product)
        product.ended(call_id)
        in_order(product, acme, call_id)


def ringing(patch: pytest.MonkeyPatch) -> tuple[Product, Acme, str]:
    """A product whose only call rings."""
    product = Product.new()
    patch.setattr(app, "service", lambda: product.service)
    acme = product.workspace()
    acme.pushed(acme.campaign(daily_budget={"minutes": 1_000, "cost": {"USD": "1000"}}))
    product.run()
    return product, acme, product.carrier.asked[0].call_id


def record(product: Product) -> None:
    """Record what was queued: no message may fail, it would come again for ever."""
    reports, product.queue.reports = product.queue.reports, []
    assert product.deliver("app.record_call_event", [one.to_message() for one in reports]) == []


def in_order(product: Product, acme: Acme, call_id: str) -> None:
    """The call has ended, or does when its analysis is waited for no longer; all can be shown."""
    for _ in range(2):
        product.clock.pass_(5 * MINUTE)
        product.tick()
        product.run()
    call = acme.shown(f"/calls/{call_id}")
    assert call["status"] == "ended"
    assert acme.shown("/calls")["calls"] == [call]
    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["progress"]["calls"] == 1
