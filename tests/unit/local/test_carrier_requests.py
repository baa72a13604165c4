"""What the simulated carrier takes as a request for a call."""

from typing import Any

import pytest

from local.carrier.requests import CallRequest, MalformedRequest, parse_call_request

BODY: dict[str, Any] = {
    "correlation_id": "c1",
    "to": "+34600000055",
    "from": "+34910000000",
    "agent": "agent-1",
    "webhook_url": "http://127.0.0.1:1/events",
    "ring_timeout_ms": 30_000,
    "max_duration_ms": 60_000,
    "prompt": ["Hello"],
    "voice": {"speed": 1.15},
    "context": {"name": "Ana"},
}


def test_a_whole_body_is_a_request() -> None:
    assert parse_call_request(BODY) == CallRequest(
        correlation_id="c1",
        to="+34600000055",
        caller_id="+34910000000",
        agent="agent-1",
        webhook_url="http://127.0.0.1:1/events",
        ring_timeout_ms=30_000,
        max_duration_ms=60_000,
        prompt=["Hello"],
        voice={"speed": 1.15},
    )


@pytest.mark.parametrize("name", ["prompt", "voice", "context"])
def test_what_nobody_speaks_may_be_null_or_absent(name: str) -> None:
    without = {key: value for key, value in BODY.items() if key != name}

    assert parse_call_request(BODY | {name: None}) == parse_call_request(without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("correlation_id", None),
        ("correlation_id", ""),
        ("to", 34600000055),
        ("from", None),
        ("agent", ["agent-1"]),
        ("webhook_url", "ftp://receiver"),
        ("ring_timeout_ms", "30"),
        ("ring_timeout_ms", True),
        ("max_duration_ms", 0),
        ("max_duration_ms", 1.5),
        ("prompt", "Hello"),
        ("voice", "Ana"),
        ("voice", []),
        ("prompt", ["Hello", 1]),
        ("context", ["name"]),
    ],
)
def test_a_malformed_field_is_named(name: str, value: object) -> None:
    with pytest.raises(MalformedRequest, match=name):
        parse_call_request(BODY | {name: value})


@pytest.mark.parametrize("body", [None, [], "text", 1])
def test_a_body_that_is_no_object_is_malformed(body: object) -> None:
    with pytest.raises(MalformedRequest, match="object"):
        parse_call_request(body)


@pytest.mark.parametrize(
    ("to", "valid"),
    [
        ("+34600000055", True),
        ("+1234567", True),
        ("+123456", False),
        ("34600000055", False),
        ("+04600000055", False),
        ("+1234567890123456", False),
        ("+34 600 000 055", False),
        ("tomorrow", False),
    ],
)
def test_a_number_that_cannot_exist_is_known(to: str, valid: bool) -> None:
    assert parse_call_request(BODY | {"to": to}).has_valid_number is valid
