"""Whatever a workspace's carrier signs, it is believed or refused, and nothing breaks."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelibs.adapters.carriers.telnyx import EVENTS as TELNYX_EVENTS
from chalicelibs.adapters.carriers.twilio_reports import signature_of as twilio_signature
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.carriers import Forged, Webhook
from tests.builders import NOON
from tests.contract.carriers.known import CALL_ID, KINDS, SECRET, TWILIO_SID, carrier, webhook_url
from tests.contract.carriers.test_telnyx import signed as telnyx_signed
from tests.functional.test_webhook_fuzz import FIELDS, junk, texts

#: What the readers of workspaces' carriers are set up with.
OWN = {kind: carrier(kind) for kind in KINDS}
URL, MS = webhook_url(CALL_ID), str(epoch_ms(NOON))

#: What stands in reports, beside what leads to the call.
OPTIONAL = {name: one for name, one in FIELDS.items() if name != "call_id"}
CALL_FIELDS = ("disconnection_reason", "transcript_object", "call_cost", "duration_ms")
PAYLOAD_FIELDS = ("hangup_cause", "results", "cost_parts", "total_cost")
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
        names = st.sampled_from(
            ["CallSid", "CallStatus", "CallDuration", "AnsweredBy", "Timestamp"]
        )
        fields = st.dictionaries(names, texts.filter(is_sendable) | st.just("completed"))
        own = {"AccountSid": TWILIO_SID if kind == "twilio" else "p-1"}
        return fields.map(lambda form: urlencode({**form, **own}).encode())
    return (shapes[kind] | junk).map(json.dumps).map(str.encode)


def is_sendable(text: str) -> bool:
    """Whether a form can hold it: half a letter cannot be sent."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


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
        bounded = replace(event, workspace_id="w").bounded()
        assert CallEvent.from_message(json.loads(json.dumps(bounded.to_message()))) is not None
