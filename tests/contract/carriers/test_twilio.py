"""The adapter of Twilio against Twilio's own SDK, and SignalWire's way beside it."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1
from logging import getLogger
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft202012Validator
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from chalicelibs.adapters.carriers.twilio_reports import (
    ENDINGS,
    UNDER_WAY,
    ending_of,
    signature_of,
)
from chalicelibs.adapters.carriers.twilio_reports import spellings_of as spellings
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.outcome import BUILT_IN
from chalicelibs.ports.carriers import (
    CannotSay,
    Carrier,
    Forged,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
    TooLate,
    Webhook,
    Withdrawn,
)
from tests.builders import NOON, a_call, an_agent
from tests.contract.carriers.known import (
    CALL_ID,
    CALL_SID,
    CALLER_ID,
    PHONE,
    REQUEST,
    SECRET,
    TWILIO_SID,
    carrier,
    request,
    webhook_url,
)
from tests.contract.carriers.loopback import Loopback
from tests.contract.carriers.published import TWILIO, published

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "signature_vectors.json").read_text())
URL = webhook_url(CALL_ID)
DELIVERED = URL + "#rc=5&rp=all"
CALL = a_call(carrier_call_id=CALL_SID, dialed_at=NOON, phone=PHONE, caller_id=CALLER_ID)
DOCUMENT = "<Response><Say>Say hello to José &amp; &lt;friends&gt;.</Say></Response>"


class Captured(HttpClient):  # type: ignore[misc] # it has no types
    """Keeps what the SDK would send, and sends nothing."""

    def __init__(self) -> None:
        super().__init__(logger=getLogger(), is_async=False)
        self.asked: dict[str, Any] = {}

    def request(self, method: str, url: str, *_: Any, **params: Any) -> Response:
        self.asked = {"method": method, "url": url, **params}
        return Response(400, "{}")


def asked_by_the_sdk(**params: Any) -> dict[str, Any]:
    """What Twilio's SDK asks for a call with."""
    captured = Captured()
    client = Client(TWILIO_SID, SECRET, http_client=captured)
    with pytest.raises(TwilioRestException):
        client.calls.create(to=PHONE, from_=CALLER_ID, **params)
    return captured.asked


def test_our_request_is_one_that_the_published_contract_knows(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))
    contract = published(*TWILIO)["paths"]["/2010-04-01/Accounts/{AccountSid}/Calls.json"]
    body = contract["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    schema = body["schema"] | {"additionalProperties": False}

    carrier("twilio", server.url, machine_detection="Enable", records=True).place(REQUEST)

    (ours,) = server.seen
    form = {
        name: as_typed(schema["properties"].get(name, {}), one) for name, one in ours.form.items()
    }
    Draft202012Validator(schema).validate(form)
    assert isinstance(form["StatusCallbackEvent"], list)


def as_typed(schema: Mapping[str, Any], values: Sequence[str]) -> Any:
    """What a form says, as the contract types it."""
    if schema.get("type") == "array":
        return list(values)
    (text,) = values
    return json.loads(text) if schema.get("type") in {"integer", "boolean"} else text


def test_our_request_is_the_one_that_the_sdk_would_send(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))
    carrier("twilio", server.url, machine_detection="Enable", records=True).place(REQUEST)

    theirs = asked_by_the_sdk(
        twiml=DOCUMENT,
        timeout=30,
        time_limit=600,
        status_callback=DELIVERED,
        status_callback_method="POST",
        status_callback_event=["answered", "completed"],
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=DELIVERED,
        async_amd_status_callback_method="POST",
        record=True,
        recording_status_callback=DELIVERED,
    )

    (ours,) = server.seen
    assert theirs["method"] == ours.method == "POST"
    assert theirs["url"] == f"https://api.twilio.com{ours.path}"
    assert {name: as_listed(one) for name, one in theirs["data"].items()} == ours.form
    user, password = theirs["auth"]
    assert ours.headers["authorization"] == basic(user, password)
    assert ours.headers["content-type"] == "application/x-www-form-urlencoded"


def as_listed(value: Any) -> list[str]:
    """A parameter as a form writes it."""
    if isinstance(value, list):
        return value
    return [{True: "true"}.get(value, str(value))]


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_an_agent_may_bring_a_document_of_its_own(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))
    own = request(agent=an_agent(voice={"url": "https://voice.test/twiml"}))

    carrier("twilio", server.url).place(own)

    assert server.seen[0].form["Url"] == ["https://voice.test/twiml"]
    assert "Twiml" not in server.seen[0].form


def test_no_contacts_letter_spoils_the_document(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))
    own = request(prompt="A\0\x1b\ud800\uffff</Say><Dial>+1</Dial>\"'&\t€🙂")

    carrier("twilio", server.url).place(own)

    (document,) = server.seen[0].form["Twiml"]
    (said,) = fromstring(document)
    assert said.text == "A</Say><Dial>+1</Dial>\"'&\t€🙂"


