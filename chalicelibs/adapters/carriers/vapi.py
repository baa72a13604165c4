"""Vapi: its own assistants speak; reports say how a call ended in one of six hundred words."""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.answers import (
    BAD_NUMBER,
    BUSY,
    COMPLETED,
    FAILED,
    INIT_FAILED,
    NO_ANSWER,
    NO_RESPONSE,
    VOICEMAIL,
    Ending,
    LetsNoneWait,
    NotPlaced,
    Refusal,
    all_of,
    ask_to_place,
    asked,
)
from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.reading import (
    UNREADABLE,
    analysis_in,
    instant_in,
    lines_in,
    money,
    needed,
    plain,
    seconds_in,
    told,
    within,
)
from chalicelibs.adapters.carriers.signatures import as_bytes, check, check_fresh
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.transcript import Transcript
from chalicelibs.ports.carriers import (
    CannotSay,
    Denied,
    DialRequest,
    FetchAnswer,
    Forged,
    PlaceAnswer,
    Refused,
    StillAlive,
    Webhook,
)

#: Under which name our call id goes with a call.
OURS = "carillon_call_id"

#: The header that carries the secret, and those of a signature, as they are called by default.
SECRET_HEADER = "x-vapi-secret"
SIGNATURE_HEADER, STAMP_HEADER = "x-signature", "x-timestamp"

#: The longest name that it takes.
LONGEST_NAME = 40

#: How many calls are looked through for one whose id was lost.
MOST_LISTED = 100

#: What it takes for how long a call may last.
LASTS = (10, 43_200)

#: Without this a report that we did not take is lost.
RETRIES = {"type": "exponential", "maxRetries": 5, "baseDelaySeconds": 1}

#: Reasons that stand for themselves; `silence-timed-out` depends on whether the person spoke.
ENDINGS: Mapping[str, Ending] = {
    "voicemail": VOICEMAIL,
    "customer-busy": BUSY,
    "customer-did-not-answer": NO_ANSWER,
    "sip-outbound-unallocated-number": BAD_NUMBER,
    **all_of(
        """customer-ended-call exceeded-max-duration vonage-completed silence-timed-out
        call.in-progress.twilio-completed-call call.in-progress.sip-completed-call""",
        COMPLETED,
    ),
    **all_of(
        """call-deleted manually-canceled
        phone-call-provider-bypass-enabled-but-no-call-received""",
        INIT_FAILED,
    ),
}

Test = Callable[[str, tuple[str, ...]], bool]

#: The others by what they begin or end with: there are over six hundred, and more each month.
RULES: Sequence[tuple[Test, tuple[str, ...], Ending]] = (
    (
        str.endswith,
        ("sip-408-request-timeout", "sip-480-temporarily-unavailable"),
        NO_ANSWER,
    ),
    (str.endswith, ("did-not-receive-customer-audio",), NO_RESPONSE),
    (str.endswith, ("worker-not-available",), INIT_FAILED),
    (
        str.startswith,
        (
            *("assistant-ended-call", "assistant-said-end", "assistant-forwarded"),
            *("customer-ended-call-", "call.ending.hook", "call.forwarding."),
        ),
        COMPLETED,
    ),
    (
        str.startswith,
        (
            *("call.start.", "call-start-", "assistant-request-", "assistant-not-"),
            *("scheduled-call-", "call.ringing.hook"),
        ),
        INIT_FAILED,
    ),
)

ROLES = {"bot": "agent", "assistant": "agent", "user": "contact"}


