"""Retell AI: its own agents speak; what we send with a call comes back in every report."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

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
    Refusal,
    all_of,
    ask_to_place,
    replied,
)
from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.reading import (
    UNREADABLE,
    analysis_in,
    lines_in,
    money,
    needed,
    plain,
    told,
    within,
)
from chalicelibs.adapters.carriers.signatures import as_bytes, check, check_fresh
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import MILLISECOND, from_epoch_ms
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.transcript import Transcript
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

#: Under which name our call id goes with a call.
OURS = "carillon_call_id"

SIGNATURE = re.compile(r"v=([0-9]{1,20}),d=([0-9a-f]{64})")

#: How many calls are looked through for one whose id was lost.
MOST_LISTED = 20

#: What it takes for how long a phone may ring, and a call last, in milliseconds.
RINGS, LASTS = (5_000, 90_000), (60_000, 7_200_000)

#: Cents are what it counts in.
CENTS = 100

#: What came of a call, by its reason; `inactivity` depends on whether the person spoke.
ENDINGS: Mapping[str, Ending] = {
    **all_of(
        """user_hangup agent_hangup call_transfer ivr_reached max_duration_reached
        transfer_bridged transfer_cancelled manual_stopped call_take_over inactivity""",
        COMPLETED,
    ),
    "user_requested_dnc": Ending(Outcome.COMPLETED, opts_out=True),
    "user_requested_callback": Ending(Outcome.BUSY_CALLBACK),
    "voicemail_reached": VOICEMAIL,
    "dial_no_answer": NO_ANSWER,
    "dial_busy": BUSY,
    "user_declined": BUSY,
    "error_no_audio_received": NO_RESPONSE,
    "invalid_destination": BAD_NUMBER,
    **all_of(
        """concurrency_limit_reached no_concurrency_fallback no_valid_payment credit_exhausted
        budget_reached telephony_provider_permission_denied registered_call_timeout""",
        INIT_FAILED,
    ),
    **all_of(
        """dial_failed telephony_provider_unavailable sip_routing_error network_blocked
        marked_as_spam scam_detected error_llm_websocket_open
        error_llm_websocket_lost_connection error_llm_websocket_runtime
        error_llm_websocket_corrupt_payload error_asr error_retell error_unknown
        error_user_not_joined""",
        FAILED,
    ),
}

#: After these there was somebody to talk to, so an analysis says something.
TALKED = frozenset({Outcome.COMPLETED, Outcome.BUSY_CALLBACK, Outcome.NO_RESPONSE})

ROLES = {"user": "contact"}


class Retell(LetsNoneWait):
    """One workspace at Retell."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        key = self._access.secret("api_key")
        if key is None:
            return Denied("secret_missing")
        return ask_to_place(
            self._access,
            f"{self._access.settings['api_url']}/v2/create-phone-call",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body=json.dumps(self._body(request)).encode(),
            id_in=lambda answer: needed(answer, "call_id", str),
            refusal_in=refusal_in,
        )

    def _body(self, request: DialRequest) -> dict[str, Any]:
        settings, agent = self._access.settings, request.agent
        body: dict[str, Any] = {
            "from_number": request.caller_id,
            "to_number": request.phone,
            "metadata": {OURS: request.call_id},
            "retell_llm_dynamic_variables": {**request.context, "prompt": request.prompt},
            "idempotency_key": request.call_id,
            "honor_internal_dnc": settings.get("honors_internal_dnc", True),
            "agent_override": {
                "agent": {
                    "webhook_url": self._access.webhook_url,
                    "ring_duration_ms": within(agent.ring_timeout // MILLISECOND, RINGS),
                    "max_call_duration_ms": within(agent.max_duration // MILLISECOND, LASTS),
                }
            },
        }
        if speaks := agent.voice.get("agent_id") or settings.get("agent_id"):
            body["override_agent_id"] = str(speaks)
        return body

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port. That a call is not in the list says nothing: the list may be old."""
        key = self._access.secret("api_key")
        reply = None if key is None else self._shown(call, key)
        try:
            if reply is None or reply.status != HTTPStatus.OK:
                return CannotSay()
            found = ours_in(plain(reply.body), call)
            return CannotSay() if found is None else self._state_of(call, found)
        except UNREADABLE:
            return CannotSay()

    def _shown(self, call: Call, key: str) -> Reply | None:
        """A call, or, where its id was lost, the last ones to its number."""
        root, headers = self._access.settings["api_url"], {"Authorization": f"Bearer {key}"}
        if call.carrier_call_id is not None:
            url = f"{root}/v2/get-call/{call.carrier_call_id}"
            return replied(self._access, "GET", url, headers=headers)
        number = {"type": "string", "op": "eq", "value": call.phone or ""}
        wanted = {"filter_criteria": {"to_number": number}, "limit": MOST_LISTED}
        headers["Content-Type"] = "application/json"
        body = json.dumps({**wanted, "sort_order": "descending"}).encode()
        return replied(self._access, "POST", f"{root}/v3/list-calls", headers=headers, body=body)

    def _state_of(self, call: Call, shown: Mapping[str, Any]) -> FetchAnswer:
        if needed(shown, "call_status", str) in {"registered", "ongoing"}:
            return StillAlive()
        ended = {**self._ended(call.call_id, shown), **analysed(shown)}
        return CallEvent(**{**ended, "analysis_follows": False})

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        self._check_signature(webhook.headers.get("x-retell-signature", ""), webhook.body)
        try:
            return self._event_of(plain(webhook.body))
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check_signature(self, header: str, body: bytes) -> None:
        parts = SIGNATURE.fullmatch(header)
        if parts is None:
            raise Forged("the signature is none of this carrier's")
        stamp, digest = parts.groups()
        secrets = self._access.secrets
        keys = secrets.get("webhook_key") or secrets.get("api_key", ())
        check(digest, [digest_of(key, body + as_bytes(stamp)) for key in keys])
        check_fresh(stamp, self._access.now(), unit_ms=1)

    def _event_of(self, report: Mapping[str, Any]) -> CallEvent | None:
        kind, shown = needed(report, "event", str), needed(report, "call", dict)
        if kind not in {"call_started", "call_ended", "call_analyzed"}:
            return None
        call_id = needed(told(shown, "metadata", dict) or {}, OURS, str)
        if kind == "call_ended":
            return CallEvent(**self._ended(call_id, shown))
        at, carrier_call_id = self._access.now(), needed(shown, "call_id", str)
        if kind == "call_started":
            return CallEvent(
                call_id=call_id,
                kind=EventKind.IN_PROGRESS,
                at=at,
                carrier_call_id=carrier_call_id,
            )
        return CallEvent(
            call_id=call_id,
            kind=EventKind.ANALYSIS,
            at=at,
            carrier_call_id=carrier_call_id,
            **told_after(shown),
            **analysed(shown),
        )

    def _ended(self, call_id: str, shown: Mapping[str, Any]) -> dict[str, Any]:
        transcript = transcript_in(shown)
        reason = told(shown, "disconnection_reason", str) or ""
        ending = ending_of(reason, person_spoke=any(one.role == "contact" for one in transcript))
        ended_ms = told(shown, "end_timestamp", int)
        duration_ms = told(shown, "duration_ms", int)
        return {
            "call_id": call_id,
            "kind": EventKind.ENDED,
            "at": self._access.now() if ended_ms is None else from_epoch_ms(ended_ms),
            "carrier_call_id": needed(shown, "call_id", str),
            "outcome": ending.outcome,
            "is_permanent": ending.is_permanent,
            "opts_out": ending.opts_out,
            "reason": reason or None,
            "duration": None if duration_ms is None else duration_ms * MILLISECOND,
            "analysis_follows": ending.outcome in TALKED,
            **told_after(shown),
        }


def ours_in(shown: Mapping[str, Any], call: Call) -> Mapping[str, Any] | None:
    """The call that is shown, or the one of a list that has our id."""
    if "items" not in shown:
        return shown
    found = (
        one for one in shown["items"] if (one.get("metadata") or {}).get(OURS) == call.call_id
    )
    return next(found, None)


def told_after(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What each report after the hang-up holds, once it is known."""
    cents = (told(shown, "call_cost", dict) or {}).get("combined_cost")
    return {
        "transcript": transcript_in(shown),
        "cost": None if cents is None else money(cents, "USD", parts=CENTS),
        "recording_url": told(shown, "recording_url", str),
    }


def analysed(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent made of the conversation: its own fields beside the ones that all have."""
    analysis = dict(told(shown, "call_analysis", dict) or {})
    own = analysis.pop("custom_analysis_data", None)
    found = analysis_in({**analysis, **(own if isinstance(own, dict) else {})})
    if analysis.get("in_voicemail") is True:
        found.setdefault("outcome", Outcome.VOICEMAIL)
    return found


def transcript_in(shown: Mapping[str, Any]) -> Transcript:
    """Who said what."""
    return lines_in(
        (
            ROLES.get(needed(line, "role", str), needed(line, "role", str)),
            needed(line, "content", str),
            start_of(line),
        )
        for line in told(shown, "transcript_object", list) or ()
    )


def start_of(line: Mapping[str, Any]) -> timedelta | None:
    """When an utterance begins: with its first word."""
    words = told(line, "words", list)
    start = words[0].get("start") if words else None
    return None if start is None else round(start * 1000) * MILLISECOND


def ending_of(reason: str, *, person_spoke: bool = True) -> Ending:
    """What a reason means; any other word is a failure."""
    if reason == "inactivity" and not person_spoke:
        return NO_RESPONSE
    return ENDINGS.get(reason, FAILED)


def refusal_in(reply: Reply) -> Refusal:
    """Why Retell will not place a call: its message is for people, so the status has to do."""
    return Refusal(f"http_{reply.status}")


def digest_of(key: str, text: bytes) -> bytes:
    """How Retell signs."""
    return hmac.new(key.encode(), text, sha256).hexdigest().encode()