def test_an_api_key_asks_and_the_token_still_signs(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))
    key = "SK" + "b" * 32
    own = carrier(
        "twilio",
        server.url,
        api_key_sid=key,
        secrets={"auth_token": "s", "api_key_secret": "s"},
    )

    own.place(REQUEST)

    assert server.seen[0].headers["authorization"] == basic(key, SECRET)
    assert own.read(signed({"CallStatus": "completed"})) is not None


@pytest.mark.parametrize(
    ("settings", "voice", "reason"),
    [
        ({"twiml": None}, {}, "no_twiml_and_no_url"),
        ({"twiml": "<Say>{{context.age}}</Say>"}, {}, "nothing_to_fill_context.age"),
        ({"twiml": "<Say>" + "{{prompt}}" * 200 + "</Say>"}, {}, "twiml_too_long"),
    ],
)
def test_what_cannot_be_said_is_not_dialled(
    server: Loopback, settings: dict[str, Any], voice: dict[str, Any], reason: str
) -> None:
    own = carrier("twilio", server.url, **settings)

    assert own.place(request(agent=an_agent(voice=voice))) == Refused(reason)

    assert server.seen == []


REFUSALS: list[tuple[int, int, PlaceAnswer]] = [
    (400, 21211, Refused("twilio_21211", is_permanent=True)),
    (400, 21214, Refused("twilio_21214", is_permanent=True)),
    (400, 21215, Refused("twilio_21215")),
    (400, 21210, Refused("twilio_21210")),
    (400, 21219, Refused("twilio_21219")),
    (400, 10004, Throttled(timedelta(seconds=5))),
    (404, 20404, Refused("twilio_20404")),
]


@pytest.mark.parametrize(("status", "code", "expected"), REFUSALS)
def test_a_refusal_is_told_by_its_code(
    server: Loopback, status: int, code: int, expected: PlaceAnswer
) -> None:
    server.says((status, {"code": code, "message": f"{PHONE} is not valid", "status": status}))

    assert carrier("twilio", server.url).place(REQUEST) == expected


# --- Reports -----------------------------------------------------------------------------------

FIELDS = {
    "CallSid": CALL_SID,
    "AccountSid": TWILIO_SID,
    "From": CALLER_ID,
    "To": PHONE,
    "Direction": "outbound-api",
    "CallbackSource": "call-progress-events",
    "SequenceNumber": "2",
    "Timestamp": "Fri, 05 Mar 2027 12:00:00 +0000",
}


def signed(
    fields: dict[str, str], *, url: str = URL, token: str = SECRET, **headers: str
) -> Webhook:
    """A report as Twilio sends it, signed by Twilio's own signer."""
    form = {**FIELDS, **fields}
    signature = RequestValidator(token).compute_signature(url, form)
    return Webhook(
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signature,
            **headers,
        },
        body=urlencode(form).encode(),
        url=URL,
        call_id=CALL_ID,
    )


@pytest.fixture
def twilio() -> Carrier:
    return carrier("twilio")


def event(told: CallEvent | None) -> CallEvent:
    assert told is not None
    return told


def test_what_the_official_signer_signs_is_believed(twilio: Carrier) -> None:
    told = event(twilio.read(signed({"CallStatus": "completed", "CallDuration": "42"})))

    assert (told.call_id, told.kind, told.outcome) == (CALL_ID, "ended", "completed")
    assert (told.carrier_call_id, told.at) == (CALL_SID, NOON)
    assert told.duration == timedelta(seconds=42)


def test_what_we_sign_the_official_validator_believes() -> None:
    form = {**FIELDS, "CallStatus": "busy"}
    ours = signature_of(SECRET, URL, {name: [value] for name, value in form.items()}).decode()

    assert RequestValidator(SECRET).validate(URL, form, ours)


@pytest.mark.parametrize("vector", VECTORS["twilio"]["vectors"], ids=lambda one: one["name"])
def test_published_vectors(vector: dict[str, Any]) -> None:
    form = {
        name: one if isinstance(one, list) else [one]
        for name, one in vector.get("params", {}).items()
    }
    good = {
        signature_of(VECTORS["twilio"]["auth_token"], url, form)
        for url in spellings(vector["url"])
    }

    assert vector["expected"].encode() in good


TAMPERED = [
    signed({"CallStatus": "completed"}, token="another"),
    signed({"CallStatus": "completed"}, url=webhook_url(CALL_ID.replace("-1", "-2"))),
    signed({"CallStatus": "completed"}, url=URL + "?call=1"),
    signed({"CallStatus": "completed"}, url=URL.replace("https", "http")),
    signed({"CallStatus": "completed"}, **{"x-twilio-signature": ""}),
    signed({"CallStatus": "completed"}, **{"x-twilio-signature": "ñ\ud800"}),
    signed({"CallStatus": "completed", "AccountSid": "AC" + "0" * 32}),
    signed({"CallStatus": "completed"}, **{"content-type": "application/json"}),
]


