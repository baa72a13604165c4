"""The adapter of Telnyx against Telnyx's own SDK: its types, its client, its verifier."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelibs.adapters.carriers.telnyx import EVENTS, RETRIES_MS, ending_of, verify
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.outcome import BUILT_IN
from chalicelibs.ports.carriers import (
    CannotSay,
    Carrier,
    Forged,
    Refused,
    StillAlive,
    Throttled,
    Webhook,
)
from tests.builders import NOON, a_call, an_agent
from tests.contract.carriers.enums import words_of
from tests.contract.carriers.known import (
    CALL_ID,
    CALLER_ID,
    PHONE,
    REQUEST,
    SECRET,
    carrier,
    request,
    webhook_url,
)
from tests.contract.carriers.loopback import Loopback, raw

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "signature_vectors.json").read_text())
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SECOND, NOW_S = timedelta(seconds=1), int(NOON.timestamp())
ASSISTANT = {"agent": an_agent(voice={"assistant_id": "assistant-1"})}


def public(key: Ed25519PrivateKey) -> str:
    return b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@pytest.fixture(scope="module")
def sdk() -> Any:
    """Telnyx's SDK; importing it takes seconds."""
    import telnyx
    import telnyx.lib.webhooks_ed25519

    return telnyx


def asked_by_us(server: Loopback, **settings: Any) -> Any:
    server.says((200, {"data": {"call_control_id": "v3:x"}}))
    carrier("telnyx", server.url, **settings).place(request(**ASSISTANT))
    return server.seen[-1]


def test_our_request_is_one_that_the_sdk_takes(sdk: Any, server: Loopback) -> None:
    from pydantic import TypeAdapter
    from telnyx.types.call_dial_params import CallDialParams

    body = asked_by_us(server, machine_detection="premium", records=True).json
    named = {"from_" if name == "from" else name: one for name, one in body.items()}

    TypeAdapter(CallDialParams).validate_python(named)
    assert named.keys() <= CallDialParams.__annotations__.keys(), "no name of our own invention"
    assert sdk


def test_our_request_is_the_one_that_the_sdk_would_send(sdk: Any, server: Loopback) -> None:
    ours = asked_by_us(server)
    client = sdk.Telnyx(api_key=SECRET, base_url=f"{server.url}/v2", max_retries=0)
    client.calls.dial(
        connection_id="123",
        to=PHONE,
        from_=CALLER_ID,
        timeout_secs=45,
        time_limit_secs=900,
        retry_on_timeout=False,
        client_state=b64encode(CALL_ID.encode()).decode(),
        command_id=CALL_ID,
        webhook_url=webhook_url(),
        webhook_url_method="POST",
        webhook_retries_policies={event: {"retries_ms": RETRIES_MS} for event in EVENTS},
        assistant={
            "id": "assistant-1",
            "dynamic_variables": {**REQUEST.context, "prompt": REQUEST.prompt},
        },
    )

    theirs = server.seen[-1]
    assert (theirs.method, theirs.path, theirs.json) == (ours.method, ours.path, ours.json)
    assert theirs.headers["authorization"] == ours.headers["authorization"]


def test_retries_stay_within_what_telnyx_takes() -> None:
    assert len(RETRIES_MS) <= 5
    assert sum(RETRIES_MS) <= 60_000


def test_the_phone_rings_as_long_as_the_carrier_takes_it(server: Loopback) -> None:
    server.says((200, {"data": {"call_control_id": "v3:x"}}))
    short = an_agent(ring_timeout=SECOND, max_duration=SECOND, voice={})

    carrier("telnyx", server.url).place(request(agent=short))

    body = server.seen[0].json
    assert (body["timeout_secs"], body["time_limit_secs"]) == (5, 30)


@pytest.mark.parametrize(
    ("code", "detail", "expected"),
    [
        ("10016", "must be E.164", Refused("telnyx_10016", is_permanent=True)),
        ("10015", "bad request", Refused("telnyx_10015")),
        ("90041", "User channel limit exceeded D1", Throttled(5 * SECOND)),
    ],
)
def test_a_refusal_is_told_by_its_code(
    server: Loopback, code: str, detail: str, expected: object
) -> None:
    server.says((403, {"errors": [{"code": code, "title": "No", "detail": detail}]}))

    assert carrier("telnyx", server.url).place(REQUEST) == expected


# --- Reports -------------------------------------------------------------------------------------


def report(kind: str, **payload: Any) -> bytes:
    own = {
        "call_control_id": "v3:x",
        "call_leg_id": "leg",
        "client_state": b64encode(CALL_ID.encode()).decode(),
    }
    return raw(
        {
            "data": {
                "record_type": "event",
                "event_type": kind,
                "id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
                "occurred_at": "2027-03-05T12:00:00.000000Z",
                "payload": {**own, **payload},
            },
            "meta": {"attempt": 1},
        }
    )


