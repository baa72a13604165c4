"""The adapter of Retell against Retell's own SDK: its types, its signer, its verifier."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelibs.adapters.carriers.retell import ENDINGS, digest_of, ending_of
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.outcome import BUILT_IN
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import CannotSay, Carrier, Forged, StillAlive, Webhook
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
SECOND, NOW_MS = timedelta(seconds=1), epoch_ms(NOON)


@pytest.fixture(scope="module")
def sdk() -> Any:
    """Retell's SDK; importing it takes seconds."""
    import retell
    import retell.lib.webhook_auth

    return retell


def asked_by_us(server: Loopback, **settings: Any) -> Any:
    server.says((201, {"call_id": "r-1"}))
    carrier("retell", server.url, **settings).place(REQUEST)
    return server.seen[-1]


def test_our_request_is_one_that_the_sdk_takes(sdk: Any, server: Loopback) -> None:
    from pydantic import TypeAdapter
    from retell.types import call_create_phone_call_params as params

    body = asked_by_us(server).json

    TypeAdapter(params.CallCreatePhoneCallParams).validate_python(body)
    own = body["agent_override"]["agent"].keys()
    assert body.keys() <= params.CallCreatePhoneCallParams.__annotations__.keys()
    assert own <= params.AgentOverrideAgent.__annotations__.keys()
    assert sdk


def test_our_request_is_the_one_that_the_sdk_would_send(sdk: Any, server: Loopback) -> None:
    ours = asked_by_us(server)
    client = sdk.Retell(api_key=SECRET, base_url=server.url, max_retries=0)
    client.call.create_phone_call(
        from_number=CALLER_ID,
        to_number=PHONE,
        metadata={"carillon_call_id": CALL_ID},
        retell_llm_dynamic_variables={**REQUEST.context, "prompt": REQUEST.prompt},
        idempotency_key=CALL_ID,
        honor_internal_dnc=True,
        override_agent_id="agent_7",
        agent_override={
            "agent": {
                "webhook_url": webhook_url(),
                "ring_duration_ms": 30_000,
                "max_call_duration_ms": 600_000,
            }
        },
    )

    theirs = server.seen[-1]
    assert (theirs.method, theirs.path, theirs.json) == (ours.method, ours.path, ours.json)
    assert theirs.headers["authorization"] == ours.headers["authorization"]


def test_an_agent_of_ours_may_name_one_of_theirs(server: Loopback) -> None:
    server.says((201, {"call_id": "r-1"}))

    carrier("retell", server.url).place(request(agent=an_agent(voice={"agent_id": "agent_9"})))

    assert server.seen[0].json["override_agent_id"] == "agent_9"


# --- Reports -------------------------------------------------------------------------------------

SAID = [
    {"role": "agent", "content": "Hello.", "words": [{"word": "Hello", "start": 0.5, "end": 1}]},
    {"role": "user", "content": "Not now.", "words": []},
]


def report(kind: str = "call_ended", **call: Any) -> bytes:
    own = {
        "call_id": "r-1",
        "call_type": "phone_call",
        "call_status": "ended",
        "metadata": {"carillon_call_id": CALL_ID},
        "end_timestamp": NOW_MS,
        "duration_ms": 42_000,
        "disconnection_reason": "user_hangup",
        "transcript_object": SAID,
        "recording_url": "https://r.test/1.wav",
        "call_cost": {"combined_cost": 12.5},
    }
    return raw({"event": kind, "call": {**own, **call}})


def signed(body: bytes, *, key: str = SECRET, at: int = NOW_MS) -> Webhook:
    """A report, signed by Retell's own signer."""
    from retell.lib.webhook_auth import symmetric

    header = symmetric["sign"](body.decode(), key, at)
    return Webhook(headers={"x-retell-signature": header}, body=body, url=webhook_url())


@pytest.fixture
def retell(sdk: Any) -> Carrier:
    assert sdk
    return carrier("retell")


def read(retell: Carrier, kind: str = "call_ended", **call: Any) -> CallEvent:
    told = retell.read(signed(report(kind, **call)))
    assert told is not None
    return told