@pytest.mark.parametrize("webhook", TAMPERED, ids=range(len(TAMPERED)))
def test_what_is_not_signed_so_is_refused(twilio: Carrier, webhook: Webhook) -> None:
    with pytest.raises(Forged):
        twilio.read(webhook)


@pytest.mark.parametrize("host", ["Hooks.Example.com", "Hooks.Example.com:8443", "[2001:DB8::1]"])
@pytest.mark.parametrize("written", [str, str.lower])
def test_an_address_counts_as_it_is_written_and_in_lower_case(
    twilio: Carrier, host: str, written: Callable[[str], str]
) -> None:
    url = f"https://{host}/webhooks/own/w/{CALL_ID}"
    webhook = signed({"CallStatus": "busy"}, url=written(url))

    assert event(twilio.read(replace(webhook, url=url))).outcome == "busy"


def test_a_changed_field_is_refused(twilio: Carrier) -> None:
    webhook = signed({"CallStatus": "busy"})
    changed = Webhook(
        headers=webhook.headers,
        body=webhook.body.replace(b"busy", b"completed"),
        url=URL,
        call_id=CALL_ID,
    )

    with pytest.raises(Forged):
        twilio.read(changed)


@pytest.mark.parametrize(("good", "signs"), [("new old", "new"), ("new old", "old")])
def test_while_a_token_is_changed_both_sign(good: str, signs: str) -> None:
    own = carrier("twilio", secret=good)

    assert own.read(signed({"CallStatus": "busy"}, token=signs)) is not None


def test_without_a_token_nobody_signs() -> None:
    with pytest.raises(Forged):
        carrier("twilio", secret="").read(signed({"CallStatus": "busy"}, token="x"))


ENDS = [
    ("completed", "", "", "completed", False),
    ("completed", "human", "", "completed", False),
    ("completed", "unknown", "", "completed", False),
    ("completed", "machine_start", "", "voicemail", False),
    ("completed", "machine_end_beep", "", "voicemail", False),
    ("completed", "machine_end_silence", "", "voicemail", False),
    ("completed", "machine_end_other", "", "voicemail", False),
    ("completed", "fax", "", "voicemail", False),
    ("busy", "", "486", "busy", False),
    ("no-answer", "", "487", "no_answer", False),
    ("failed", "", "404", "failed", True),
    ("failed", "", "503", "failed", False),
    ("failed", "", "", "failed", False),
    ("canceled", "", "", "failed", False),
    ("a word of next year", "", "", "failed", False),
]


@pytest.mark.parametrize(("status", "who", "sip", "outcome", "is_permanent"), ENDS)
def test_every_last_status_is_an_outcome(
    twilio: Carrier, status: str, who: str, sip: str, outcome: str, is_permanent: bool
) -> None:
    fields = {"CallStatus": status, "AnsweredBy": who, "SipResponseCode": sip}
    told = event(twilio.read(signed({name: one for name, one in fields.items() if one})))

    assert (told.kind, told.outcome, told.is_permanent) == ("ended", outcome, is_permanent)


def test_the_sdk_knows_no_status_that_we_do_not() -> None:
    from twilio.rest.api.v2010.account.call import CallInstance

    words = {one for name, one in vars(CallInstance.Status).items() if name.isupper()}

    assert len(words) > 6
    assert words <= ENDINGS.keys() | UNDER_WAY
    assert {ending_of(word).outcome for word in words} <= BUILT_IN


def test_somebody_who_picks_up_is_told_at_once(twilio: Carrier) -> None:
    told = event(twilio.read(signed({"CallStatus": "in-progress"})))

    assert (told.kind, told.outcome) == ("in_progress", None)


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing"])
def test_what_is_on_its_way_changes_nothing(twilio: Carrier, status: str) -> None:
    assert twilio.read(signed({"CallStatus": status})) is None


@pytest.mark.parametrize(
    ("who", "outcome"), [("machine_start", "voicemail"), ("fax", "voicemail"), ("human", None)]
)
def test_who_picked_up_may_be_told_later(twilio: Carrier, who: str, outcome: str | None) -> None:
    told = twilio.read(signed({"AnsweredBy": who, "MachineDetectionDuration": "2100"}))

    assert (told and told.outcome) == outcome
    assert told is None or told.kind == "analysis"


def test_a_recording_is_told_later(twilio: Carrier) -> None:
    url = "https://api.twilio.com/Recordings/RE1"
    told = event(twilio.read(signed({"RecordingUrl": url, "RecordingStatus": "completed"})))

    assert (told.kind, told.recording_url, told.outcome) == ("analysis", url, None)


