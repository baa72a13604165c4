"""Whatever a workspace's carrier signs, it is believed or refused, and nothing breaks."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.telnyx import EVENTS as TELNYX_EVENTS
from chalicelibs.adapters.carriers.twilio_reports import signature_of as twilio_signature
from chalicelibs.adapters.dynamodb.call_item import call_item, call_of
from chalicelibs.adapters.dynamodb.codec import decode_item, encode_item
from chalicelibs.api.calls import view
from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.ending import end_of, with_analysis
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.carriers import Forged, Webhook
from tests.builders import NOON, a_call
from tests.contract.carriers.known import (
    CALL_ID,
    KINDS,
    PHONE,
    SECRET,
    TWILIO_SID,
    carrier,
    webhook_url,
)
from tests.contract.carriers.test_telnyx import signed as telnyx_signed
from tests.functional.test_webhook_fuzz import FIELDS, junk, texts

#: What the readers of workspaces' carriers are set up with.
OWN = {kind: carrier(kind) for kind in KINDS}
URL, MS = webhook_url(CALL_ID), str(epoch_ms(NOON))

#: What stands in reports, beside what leads to the call.
OPTIONAL = {name: one for name, one in FIELDS.items() if name != "call_id"}
CALL_FIELDS = ("disconnection_reason", "transcript_object", "call_cost", "duration_ms")
PAYLOAD_FIELDS = ("hangup_cause", "results", "cost_parts", "total_cost")
FORM_FIELDS = (
    *("CallSid", "CallStatus", "CallDuration", "AnsweredBy", "Timestamp"),
    *("SipResponseCode", "RecordingUrl"),
)
MESSAGE_FIELDS = ("status", "endedReason", "artifact", "analysis", "cost")

#: How each kind of carrier that a workspace brings would sign a body; its secret is `SECRET`.
OWN_SIGNING: Mapping[str, Callable[[bytes], Mapping[str, str]]] = {
    "twilio": lambda raw: {
        "x-twilio-signature": twilio_signature(
            SECRET, URL, parse_qs(raw.decode(errors="replace"), keep_blank_values=True)
        ).decode()
    },
    "signalwire": lambda raw: {
        "x-signalwire-signature": hmac.new(SECRET.encode(), URL.encode() + raw, "sha1").hexdigest()
    },
    "telnyx": lambda raw: telnyx_signed(raw).headers,
    "retell": lambda raw: {"x-retell-signature": f"v={MS},d={sha(raw + MS.encode())}"},
    "vapi": lambda _: {"x-vapi-secret": SECRET},
    "http": lambda raw: {
        "x-carillon-timestamp": MS,
        "x-carillon-signature": f"sha256={sha(MS.encode() + b'.' + raw)}",
    },
}


def sha(text: bytes) -> str:
    return hmac.new(SECRET.encode(), text, "sha256").hexdigest()


def reports_of(kind: str) -> st.SearchStrategy[bytes]:
    """Bodies that look like this carrier's, with junk in the place of anything."""
    inner = junk | st.sampled_from(["completed", "call_ended", "ended", "call.hangup", CALL_ID])
    call = st.fixed_dictionaries(
        {"metadata": st.just({"carillon_call_id": CALL_ID}) | junk, "call_id": inner},
        optional=dict.fromkeys(CALL_FIELDS, inner),
    )
    shapes: dict[str, st.SearchStrategy[Any]] = {
        "telnyx": st.fixed_dictionaries(
            {
                "data": st.fixed_dictionaries(
                    {
                        "event_type": st.sampled_from(list(TELNYX_EVENTS)) | junk,
                        "occurred_at": st.just("2027-03-05T12:00:00Z") | junk,
                        "payload": st.fixed_dictionaries(
                            {"client_state": st.just(b64encode(CALL_ID.encode()).decode()) | junk},
                            optional=dict.fromkeys(PAYLOAD_FIELDS, inner),
                        )
                        | junk,
                    }
                )
                | junk
            }
        ),
        "retell": st.fixed_dictionaries(
            {
                "event": st.sampled_from(["call_started", "call_ended", "call_analyzed"]) | junk,
                "call": call | junk,
            }
        ),
        "vapi": st.fixed_dictionaries(
            {
                "message": st.fixed_dictionaries(
                    {
                        "type": st.sampled_from(["end-of-call-report", "status-update"]) | junk,
                        "call": st.just({"id": "v", "name": CALL_ID}) | call | junk,
                    },
                    optional=dict.fromkeys(MESSAGE_FIELDS, inner),
                )
                | junk
            }
        ),
        "http": st.fixed_dictionaries(
            {"call_id": st.just(CALL_ID)},
            optional={**OPTIONAL, "status": inner, "at": inner, "do_not_call": inner},
        ),
    }
    if kind in {"twilio", "signalwire"}:
        names = st.sampled_from(FORM_FIELDS)
        fields = st.dictionaries(names, texts.filter(is_sendable) | st.just("completed"))
        own = {"AccountSid": TWILIO_SID if kind == "twilio" else "p-1"}
        return fields.map(lambda form: urlencode({**form, **own}).encode())
    return (shapes[kind] | junk).map(json.dumps).map(str.encode)