def test_what_the_official_signer_signs_is_believed(retell: Carrier) -> None:
    told = read(retell)

    assert (told.call_id, told.kind, told.outcome) == (CALL_ID, "ended", "completed")
    assert (told.carrier_call_id, told.at) == ("r-1", NOON)
    assert (told.duration, told.cost) == (42 * SECOND, "0.125000 USD")
    assert told.recording_url == "https://r.test/1.wav"
    assert told.transcript == (
        Utterance("agent", "Hello.", 0.5 * SECOND),
        Utterance("contact", "Not now."),
    )
    assert told.analysis_follows


def test_what_we_sign_the_official_verifier_believes(sdk: Any) -> None:
    import time

    body, stamp = report().decode(), str(int(time.time() * 1000))
    header = f"v={stamp},d={digest_of(SECRET, (body + stamp).encode()).decode()}"

    client = sdk.Retell(api_key=SECRET)
    assert client.verify(body, SECRET, header)


@pytest.mark.parametrize("vector", VECTORS["retell"]["vectors"])
def test_published_vectors(vector: dict[str, Any]) -> None:
    text = f"{vector['body']}{vector['timestamp_ms']}".encode()
    digest = digest_of(vector["api_key"], text).decode()

    assert f"v={vector['timestamp_ms']},d={digest}" == vector["expected"]


WRONG: list[Any] = [
    {"key": "another"},
    {"at": NOW_MS - 300_001},
    {"at": NOW_MS + 300_001},
]


@pytest.mark.parametrize("how", WRONG, ids=str)
def test_what_is_signed_otherwise_is_refused(retell: Carrier, how: dict[str, Any]) -> None:
    with pytest.raises(Forged):
        retell.read(signed(report(), **how))


@pytest.mark.parametrize(
    "header", ["", "v=1", "v=1,d=" + "0" * 64, "v=x,d=" + "0" * 64, "d=0,v=1", "v=\ud800,d=0"]
)
def test_a_signature_that_is_none_is_refused(retell: Carrier, header: str) -> None:
    with pytest.raises(Forged):
        retell.read(Webhook(headers={"x-retell-signature": header}, body=report()))