def signed(
    body: bytes,
    changes: dict[str, str] | None = None,
    *,
    key: Ed25519PrivateKey = KEY,
    at: int = NOW_S,
) -> Webhook:
    signature = key.sign(f"{at}|".encode() + body)
    headers = {
        "telnyx-timestamp": str(at),
        "telnyx-signature-ed25519": b64encode(signature).decode(),
    }
    return Webhook(headers={**headers, **(changes or {})}, body=body, url=webhook_url())


@pytest.fixture
def telnyx() -> Carrier:
    return carrier("telnyx")


def read(telnyx: Carrier, kind: str, **payload: Any) -> CallEvent:
    told = telnyx.read(signed(report(kind, **payload)))
    assert told is not None
    return told


def test_what_we_believe_the_official_verifier_believes(sdk: Any, telnyx: Carrier) -> None:
    import time

    webhook = signed(report("call.hangup", hangup_cause="user_busy"), at=int(time.time()))
    client = sdk.Telnyx(api_key=SECRET, public_key=public(KEY))

    sdk.lib.webhooks_ed25519.verify_ed25519(client, webhook.body, webhook.headers)
    fresh = signed(webhook.body)
    assert telnyx.read(fresh) is not None


@pytest.mark.parametrize("vector", VECTORS["telnyx"]["vectors"])
def test_the_vector_that_was_made_with_a_fixed_key(vector: dict[str, Any]) -> None:
    text = f"{vector['timestamp']}|{vector['body']}".encode()

    verify(vector["expected"], text, [vector["public_key"]])
    with pytest.raises(Forged):
        verify(vector["expected"], text + b" ", [vector["public_key"]])


BUSY = report("call.hangup", hangup_cause="user_busy")

TAMPERED = [
    signed(BUSY, key=OTHER),
    signed(BUSY, at=NOW_S - 301),
    signed(BUSY, at=NOW_S + 301),
    signed(BUSY, {"telnyx-timestamp": str(NOW_S + 1)}),
    signed(BUSY, {"telnyx-timestamp": "soon"}),
    signed(BUSY, {"telnyx-signature-ed25519": ""}),
    signed(BUSY, {"telnyx-signature-ed25519": "no base64 \ud800"}),
    signed(BUSY, {"telnyx-signature-ed25519": b64encode(b"short").decode()}),
    Webhook(headers=signed(BUSY).headers, body=BUSY.replace(b"user_busy", b"no_answer")),
    signed(b"{}"),
    signed(b"[]"),
    signed(b"{"),
    signed(raw({"data": {"event_type": "call.hangup", "payload": {}}})),
    signed(report("call.hangup", client_state="no base64 \u20ac")),
    signed(report("call.hangup", client_state=b64encode(b"\xff").decode())),
    signed(report("call.hangup", hangup_cause=7)),
]


@pytest.mark.parametrize("webhook", TAMPERED, ids=range(len(TAMPERED)))
def test_what_is_not_signed_so_is_refused(telnyx: Carrier, webhook: Webhook) -> None:
    with pytest.raises(Forged):
        telnyx.read(webhook)


@pytest.mark.parametrize("skew", [-299, 299])
def test_a_clock_may_be_off_a_little(telnyx: Carrier, skew: int) -> None:
    assert telnyx.read(signed(BUSY, at=NOW_S + skew)) is not None


def test_while_a_key_is_changed_both_sign() -> None:
    own = carrier("telnyx", public_key=f"{public(OTHER)} {public(KEY)}")

    assert own.read(signed(BUSY)) is not None
    assert own.read(signed(BUSY, key=OTHER)) is not None


def test_every_cause_of_the_official_enum_is_an_outcome() -> None:
    words = words_of("telnyx", "types/call_hangup.py", "hangup_cause")

    assert len(words) >= 9
    assert {ending_of(word).outcome for word in words} <= BUILT_IN


@pytest.mark.parametrize(
    ("cause", "sip", "outcome", "is_permanent"),
    [
        ("normal_clearing", "200", "completed", False),
        ("time_limit", "200", "completed", False),
        ("timeout", "", "no_answer", False),
        ("no_answer", "487", "no_answer", False),
        ("originator_cancel", "487", "no_answer", False),
        ("user_busy", "486", "busy", False),
        ("call_rejected", "603", "busy", False),
        ("call_rejected", "403", "init_failed", False),
        ("not_found", "404", "failed", True),
        ("unspecified", "unspecified", "failed", False),
        ("unspecified", "486", "busy", False),
        ("unspecified", "410", "failed", True),
        ("a word of next year", "", "failed", False),
    ],
)
def test_how_a_call_ended(
    telnyx: Carrier, cause: str, sip: str, outcome: str, is_permanent: bool
) -> None:
    told = read(telnyx, "call.hangup", hangup_cause=cause, sip_hangup_cause=sip)

    assert (told.call_id, told.kind, told.at) == (CALL_ID, "ended", NOON)
    assert (told.outcome, told.is_permanent) == (outcome, is_permanent)