class Vapi(LetsNoneWait):
    """One organisation at Vapi."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        key, settings = self._access.secret("api_key"), self._access.settings
        if key is None or self._access.secret("webhook_secret") is None:
            return Denied("secret_missing")
        number_id = settings["phone_number_ids"].get(request.caller_id)
        if number_id is None:
            return Refused("number_unknown_to_vapi")
        return ask_to_place(
            self._access,
            f"{settings['api_url']}/call",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body=json.dumps(self._body(request, number_id)).encode(),
            id_in=id_in,
            refusal_in=refusal_in,
        )

    def _body(self, request: DialRequest, number_id: str) -> dict[str, Any]:
        settings, agent = self._access.settings, request.agent
        body: dict[str, Any] = {
            "name": request.call_id[:LONGEST_NAME],
            "phoneNumberId": number_id,
            "customer": {"number": request.phone},
            "assistantOverrides": {
                "metadata": {OURS: request.call_id},
                "variableValues": {**request.context, "prompt": request.prompt},
                "maxDurationSeconds": within(agent.max_duration // SECOND, LASTS),
                "serverMessages": ["status-update", "end-of-call-report"],
                "server": self._server(),
            },
        }
        if speaks := agent.voice.get("assistant_id") or settings.get("assistant_id"):
            body["assistantId"] = str(speaks)
        return body

    def _server(self) -> dict[str, Any]:
        """Where reports go: signed by a credential of theirs, or with our secret beside them."""
        server: dict[str, Any] = {"url": self._access.webhook_url, "backoffPlan": RETRIES}
        if credential := self._access.settings.get("credential_id"):
            return {**server, "credentialId": credential}
        return {**server, "headers": {SECRET_HEADER: self._access.secret("webhook_secret")}}

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port. That a call is not in the list says nothing: the list may be old."""
        key = self._access.secret("api_key")
        if key is None:
            return CannotSay()
        url = f"{self._access.settings['api_url']}/call{self._place_of(call)}"
        reply = asked(self._access, url, headers={"Authorization": f"Bearer {key}"})
        try:
            shown = plain(reply.body) if reply else None
            if isinstance(shown, list):
                shown = next((one for one in shown if is_ours(one, call)), None)
            return CannotSay() if shown is None else self._state_of(call, shown)
        except UNREADABLE:
            return CannotSay()

    def _place_of(self, call: Call) -> str:
        """Where a call is shown; one whose id was lost is among those of its number."""
        if call.carrier_call_id is not None:
            return f"/{call.carrier_call_id}"
        number_id = self._access.settings["phone_number_ids"].get(call.caller_id, "")
        since = (call.dialed_at or call.reserved_at).isoformat().replace("+00:00", "Z")
        wanted = {"phoneNumberId": number_id, "createdAtGe": since, "limit": MOST_LISTED}
        return f"?{urlencode(wanted)}"

    def _state_of(self, call: Call, shown: Mapping[str, Any]) -> FetchAnswer:
        if needed(shown, "status", str) != "ended":
            return StillAlive()
        return ended(call.call_id, needed(shown, "id", str), shown, self._access.now())

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        self._check(webhook.headers, webhook.body)
        try:
            return self._event_of(plain(webhook.body)["message"])
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        keys = self._access.secrets.get("webhook_secret", ())
        if self._access.settings.get("credential_id"):
            stamp = headers.get(STAMP_HEADER, "")
            text = as_bytes(stamp) + b"." + body
            check(headers.get(SIGNATURE_HEADER, ""), [digest_of(key, text) for key in keys])
            check_fresh(
                stamp, self._access.now(), unit_ms=1 if len(stamp) > STAMP_DIGITS else 1000
            )
            return
        # The secret itself comes along, and who has it can send what he likes, when he likes:
        # a time would tell nothing.
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        check(headers.get(SECRET_HEADER, bearer), [key.encode() for key in keys])

    def _event_of(self, message: Mapping[str, Any]) -> CallEvent | None:
        kind, call = needed(message, "type", str), needed(message, "call", dict)
        if kind not in {"status-update", "end-of-call-report"}:
            return None
        call_id, vapi_id, now = our_id_in(call), told(call, "id", str), self._access.now()
        if kind == "end-of-call-report":
            return ended(call_id, vapi_id, message, now)
        status = needed(message, "status", str)
        if status == "in-progress":
            return CallEvent(
                call_id=call_id, kind=EventKind.IN_PROGRESS, at=now, carrier_call_id=vapi_id
            )
        reason = told(message, "endedReason", str)
        if status != "ended" or not reason:
            return None  # why it ended says the report that follows
        ending = ending_of(reason)
        return CallEvent(
            call_id=call_id,
            kind=EventKind.ENDED,
            at=now,
            carrier_call_id=vapi_id,
            outcome=ending.outcome,
            is_permanent=ending.is_permanent,
            reason=reason,
            # The report says what was said; that of a call that never was may not come.
            analysis_follows=ending in {COMPLETED, NO_RESPONSE},
        )


#: Digits of a time in seconds.
STAMP_DIGITS = 10