BODIES = [
    b"",
    b"{",
    b"[]",
    b'{"event": "call_ended"}',
    report(metadata=None),
    report(metadata={"carillon_call_id": 7}),
    report(call_id=None),
    report(duration_ms="long"),
    report(transcript_object=[{"role": "agent"}]),
    report(call_cost={"combined_cost": "dear"}),
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_signed_body_that_is_no_report_is_refused(retell: Carrier, body: bytes) -> None:
    with pytest.raises(Forged):
        retell.read(signed(body))


def test_a_changed_body_is_refused(retell: Carrier) -> None:
    webhook = signed(report())
    changed = webhook.body.replace(b"user_hangup", b"dial_busy__")

    with pytest.raises(Forged):
        retell.read(Webhook(headers=webhook.headers, body=changed))


def test_the_key_with_the_badge_signs_where_it_is_another() -> None:
    own = carrier("retell", secret="k1 k2", secrets={"api_key": "s", "webhook_key": "s"})

    assert own.read(signed(report(), key="k2")) is not None


def test_every_reason_of_the_official_enum_is_an_outcome() -> None:
    words = words_of("retell", "types/phone_call_response.py", "disconnection_reason")

    assert len(words) >= 39
    assert words <= ENDINGS.keys(), "new words: decide on them"
    assert {ending_of(word).outcome for word in words} <= BUILT_IN
    assert ending_of("a word of next year").outcome == "failed"


@pytest.mark.parametrize(
    ("reason", "outcome", "is_permanent", "opts_out"),
    [
        ("user_requested_dnc", "completed", False, True),
        ("user_requested_callback", "busy_callback", False, False),
        ("voicemail_reached", "voicemail", False, False),
        ("inactivity", "completed", False, False),
        ("error_no_audio_received", "no_response", False, False),
        ("dial_no_answer", "no_answer", False, False),
        ("user_declined", "busy", False, False),
        ("invalid_destination", "failed", True, False),
        ("concurrency_limit_reached", "init_failed", False, False),
    ],
)
def test_how_a_call_ended(
    retell: Carrier, reason: str, outcome: str, is_permanent: bool, opts_out: bool
) -> None:
    told = read(retell, disconnection_reason=reason)

    assert (told.outcome, told.is_permanent, told.opts_out) == (outcome, is_permanent, opts_out)


def test_who_said_nothing_gave_no_response(retell: Carrier) -> None:
    told = read(retell, disconnection_reason="inactivity", transcript_object=SAID[:1])

    assert told.outcome == "no_response"


def test_the_analysis_may_come_with_an_outcome_and_a_time(retell: Carrier) -> None:
    own = {"outcome": "busy_callback", "callback_at": "2027-03-06T10:00:00Z", "mood": "fine"}
    analysis = {"call_summary": "Later.", "in_voicemail": False, "custom_analysis_data": own}

    told = read(retell, "call_analyzed", call_analysis=analysis)

    assert (told.kind, told.outcome) == ("analysis", "busy_callback")
    assert told.callback_at == NOON + timedelta(hours=22)
    assert told.analysis["call_summary"] == "Later."
    assert told.analysis["mood"] == "fine"


def test_an_analysis_may_find_that_it_was_a_machine(retell: Carrier) -> None:
    told = read(retell, "call_analyzed", call_analysis={"in_voicemail": True})

    assert told.outcome == "voicemail"


def test_who_wants_no_more_calls_says_so_in_the_analysis(retell: Carrier) -> None:
    analysis = {"custom_analysis_data": {"do_not_call": True}}

    assert read(retell, "call_analyzed", call_analysis=analysis).opts_out


def test_other_events_change_nothing(retell: Carrier) -> None:
    assert read(retell, "call_started").kind == "in_progress"
    for kind in ("transcript_updated", "transfer_started", "a new event"):
        assert retell.read(signed(report(kind))) is None


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["registered", "ongoing"])
def test_a_call_that_goes_on_is_alive(server: Loopback, status: str) -> None:
    server.says((200, {"call_id": "r-1", "call_status": status}))

    assert carrier("retell", server.url).fetch(a_call(carrier_call_id="r-1")) == StillAlive()
    assert server.seen[0].path == "/v2/get-call/r-1"


def test_a_call_that_has_ended_is_told_in_full(server: Loopback) -> None:
    shown = json.loads(report(disconnection_reason="dial_busy"))["call"]
    server.says((200, {**shown, "call_analysis": {"call_summary": "Busy."}}))

    told = carrier("retell", server.url).fetch(a_call(carrier_call_id="r-1"))

    assert isinstance(told, CallEvent)
    assert (told.outcome, told.analysis_follows) == ("busy", False)
    assert told.analysis == {"call_summary": "Busy."}


@pytest.mark.parametrize("is_found", [True, False])
def test_a_call_whose_id_was_lost_is_looked_for_among_those_to_its_number(
    sdk: Any, server: Loopback, is_found: bool
) -> None:
    from pydantic import TypeAdapter
    from retell.types.call_list_params import CallListParams

    call = a_call(phone=PHONE)
    shown = json.loads(report(disconnection_reason="dial_busy"))["call"]
    ours = {**shown, "metadata": {"carillon_call_id": call.call_id}}
    server.says((200, {"items": [shown, *([ours] if is_found else [])], "has_more": False}))

    told = carrier("retell", server.url).fetch(call)

    assert isinstance(told, CallEvent) if is_found else told == CannotSay()
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/v3/list-calls")
    TypeAdapter(CallListParams).validate_python(seen.json)
    assert seen.json["filter_criteria"]["to_number"]["value"] == PHONE
    assert sdk


@pytest.mark.parametrize("answer", [(404, {}), (200, b"<html>"), (200, {}), (500, b"")])
def test_what_cannot_be_read_says_nothing(server: Loopback, answer: tuple[int, Any]) -> None:
    server.says(answer)

    assert carrier("retell", server.url).fetch(a_call(carrier_call_id="r-1")) == CannotSay()
    assert carrier("retell", server.url).fetch(a_call()) == CannotSay()