# --- Asking, and taking back -------------------------------------------------------------------


def shown(status: str, **changes: Any) -> dict[str, Any]:
    """A call as the API shows it."""
    return {
        "sid": CALL_SID,
        "status": status,
        "duration": "42",
        "end_time": "Fri, 05 Mar 2027 12:00:42 +0000",
        "date_created": "Fri, 05 Mar 2027 12:00:00 +0000",
        "answered_by": None,
        "price": "-0.03000",
        "price_unit": "USD",
        **changes,
    }


def test_a_call_that_has_ended_is_told_with_its_price(server: Loopback) -> None:
    server.says((200, shown("completed", answered_by="machine_start")))

    told = carrier("twilio", server.url).fetch(CALL)

    assert isinstance(told, CallEvent)
    assert (told.outcome, told.cost) == ("voicemail", "0.03000 USD")
    assert told.at == NOON + timedelta(seconds=42)
    assert server.seen[0].path.endswith(f"/Accounts/{TWILIO_SID}/Calls/{CALL_SID}.json")


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress"])
def test_a_call_that_goes_on_is_alive(server: Loopback, status: str) -> None:
    server.says((200, shown(status)))

    assert carrier("twilio", server.url).fetch(CALL) == StillAlive()


@pytest.mark.parametrize(
    ("calls", "is_found"),
    [
        ([shown("busy")], True),
        ([shown("busy"), shown("failed")], False),
        ([shown("busy", date_created="Fri, 05 Mar 2027 11:00:00 +0000")], False),
        ([], False),
    ],
    ids=["one", "two", "an older one", "none"],
)
def test_a_call_whose_id_was_lost_is_looked_for_by_its_numbers(
    server: Loopback, calls: list[Any], is_found: bool
) -> None:
    server.says((200, {"calls": calls}))

    told = carrier("twilio", server.url).fetch(
        a_call(dialed_at=NOON, phone=PHONE, caller_id=CALLER_ID)
    )

    assert isinstance(told, CallEvent) if is_found else told == CannotSay()
    assert "To=%2B34600000001&From=%2B34910000000" in server.seen[0].path


def test_a_call_that_waits_there_is_taken_back(server: Loopback) -> None:
    server.says((200, shown("queued")), (200, shown("canceled")))

    assert carrier("twilio", server.url).withdraw(CALL) == Withdrawn()

    asked, taken = server.seen
    assert (asked.method, taken.method, taken.form) == ("GET", "POST", {"Status": ["canceled"]})
    assert taken.path == asked.path


@pytest.mark.parametrize("status", ["ringing", "in-progress", "completed"])
def test_a_call_that_rings_is_let_go_on(server: Loopback, status: str) -> None:
    server.says((200, shown(status)))

    assert carrier("twilio", server.url).withdraw(CALL) == TooLate()

    assert server.placed == []


def test_taking_back_what_was_taken_back_is_no_error(server: Loopback) -> None:
    server.says((200, shown("canceled")))

    assert carrier("twilio", server.url).withdraw(CALL) == Withdrawn()


def test_where_nothing_clear_is_answered_it_may_still_ring(server: Loopback) -> None:
    server.says((200, shown("queued")), (502, b"<html>"))

    assert carrier("twilio", server.url).withdraw(CALL) == CannotSay()


# --- SignalWire --------------------------------------------------------------------------------


def test_signalwire_is_asked_at_its_own_address(server: Loopback) -> None:
    server.says((201, {"sid": CALL_SID}))

    carrier("signalwire", server.url).place(REQUEST)

    (seen,) = server.seen
    assert seen.path == "/api/laml/2010-04-01/Accounts/p-1/Calls.json"
    assert seen.headers["authorization"] == basic("p-1", SECRET)
    assert seen.form["Url"] == ["https://voice.test/laml"]


def by_signalwire(*, is_raw: bool, token: str = SECRET) -> Webhook:
    webhook = signed({"CallStatus": "completed", "AccountSid": "p-1"}, token=token)
    signature = webhook.headers["x-twilio-signature"]
    if is_raw:
        signature = hmac.new(token.encode(), URL.encode() + webhook.body, sha1).hexdigest()
    headers = {"x-signalwire-signature": signature}
    return Webhook(headers=headers, body=webhook.body, url=URL, call_id=CALL_ID)


@pytest.mark.parametrize("is_raw", [True, False], ids=["its own way", "Twilio's way"])
def test_signalwire_signs_in_two_ways(is_raw: bool) -> None:
    own = carrier("signalwire")

    assert event(own.read(by_signalwire(is_raw=is_raw))).outcome == "completed"
    with pytest.raises(Forged):
        own.read(by_signalwire(is_raw=is_raw, token="another"))