def ended(call_id: str, vapi_id: str | None, shown: Mapping[str, Any], now: datetime) -> CallEvent:
    """What a report of an end, or a call that has ended, says of it."""
    artifact = told(shown, "artifact", dict) or {}
    transcript = transcript_in(artifact)
    reason = told(shown, "endedReason", str) or ""
    ending = ending_of(reason, person_spoke=any(one.role == "contact" for one in transcript))
    began, over = shown.get("startedAt"), shown.get("endedAt")
    cost = shown.get("cost")
    event: dict[str, Any] = {
        "call_id": call_id,
        "kind": EventKind.ENDED,
        "at": instant_in(shown, "endedAt") if over else now,
        "carrier_call_id": vapi_id,
        "outcome": ending.outcome,
        "is_permanent": ending.is_permanent,
        "reason": reason or None,
        "duration": instant_in(shown, "endedAt") - instant_in(shown, "startedAt")
        if began and over
        else None,
        "cost": None if cost is None else money(cost, "USD"),
        "recording_url": recording_in(artifact),
        "transcript": transcript,
    }
    return CallEvent(**event | analysis_in(analysis_of(shown, artifact)))


def analysis_of(shown: Mapping[str, Any], artifact: Mapping[str, Any]) -> dict[str, Any]:
    """What the assistant made of the conversation: its own fields beside the usual ones."""
    analysis = dict(told(shown, "analysis", dict) or {})
    own = analysis.pop("structuredData", None)
    outputs = told(artifact, "structuredOutputs", dict) or {}
    named = {
        str(one["name"]): one.get("result")
        for one in outputs.values()
        if isinstance(one, dict) and "name" in one
    }
    return {**analysis, **named, **(own if isinstance(own, dict) else {})}


def recording_in(artifact: Mapping[str, Any]) -> str | None:
    """Where a recording is, in the old place or the new."""
    url = artifact.get("recordingUrl")
    if not url:
        mono = (told(artifact, "recording", dict) or {}).get("mono")
        url = mono.get("combinedUrl") if isinstance(mono, dict) else None
    return url if isinstance(url, str) else None


def transcript_in(artifact: Mapping[str, Any]) -> Transcript:
    """Who said what; what the assistant was told, or asked of tools, is not part of it."""
    return lines_in(
        (
            ROLES[line["role"]],
            needed(line, "message", str),
            seconds_in(line, "secondsFromStart"),
        )
        for line in told(artifact, "messages", list) or ()
        if line.get("role") in ROLES and line.get("message")
    )


def is_ours(shown: Mapping[str, Any], call: Call) -> bool:
    """Whether a call in their list is this one."""
    try:
        return our_id_in(shown) == call.call_id
    except UNREADABLE:
        return False


def our_id_in(call: Mapping[str, Any]) -> str:
    """Our call id, wherever a report repeats it."""
    for holder in (call.get("assistantOverrides"), call.get("assistant"), call):
        found = holder.get("metadata") if isinstance(holder, Mapping) else None
        if isinstance(found, Mapping) and OURS in found:
            return needed(found, OURS, str)
    return needed(call, "name", str)


def ending_of(reason: str, *, person_spoke: bool = True) -> Ending:
    """What a reason means; any other word is a failure."""
    if reason == "silence-timed-out" and not person_spoke:
        return NO_RESPONSE
    if reason in ENDINGS:
        return ENDINGS[reason]
    fits = (ending for test, patterns, ending in RULES if test(reason, patterns))
    return next(fits, FAILED)


def id_in(answer: Mapping[str, Any]) -> str:
    """The id of the call in an answer: of one call, or of a batch of one.

    Raises:
        NotPlaced: when it is told that there is no call.
    """
    limits = answer.get("subscriptionLimits")
    is_blocked = isinstance(limits, Mapping) and limits.get("concurrencyBlocked") is True
    calls = told(answer, "results", list)
    if calls == [] or ("id" not in answer and calls is None and is_blocked):
        raise NotPlaced(Refusal("vapi_refused", is_full=is_blocked))
    return needed(calls[0] if calls else answer, "id", str)


def refusal_in(reply: Reply) -> Refusal:
    """Why Vapi will not place a call."""
    text = json.dumps(plain(reply.body)).lower()
    return Refusal(f"http_{reply.status}", is_full="concurren" in text)


def digest_of(key: str, text: bytes) -> bytes:
    """How a credential signs, as it is by default."""
    return hmac.new(key.encode(), text, sha256).hexdigest().encode()