def is_sendable(text: str) -> bool:
    """Whether a form can hold it: half a letter cannot be sent."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


# --- Whole reports, with anything else in the place of each thing they say -----------------------

AT = "2027-03-05T12:00:00Z"
ANALYSIS = {
    "outcome": "busy_callback",
    "callback_at": AT,
    "callback": {"local": "2027-03-06T10:00", "timezone": "Europe/Madrid"},
    "do_not_call": True,
    "notes": [1, {"deep": 2.5}],
}


def telnyx(kind: str, **payload: Any) -> dict[str, Any]:
    state = b64encode(CALL_ID.encode()).decode()
    told = {"client_state": state, "call_control_id": "v3:x", **payload}
    return {"data": {"event_type": kind, "occurred_at": AT, "payload": told}}


RETELL = {
    "call_id": "r-1",
    "call_status": "ended",
    "metadata": {"carillon_call_id": CALL_ID},
    "disconnection_reason": "user_hangup",
    "end_timestamp": int(MS),
    "duration_ms": 1000,
    "recording_url": "https://r.test/1",
    "call_cost": {"combined_cost": 1.5},
    "transcript_object": [{"role": "user", "content": "Hi.", "words": [{"start": 0.5}]}],
    "call_analysis": {"in_voicemail": True, "custom_analysis_data": ANALYSIS},
}
VAPI_CALL = {"id": "v-1", "assistantOverrides": {"metadata": {"carillon_call_id": CALL_ID}}}
VAPI = {
    "status": "ended",
    "endedReason": "customer-ended-call",
    "startedAt": AT,
    "endedAt": AT,
    "cost": 0.1,
    "artifact": {
        "recordingUrl": "https://r.test/1",
        "recording": {"mono": {"combinedUrl": "https://r.test/1"}},
        "messages": [{"role": "user", "message": "Hi.", "secondsFromStart": 1.5}],
        "structuredOutputs": {"a": {"name": "n", "result": {"b": 1}}},
    },
    "analysis": {"summary": "s", "structuredData": ANALYSIS},
}
HTTP = {
    "call_id": CALL_ID,
    "carrier_call_id": "77",
    "at": AT,
    "duration_s": 42.5,
    "permanent": False,
    "reason": "r",
    "cost": {"amount": "0.0450", "currency": "USD"},
    "recording_url": "https://r.test/1",
    "transcript": [{"role": "agent", "text": "Hello.", "at_ms": 500}],
    "analysis": ANALYSIS,
    "analysis_follows": True,
    "do_not_call": False,
}

REPORTS: list[tuple[str, Any]] = [
    ("telnyx", telnyx("call.answered")),
    ("telnyx", telnyx("call.hangup", hangup_cause="normal_clearing", sip_hangup_cause="200",
                      start_time=AT, end_time=AT)),
    ("telnyx", telnyx("call.cost", total_cost="0.1", cost_parts=[{"currency": "USD"}])),
    ("telnyx", telnyx("call.recording.saved", public_recording_urls={"mp3": "https://r.test/1"})),
    ("telnyx", telnyx("call.recording.saved", recording_urls={"wav": "https://r.test/1"})),
    ("telnyx", telnyx("call.machine.detection.ended", result="machine")),
    ("telnyx", telnyx("call.conversation_insights.generated",
                      results=[{"insight_id": "i", "result": ANALYSIS}])),
    *(("retell", {"event": event, "call": RETELL})
      for event in ("call_started", "call_ended", "call_analyzed")),
    ("vapi", {"message": {**VAPI, "type": "end-of-call-report", "call": VAPI_CALL}}),
    ("vapi", {"message": {**VAPI, "type": "status-update", "call": VAPI_CALL}}),
    *(("http", {**HTTP, "status": status}) for status in ("completed", "analysis", "in_progress")),
]  # fmt: skip

TWILIO = {"sid": "CA1", "status": "completed", "price": "-0.01", "price_unit": "USD",
          "duration": "5", "end_time": "Fri, 05 Mar 2027 12:00:00 +0000",
          "date_created": "Fri, 05 Mar 2027 12:00:00 +0000", "answered_by": "human"}  # fmt: skip
ANSWERS: list[tuple[str, Any]] = [
    ("twilio", TWILIO),
    ("twilio", {"calls": [TWILIO]}),
    ("telnyx", {"data": {"is_alive": False, "end_time": AT, "call_duration": 5}}),
    ("telnyx", {"data": [{"client_state": "x"}]}),
    ("retell", RETELL),
    ("retell", {"items": [RETELL]}),
    ("vapi", {**VAPI, **VAPI_CALL}),
    ("vapi", [{**VAPI, **VAPI_CALL}]),
    ("http", {**HTTP, "status": "completed"}),
]

#: What may stand where something else should.
ANYTHING: Sequence[Any] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 10**30, 10**400, 253402300800000),
    *("", "x", "\ud83d", "\0", "9" * 400, "Infinity", "1e999999", "x" * 3000),
    *("2027-03-05", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *([], ["x"], [None], [[]], {}, {"a": 1}, {"": None}, {"mp3": ["x"]}, {"mp3": 5}),
)


def places_in(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each thing that JSON holds."""
    yield place
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_in(inner, (*place, key))


