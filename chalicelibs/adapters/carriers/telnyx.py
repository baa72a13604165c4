"""Telnyx Call Control: every report brings back what was said with the request."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.answers import (
    BAD_NUMBER,
    BUSY,
    COMPLETED,
    FAILED,
    INIT_FAILED,
    NO_ANSWER,
    SIP,
    Ending,
    LetsNoneWait,
    Refusal,
    ask_to_place,
    asked,
)
from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.reading import (
    UNREADABLE,
    analysis_in,
    cost_in,
    instant_in,
    needed,
    plain,
    told,
    within,
)
from chalicelibs.adapters.carriers.signatures import as_bytes, check_fresh
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports.carriers import (
    CannotSay,
    Denied,
    DialRequest,
    FetchAnswer,
    Forged,
    PlaceAnswer,
    StillAlive,
    Webhook,
)

#: What it takes for how long a phone may ring, and a call last.
RINGS, LASTS = (5, 600), (30, 14_400)

#: When a report is sent again that we did not take; together at most a minute.
RETRIES_MS = (1_000, 2_000, 5_000, 15_000, 30_000)

#: The reports that say something.
EVENTS = (
    "call.answered",
    "call.hangup",
    "call.machine.detection.ended",
    "call.machine.premium.detection.ended",
    "call.cost",
    "call.recording.saved",
    "call.conversation_insights.generated",
)

#: What came of a call, by the cause of its end.
ENDINGS: Mapping[str, Ending] = {
    "normal_clearing": COMPLETED,
    "time_limit": COMPLETED,
    "timeout": NO_ANSWER,
    "no_answer": NO_ANSWER,
    "originator_cancel": NO_ANSWER,
    "user_busy": BUSY,
    "call_rejected": BUSY,
    "not_found": BAD_NUMBER,
    "unspecified": FAILED,
}

#: What detection heard in the place of a person.
DETECTED: Mapping[str, Outcome] = {
    "machine": Outcome.VOICEMAIL,
    "fax_detected": Outcome.VOICEMAIL,
    "silence": Outcome.NO_RESPONSE,
}

#: Codes of numbers that are none.
BAD_NUMBERS = frozenset({"10002", "10016"})

#: The final status of SIP with which Telnyx itself lets no more calls out.
OVER_LIMIT = "403"


class Telnyx(LetsNoneWait):
    """One account with Telnyx."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        key = self._access.secret("api_key")
        if key is None:
            return Denied("secret_missing")
        return ask_to_place(
            self._access,
            f"{self._access.settings['api_url']}/v2/calls",
            headers=headers_with(key),
            body=json.dumps(self._body(request)).encode(),
            id_in=lambda answer: needed(answer["data"], "call_control_id", str),
            refusal_in=refusal_in,
        )

    def _body(self, request: DialRequest) -> dict[str, Any]:
        settings, agent = self._access.settings, request.agent
        body: dict[str, Any] = {
            "connection_id": settings["connection_id"],
            "to": request.phone,
            "from": request.caller_id,
            "timeout_secs": within(agent.ring_timeout // SECOND, RINGS),
            "time_limit_secs": within(agent.max_duration // SECOND, LASTS),
            # Else it tries other ways after the timeout, and the phone rings again.
            "retry_on_timeout": False,
            "client_state": b64encode(request.call_id.encode()).decode(),
            "command_id": request.call_id,
            "webhook_url": self._access.webhook_url,
            "webhook_url_method": "POST",
            "webhook_retries_policies": {
                event: {"retries_ms": list(RETRIES_MS)} for event in EVENTS
            },
        }
        if detection := settings.get("machine_detection"):
            body["answering_machine_detection"] = detection
        if settings.get("records"):
            body |= {"record": "record-from-answer", "record_format": "mp3"}
        if assistant := agent.voice.get("assistant_id") or settings.get("assistant_id"):
            variables = {**request.context, "prompt": request.prompt}
            body["assistant"] = {"id": str(assistant), "dynamic_variables": variables}
        return body

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port. It tells whether a call is alive, and of one that is not hardly more."""
        key, control_id = self._access.secret("api_key"), call.carrier_call_id
        if key is None:
            return CannotSay()
        settings = self._access.settings
        place = f"calls/{control_id}"
        if control_id is None:  # it was lost: is the call among those that go on?
            place = f"connections/{settings['connection_id']}/active_calls"
        reply = asked(self._access, f"{settings['api_url']}/v2/{place}", headers=headers_with(key))
        try:
            return state_of(call, plain(reply.body)["data"]) if reply else CannotSay()
        except UNREADABLE:
            return CannotSay()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        stamp = webhook.headers.get("telnyx-timestamp", "")
        signature = webhook.headers.get("telnyx-signature-ed25519", "")
        keys = str(self._access.settings["public_key"]).split()
        verify(signature, as_bytes(stamp) + b"|" + webhook.body, keys)
        check_fresh(stamp, self._access.now())
        try:
            return event_of(plain(webhook.body)["data"])
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error


def headers_with(key: str) -> dict[str, str]:
    """What goes with each request."""
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def verify(signature: str, text: bytes, keys: Iterable[str]) -> None:
    """Let only pass what the holder of one of these public keys signed (Ed25519).

    Raises:
        Forged: when none did.
    """
    # Who takes no report of Telnyx does not pay for this: 14 ms, and 16 MB read.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            known = Ed25519PublicKey.from_public_bytes(b64decode(key))
            known.verify(b64decode(as_bytes(signature), validate=True), text)
        except (InvalidSignature, ValueError):
            continue
        return
    raise Forged("the signature does not fit")


def refusal_in(reply: Reply) -> Refusal:
    """Why Telnyx will not place a call."""
    error = plain(reply.body)["errors"][0]
    code, detail = str(error["code"]), str(error.get("detail", "")).lower()
    return Refusal(
        f"telnyx_{code}",
        is_permanent=code in BAD_NUMBERS,
        is_full="limit exceeded" in detail,
    )


def ending_of(cause: str, sip_status: str = "") -> Ending:
    """What the cause of an end means; any other word is a failure."""
    if cause == "call_rejected" and sip_status == OVER_LIMIT:
        return INIT_FAILED
    ending = ENDINGS.get(cause, FAILED)
    if ending == FAILED and sip_status.isdecimal():
        return SIP.get(int(sip_status), FAILED)
    return ending


def event_of(report: Mapping[str, Any]) -> CallEvent | None:
    """A report as an event; None for what changes nothing."""
    kind, payload = needed(report, "event_type", str), needed(report, "payload", dict)
    common: dict[str, Any] = {
        "call_id": b64decode(needed(payload, "client_state", str)).decode(),
        "at": instant_in(report, "occurred_at"),
        "carrier_call_id": told(payload, "call_control_id", str),
    }
    if kind == "call.answered":
        return CallEvent(kind=EventKind.IN_PROGRESS, **common)
    if kind == "call.hangup":
        return CallEvent(kind=EventKind.ENDED, **common, **ended(payload))
    more = heard_later(kind, payload)
    return CallEvent(kind=EventKind.ANALYSIS, **common, **more) if more else None


def ended(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a hang-up says of a call."""
    cause = told(payload, "hangup_cause", str) or ""
    ending = ending_of(cause, told(payload, "sip_hangup_cause", str) or "")
    span = None
    if payload.get("start_time") and payload.get("end_time"):
        span = instant_in(payload, "end_time") - instant_in(payload, "start_time")
    return {
        "outcome": ending.outcome,
        "is_permanent": ending.is_permanent,
        "reason": None if ending == COMPLETED else cause,
        "duration": span if ending == COMPLETED else None,
    }


def heard_later(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What other reports add to a call."""
    match kind:
        case "call.machine.detection.ended" | "call.machine.premium.detection.ended":
            outcome = DETECTED.get(told(payload, "result", str) or "")
            return {"outcome": outcome} if outcome else {}
        case "call.cost":
            parts = told(payload, "cost_parts", list) or [{}]
            currency = parts[0].get("currency") or "USD"
            amount = needed(payload, "total_cost", str)
            return {"cost": cost_in({"amount": amount, "currency": currency})}
        case "call.recording.saved":
            url = recording_in(payload)
            return {"recording_url": url} if url else {}
        case "call.conversation_insights.generated":
            return analysis_in(insights_in(payload))
        case _:
            return {}


def recording_in(payload: Mapping[str, Any]) -> str | None:
    """Where a recording is; None where no text says so."""
    holders = (payload.get(name) for name in ("public_recording_urls", "recording_urls"))
    told_of = [one for one in holders if isinstance(one, Mapping)]
    found = (one.get(form) for one in told_of for form in ("mp3", "wav"))
    return next((url for url in found if url and isinstance(url, str)), None)


def insights_in(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What an assistant made of a conversation: objects by their fields, texts by their ids."""
    found: dict[str, Any] = {}
    for one in told(payload, "results", list) or ():
        result = one["result"]
        found |= result if isinstance(result, dict) else {str(one["insight_id"]): result}
    return found


def state_of(call: Call, shown: Any) -> FetchAnswer:
    """What is known of a call that was asked for: alive or not, and since when."""
    if isinstance(shown, list):
        known = b64encode(call.call_id.encode()).decode()
        is_alive = any(one.get("client_state") == known for one in shown)
        return StillAlive() if is_alive else CannotSay()
    if needed(shown, "is_alive", bool) or not shown.get("end_time"):
        return StillAlive() if shown["is_alive"] else CannotSay()
    has_talked = call.answered_at is not None
    return CallEvent(
        call_id=call.call_id,
        kind=EventKind.ENDED,
        at=instant_in(shown, "end_time"),
        carrier_call_id=call.carrier_call_id,
        # Its report is lost: that somebody picked up is all that can be told.
        outcome=Outcome.COMPLETED if has_talked else Outcome.FAILED,
        reason=None if has_talked else "report_lost",
        duration=(told(shown, "call_duration", int) or 0) * SECOND if has_talked else None,
    )
