"""The adapter of Vapi against Vapi's own SDK: the models of its requests and reports."""

import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from chalicelibs.adapters.carriers.vapi import ending_of
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.outcome import BUILT_IN
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import (
    Accepted,
    CannotSay,
    Carrier,
    Forged,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
    Webhook,
)
from tests.builders import NOON, a_call
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

SECOND, NOW_S = timedelta(seconds=1), int(NOON.timestamp())


@pytest.fixture(scope="module")
def types() -> Any:
    """The models of Vapi's SDK; importing them takes longer than all other tests here."""
    import vapi.types

    return vapi.types


def asked_by_us(server: Loopback, **settings: Any) -> Any:
    server.says((201, {"id": "v-1"}))
    carrier("vapi", server.url, **settings).place(REQUEST)
    return server.seen[-1]


@pytest.mark.slow
def test_our_request_is_one_that_the_sdk_knows(types: Any, server: Loopback) -> None:
    ours = asked_by_us(server)
    body = ours.json
    overrides = body["assistantOverrides"]
    # The SDK has an object here, for its specification calls the enum's type so; the documentation
    # and the service want the word.
    retries = overrides["server"]["backoffPlan"] | {"type": {}}
    overrides["server"]["backoffPlan"] = retries

    for model, part in [
        (types.CreateOutboundCallDto, body),
        (types.CreateCustomerDto, body["customer"]),
        (types.AssistantOverrides, overrides),
        (types.Server, overrides["server"]),
        (types.BackoffPlan, retries),
    ]:
        names = {field.alias or name for name, field in model.model_fields.items()}
        assert part.keys() <= names, "no name of our own invention"
        model.model_validate(part)
    assert (ours.method, ours.path) == ("POST", "/call")
    assert ours.headers["authorization"] == f"Bearer {SECRET}"


def test_what_goes_with_a_call(server: Loopback) -> None:
    body = asked_by_us(server).json

    assert body["customer"] == {"number": PHONE}
    assert (body["phoneNumberId"], body["assistantId"]) == ("p-1", "a-1")
    overrides = body["assistantOverrides"]
    assert overrides["metadata"] == {"carillon_call_id": CALL_ID}
    assert overrides["variableValues"] == {**REQUEST.context, "prompt": REQUEST.prompt}
    assert overrides["maxDurationSeconds"] == 600
    assert overrides["server"] == {
        "url": webhook_url(),
        "backoffPlan": {"type": "exponential", "maxRetries": 5, "baseDelaySeconds": 1},
        "headers": {"x-vapi-secret": SECRET},
    }


def test_where_a_credential_signs_no_secret_is_told(server: Loopback) -> None:
    told = asked_by_us(server, credential_id="c-1").json["assistantOverrides"]["server"]

    assert told["credentialId"] == "c-1"
    assert "headers" not in told


def test_a_number_that_vapi_does_not_have_cannot_call(server: Loopback) -> None:
    own = carrier("vapi", server.url)

    assert own.place(request(caller_id="+34910000099")) == Refused("number_unknown_to_vapi")
    assert server.seen == []


PLACED: list[tuple[int, Any, PlaceAnswer]] = [
    (201, {"results": [{"id": "v-1"}], "errors": []}, Accepted("v-1")),
    (201, {"results": [], "errors": [{"customer": {}, "error": "no"}]}, Refused("vapi_refused")),
    (
        201,
        {"results": [], "errors": [], "subscriptionLimits": {"concurrencyBlocked": True}},
        Throttled(5 * SECOND),
    ),
    (
        201,
        {"id": "v-1", "subscriptionLimits": {"concurrencyBlocked": False}},
        Accepted("v-1"),
    ),
    (400, {"message": "Over Concurrency Limit", "statusCode": 400}, Throttled(5 * SECOND)),
    (400, {"message": ["customer.number must be valid"]}, Refused("http_400")),
]


@pytest.mark.parametrize(("status", "body", "expected"), PLACED)
def test_what_an_answer_means(
    server: Loopback, status: int, body: Any, expected: PlaceAnswer
) -> None:
    server.says((status, body))

    assert carrier("vapi", server.url).place(REQUEST) == expected