def test_a_conversation_has_a_length(telnyx: Carrier) -> None:
    times = {"start_time": "2027-03-05T11:59:00Z", "end_time": "2027-03-05T11:59:42.500Z"}

    told = read(telnyx, "call.hangup", hangup_cause="normal_clearing", **times)

    assert told.duration == 42.5 * SECOND


DETECTIONS = [
    ("call.machine.detection.ended", "types/call_machine_detection_ended.py"),
    ("call.machine.premium.detection.ended", "types/call_machine_premium_detection_ended.py"),
]
MEANT = {"machine": "voicemail", "fax_detected": "voicemail", "silence": "no_response"}


@pytest.mark.parametrize(("kind", "module"), DETECTIONS)
def test_what_picked_up_is_an_outcome_where_it_is_no_person(
    telnyx: Carrier, kind: str, module: str
) -> None:
    for word in words_of("telnyx", module, "result"):
        told = telnyx.read(signed(report(kind, result=word)))

        assert (told and told.outcome) == MEANT.get(word), word


def test_what_is_told_later_is_added(telnyx: Carrier) -> None:
    cost = read(telnyx, "call.cost", total_cost="0.0125", cost_parts=[{"currency": "EUR"}])
    recording = read(telnyx, "call.recording.saved", recording_urls={"mp3": "https://r.test/1"})
    insights = [
        {"insight_id": "i-1", "result": "They talked."},
        {"insight_id": "i-2", "result": {"outcome": "will_pay", "do_not_call": True}},
    ]
    analysis = read(telnyx, "call.conversation_insights.generated", results=insights)

    assert cost.cost == "0.0125 EUR"
    assert recording.recording_url == "https://r.test/1"
    assert analysis.analysis["i-1"] == "They talked."
    assert (analysis.outcome, analysis.opts_out) == ("will_pay", True)
    assert {cost.kind, recording.kind, analysis.kind} == {"analysis"}


@pytest.mark.parametrize(
    "kind", ["call.initiated", "call.bridged", "call.machine.greeting.ended", "a new event"]
)
def test_what_changes_nothing_is_taken_and_dropped(telnyx: Carrier, kind: str) -> None:
    assert telnyx.read(signed(report(kind))) is None


def test_somebody_picks_up(telnyx: Carrier) -> None:
    assert read(telnyx, "call.answered").kind == "in_progress"


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"is_alive": True}, StillAlive()),
        ({"is_alive": False}, CannotSay()),
        ({"is_alive": "no"}, CannotSay()),
        ({}, CannotSay()),
    ],
)
def test_whether_a_call_is_alive(server: Loopback, shown: Any, expected: object) -> None:
    server.says((200, {"data": shown}))

    assert carrier("telnyx", server.url).fetch(a_call(carrier_call_id="v3:x")) == expected
    assert server.seen[0].path == "/v2/calls/v3:x"


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_call_whose_id_was_lost_is_looked_for_among_those_that_go_on(
    server: Loopback, is_alive: bool
) -> None:
    call = a_call()
    mine = {"client_state": b64encode(call.call_id.encode()).decode()}
    server.says((200, {"data": [{"client_state": None}, *([mine] if is_alive else [])]}))

    told = carrier("telnyx", server.url).fetch(call)

    assert told == (StillAlive() if is_alive else CannotSay())
    assert server.seen[0].path == "/v2/connections/123/active_calls"


@pytest.mark.parametrize(("answered_at", "outcome"), [(NOON, "completed"), (None, "failed")])
def test_of_a_call_that_is_over_is_told_what_is_known(
    server: Loopback, answered_at: Any, outcome: str
) -> None:
    ended = {"is_alive": False, "end_time": "2027-03-05T12:00:30Z", "call_duration": 30}
    server.says((200, {"data": ended}))

    told = carrier("telnyx", server.url).fetch(
        a_call(carrier_call_id="v3:x", answered_at=answered_at)
    )

    assert isinstance(told, CallEvent)
    assert (told.outcome, told.at) == (outcome, NOON + 30 * SECOND)


def test_our_id_comes_back_as_it_went(server: Loopback) -> None:
    assert b64decode(asked_by_us(server).json["client_state"]).decode() == CALL_ID


@pytest.mark.parametrize("urls", [5, ["x"], {"mp3": ["x"]}, {"mp3": [None]}, {"mp3": 5}, {}])
def test_a_recording_is_where_a_text_says_or_nowhere(telnyx: Carrier, urls: Any) -> None:
    other = {"wav": "https://r.test/1"}

    found = read(telnyx, "call.recording.saved", public_recording_urls=urls, recording_urls=other)

    assert found.recording_url == "https://r.test/1"
    assert telnyx.read(signed(report("call.recording.saved", recording_urls=urls))) is None