def with_at(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    """JSON with something else in one place."""
    if not place:
        return other
    changed = value.copy()
    changed[place[0]] = with_at(value[place[0]], place[1:], other)
    return changed


def altered(sample: Any) -> Iterator[bytes]:
    """A report with anything in the place of each thing that it says."""
    for place in places_in(sample):
        for other in ANYTHING:
            yield json.dumps(with_at(sample, place, other)).encode()


def keep(event: CallEvent) -> None:
    """What is done with an event: queued, kept with its call, shown; none of it may break."""
    bounded = replace(event, workspace_id="w").bounded()
    read = CallEvent.from_message(json.loads(json.dumps(bounded.to_message())))
    call = a_call(status=CallStatus.IN_PROGRESS, dialed_at=NOON)
    for kept in (end_of(call, read, now=NOON), with_analysis(call, read)):
        stored = call_of(CALL_ID, decode_item(encode_item(call_item(kept))))
        assert stored.price is None or stored.price[0] >= 0
        json.dumps(view(stored).to_json(), allow_nan=False)


@pytest.mark.parametrize(("kind", "report"), REPORTS)
def test_whatever_a_report_says_in_any_place_can_be_kept_and_shown(kind: str, report: Any) -> None:
    for raw in altered(report):
        webhook = Webhook(headers=OWN_SIGNING[kind](raw), body=raw, url=URL, call_id=CALL_ID)
        with suppress(Forged):
            event = OWN[kind].read(webhook)
            if event is not None:
                keep(event)


@dataclass
class Says:
    """A carrier that answers every question so."""

    body: bytes = b""

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        assert method, (url, headers, body)
        return Reply(200, {}, self.body)


@pytest.mark.parametrize("carrier_call_id", ["x", None])
@pytest.mark.parametrize(("kind", "answer"), ANSWERS)
def test_whatever_an_answer_says_in_any_place_can_be_kept_and_shown(
    kind: str, answer: Any, carrier_call_id: str | None
) -> None:
    line = Says()
    more: dict[str, Any] = {"status_url": "https://v.test/{{call_id}}"} if kind == "http" else {}
    asked = carrier(kind, line=line, **more)
    call = a_call(call_id=CALL_ID, carrier_call_id=carrier_call_id, phone=PHONE, dialed_at=NOON)

    for line.body in altered(answer):
        found = asked.fetch(call)
        if isinstance(found, CallEvent):
            keep(found)


@pytest.mark.parametrize("kind", OWN_SIGNING)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_reader_of_a_workspaces_carrier_answers_whatever_is_signed(
    kind: str, data: st.DataObject
) -> None:
    raw = data.draw(reports_of(kind))
    webhook = Webhook(headers=OWN_SIGNING[kind](raw), body=raw, url=URL, call_id=CALL_ID)

    try:
        event = OWN[kind].read(webhook)
    except Forged:
        return

    if event is not None:
        keep(event)