# --- Reports -------------------------------------------------------------------------------------

OURS = {"metadata": {"carillon_call_id": CALL_ID}}
CALL = {
    "id": "v-1",
    "orgId": "o-1",
    "createdAt": "2027-03-05T11:59:00.000Z",
    "updatedAt": "2027-03-05T12:00:00.000Z",
    "type": "outboundPhoneCall",
    "assistantOverrides": OURS,
}
MESSAGES = [
    {"role": "system", "message": "You call José.", "time": 0, "secondsFromStart": 0},
    {"role": "bot", "message": "Hello.", "time": 1, "endTime": 2, "secondsFromStart": 1.5},
    {"role": "user", "message": "Yes.", "time": 3, "endTime": 4, "secondsFromStart": 3},
    {"role": "tool_calls", "toolCalls": [], "message": "", "time": 5, "secondsFromStart": 5},
]
REPORT = {
    "type": "end-of-call-report",
    "call": CALL,
    "endedReason": "customer-ended-call",
    "startedAt": "2027-03-05T11:59:18.000Z",
    "endedAt": "2027-03-05T12:00:00.000Z",
    "cost": 0.0123,
    "artifact": {"messages": MESSAGES, "recordingUrl": "https://r.test/1.wav"},
    "analysis": {"summary": "Yes.", "successEvaluation": "true"},
}


def report(**changes: Any) -> bytes:
    return raw({"message": {**REPORT, **changes}})


def update(status: str, reason: str | None = None) -> bytes:
    told = {"type": "status-update", "status": status, "call": CALL, "endedReason": reason}
    return raw({"message": told})


def carrying(body: bytes, **headers: str) -> Webhook:
    """A report with the secret beside it."""
    return Webhook(headers=headers or {"x-vapi-secret": SECRET}, body=body, url=webhook_url())


def signed(body: bytes, *, key: str = SECRET, stamp: str = str(NOW_S)) -> Webhook:
    """A report that a credential signed."""
    digest = hmac.new(key.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return Webhook(headers={"x-signature": digest, "x-timestamp": stamp}, body=body)


@pytest.fixture
def vapi() -> Carrier:
    return carrier("vapi")


def read(vapi: Carrier, body: bytes) -> CallEvent:
    told = vapi.read(carrying(body))
    assert told is not None
    return told


@pytest.mark.slow
def test_the_reports_here_are_vapis(types: Any) -> None:
    from pydantic import TypeAdapter

    report = TypeAdapter(types.ServerMessageEndOfCallReport).validate_python(REPORT)
    change = json.loads(update("ended", "customer-busy"))["message"]

    assert report.ended_reason == "customer-ended-call"
    assert report.call.id == "v-1"
    assert TypeAdapter(types.ServerMessageStatusUpdate).validate_python(change).status == "ended"


def test_a_report_tells_everything(vapi: Carrier) -> None:
    told = read(vapi, report())

    assert (told.call_id, told.kind, told.outcome) == (CALL_ID, "ended", "completed")
    assert (told.carrier_call_id, told.at) == ("v-1", NOON)
    assert (told.duration, told.cost) == (42 * SECOND, "0.012300 USD")
    assert told.recording_url == "https://r.test/1.wav"
    assert told.transcript == (
        Utterance("agent", "Hello.", 1.5 * SECOND),
        Utterance("contact", "Yes.", 3 * SECOND),
    )
    assert told.analysis == {"summary": "Yes.", "successEvaluation": "true"}
    assert not told.analysis_follows


@pytest.mark.parametrize(
    "holder",
    [
        {"assistantOverrides": OURS},
        {"assistantOverrides": None, "assistant": OURS},
        {"assistantOverrides": {}, **OURS},
        {"assistantOverrides": {}, "name": CALL_ID},
    ],
)
def test_our_id_is_found_wherever_it_is_repeated(vapi: Carrier, holder: dict[str, Any]) -> None:
    assert read(vapi, report(call={**CALL, **holder})).call_id == CALL_ID


def test_structured_data_brings_outcome_time_and_a_wish(vapi: Carrier) -> None:
    data = {"outcome": "busy_callback", "callback_at": "2027-03-06T10:00:00Z"}
    told = read(vapi, report(analysis={"summary": "Later.", "structuredData": data}))
    outputs = {"x-1": {"name": "do_not_call", "result": True}}
    wish = read(vapi, report(artifact={"structuredOutputs": outputs}))

    assert (told.outcome, told.callback_at) == ("busy_callback", NOON + timedelta(hours=22))
    assert wish.opts_out


@pytest.mark.parametrize(
    ("status", "reason", "outcome", "waits"),
    [
        ("ended", "customer-ended-call", "completed", True),
        ("ended", "customer-did-not-answer", "no_answer", False),
        ("ended", "customer-busy", "busy", False),
        ("ended", "call.start.error-get-assistant", "init_failed", False),
    ],
)
def test_a_change_tells_of_the_end_before_the_report(
    vapi: Carrier, status: str, reason: str, outcome: str, waits: bool
) -> None:
    told = read(vapi, update(status, reason))

    assert (told.kind, told.outcome, told.analysis_follows) == ("ended", outcome, waits)


def test_an_end_without_a_reason_waits_for_the_report(vapi: Carrier) -> None:
    """Who talked would be called again if it counted as failed."""
    assert vapi.read(carrying(update("ended"))) is None


def test_every_status_of_the_official_enum_is_understood(vapi: Carrier) -> None:
    module = "types/server_message_status_update_status.py"
    words = words_of("vapi", module, "ServerMessageStatusUpdateStatus")

    told = {word: vapi.read(carrying(update(word, "customer-busy"))) for word in words}

    assert {word: one.kind for word, one in told.items() if one} == {
        "in-progress": "in_progress",
        "ended": "ended",
    }
    assert len(words) >= 8


def test_every_reason_of_the_official_enum_is_an_outcome() -> None:
    words = words_of("vapi", "types/call_ended_reason.py", "CallEndedReason")
    outcomes = {word: ending_of(word).outcome for word in words}

    assert len(words) > 590
    assert set(outcomes.values()) <= BUILT_IN
    assert set(outcomes.values()) >= {"completed", "no_answer", "busy", "voicemail", "failed"}
    assert ending_of("a word of next year").outcome == "failed"


@pytest.mark.parametrize(
    ("reason", "outcome", "is_permanent"),
    [
        ("voicemail", "voicemail", False),
        ("customer-busy", "busy", False),
        ("assistant-ended-call-after-message-spoken", "completed", False),
        ("exceeded-max-duration", "completed", False),
        ("customer-did-not-answer", "no_answer", False),
        ("call.in-progress.error-sip-480-temporarily-unavailable", "no_answer", False),
        ("sip-outbound-unallocated-number", "failed", True),
        ("worker-shutdown", "failed", False),
        ("call.start.error-vapi-number-outbound-daily-limit", "init_failed", False),
        ("manually-canceled", "init_failed", False),
    ],
)
def test_how_a_call_ended(reason: str, outcome: str, is_permanent: bool) -> None:
    assert ending_of(reason)[:2] == (outcome, is_permanent)


@pytest.mark.parametrize(("messages", "outcome"), [(MESSAGES, "completed"), ([], "no_response")])
def test_silence_is_one_where_nobody_spoke(
    vapi: Carrier, messages: list[Any], outcome: str
) -> None:
    body = report(endedReason="silence-timed-out", artifact={"messages": messages})

    assert read(vapi, body).outcome == outcome


@pytest.mark.parametrize("kind", ["transcript", "hang", "speech-update", "a new message"])
def test_other_messages_change_nothing(vapi: Carrier, kind: str) -> None:
    assert vapi.read(carrying(report(type=kind))) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"x-vapi-secret": "another"},
        {"x-vapi-secret": "ñ\ud800"},
        {"authorization": "Bearer another"},
        {"authorization": SECRET.upper()},
        {"content-type": "application/json"},
        {"x-signature": "0", "x-timestamp": str(NOW_S)},
    ],
)
def test_who_does_not_bring_the_secret_is_refused(vapi: Carrier, headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        vapi.read(carrying(report(), **headers))


def test_the_secret_may_come_as_a_bearer_does(vapi: Carrier) -> None:
    assert vapi.read(carrying(report(), authorization=f"Bearer {SECRET}")) is not None


@pytest.mark.parametrize("brings", ["new", "old"])
def test_while_a_secret_is_changed_both_are_good(brings: str) -> None:
    own = carrier("vapi", secret="new old")

    assert own.read(carrying(report(), **{"x-vapi-secret": brings})) is not None


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(Forged):
        carrier("vapi", secret="").read(carrying(report(), **{"x-vapi-secret": ""}))


@pytest.mark.parametrize("stamp", [str(NOW_S), str(NOW_S * 1000)])
def test_a_credential_signs_time_and_body(stamp: str) -> None:
    own = carrier("vapi", credential_id="c-1")

    assert own.read(signed(report(), stamp=stamp)) is not None
    with pytest.raises(Forged):
        own.read(signed(report(), stamp=stamp, key="another"))
    with pytest.raises(Forged):
        own.read(signed(report(), stamp=str(NOW_S - 301)))
    with pytest.raises(Forged):
        own.read(carrying(report()))


BODIES = [
    b"",
    b"[]",
    b'{"message": 7}',
    report(call=None),
    report(call={"id": "v-1"}),
    report(startedAt="soon"),
    report(endedAt="2027-03-05T12:00:00"),
    report(cost="dear"),
    report(artifact={"messages": [{"role": "bot", "message": 7}]}),
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_report_is_refused(vapi: Carrier, body: bytes) -> None:
    with pytest.raises(Forged):
        vapi.read(carrying(body))


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["scheduled", "queued", "ringing", "in-progress", "forwarding"])
def test_a_call_that_goes_on_is_alive(server: Loopback, status: str) -> None:
    server.says((200, {"id": "v-1", "status": status}))

    assert carrier("vapi", server.url).fetch(a_call(carrier_call_id="v-1")) == StillAlive()
    assert server.seen[0].path == "/call/v-1"


def test_a_call_whose_report_never_came_is_asked_for(server: Loopback) -> None:
    server.says((200, {**CALL, "status": "ended", "endedReason": "customer-did-not-answer"}))
    call = a_call(carrier_call_id="v-1")

    told = carrier("vapi", server.url).fetch(call)

    assert isinstance(told, CallEvent)
    assert (told.call_id, told.outcome, told.at) == (call.call_id, "no_answer", NOON)


LOST = a_call(dialed_at=NOON, caller_id=CALLER_ID)
OTHER = {"id": "v-9", "name": "another call"}


@pytest.mark.parametrize(
    ("listed", "outcome"),
    [
        ([OTHER, {"id": "v-1", "name": LOST.call_id, "endedReason": "voicemail"}], "voicemail"),
        ([OTHER, {"id": "v-8"}], None),
        ([], None),
    ],
)
def test_a_call_whose_id_was_lost_is_looked_for_among_those_of_its_number(
    server: Loopback, listed: list[Any], outcome: str | None
) -> None:
    server.says((200, [{"status": "ended", **one} for one in listed]))

    told = carrier("vapi", server.url).fetch(LOST)

    assert told == CannotSay() if outcome is None else isinstance(told, CallEvent)
    assert getattr(told, "outcome", None) == outcome
    path = "/call?phoneNumberId=p-1&createdAtGe=2027-03-05T12%3A00%3A00Z&limit=100"
    assert (server.seen[0].method, server.seen[0].path) == ("GET", path)


@pytest.mark.parametrize("answer", [(404, {}), (200, b"<html>"), (200, {}), (500, b"")])
def test_what_cannot_be_read_says_nothing(server: Loopback, answer: tuple[int, Any]) -> None:
    server.says(answer)

    assert carrier("vapi", server.url).fetch(a_call(carrier_call_id="v-1")) == CannotSay()
    assert carrier("vapi", server.url).fetch(a_call()) == CannotSay()
