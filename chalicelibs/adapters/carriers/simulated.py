"""The simulated carrier, spoken to over HTTP as a real one would be.

One request places a call, without retries: an answer that is lost leaves the call unknown, because
the phone may be ringing (see `local/carrier`, which has the other end).
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import urllib3

from chalicelibs.adapters.carriers.reading import (
    UNREADABLE,
    analysis_in,
    cost_in,
    flag,
    needed,
    pause_of,
    plain,
    told,
    transcript_of,
)
from chalicelibs.adapters.carriers.signatures import as_bytes, check, check_fresh
from chalicelibs.config import SimulatedCarrierSettings
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import MILLISECOND, from_epoch_ms
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    CannotSay,
    DialRequest,
    FetchAnswer,
    Forged,
    NeverSeen,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
    TooLate,
    Unreachable,
    Webhook,
    WithdrawAnswer,
)

#: How long one request may take; well below `Deadlines.ask_after`.
TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)

#: What tells that there was no connection, and so no request.
NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)

#: The hundreds of a status with which a server says that the request itself was wrong.
CLIENT_ERROR = 4

OUTCOMES: Mapping[str, Outcome] = {
    "completed": Outcome.COMPLETED,
    "no-answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "voicemail": Outcome.VOICEMAIL,
    "no-response": Outcome.NO_RESPONSE,
    "failed": Outcome.FAILED,
}

KINDS: Mapping[str, EventKind] = {
    "in_progress": EventKind.IN_PROGRESS,
    "ended": EventKind.ENDED,
    "analysis": EventKind.ANALYSIS,
}


class SimulatedCarrier:
    """The client of `local/carrier`."""

    def __init__(
        self,
        settings: SimulatedCarrierSettings,
        *,
        webhook_url: str,
        http: urllib3.PoolManager,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._webhook_url = webhook_url
        self._http = http
        self._now = now

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        body = {
            "correlation_id": request.call_id,
            "to": request.phone,
            "from": request.caller_id,
            "agent": request.agent.agent_id,
            "webhook_url": self._webhook_url,
            "ring_timeout_ms": request.agent.ring_timeout // MILLISECOND,
            "max_duration_ms": request.agent.max_duration // MILLISECOND,
            "prompt": [request.prompt],
            "voice": dict(request.agent.voice),
            "context": dict(request.context),
        }
        try:
            response = self._send("POST", "/calls", json.dumps(body).encode())
        except NOT_SENT:
            return Unreachable()
        except urllib3.exceptions.HTTPError:
            return AnswerLost()
        return answer_of(response, now=self._now())

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        try:
            response = self._send("GET", f"/calls?correlation_id={call.call_id}")
        except urllib3.exceptions.HTTPError:
            return CannotSay()
        if response.status != HTTPStatus.OK:
            return CannotSay()
        try:
            return state_of(plain(response.data)["calls"])
        except UNREADABLE:
            return CannotSay()

    def withdraw(self, call: Call) -> WithdrawAnswer:  # noqa: ARG002 - it makes no call wait
        """See the port."""
        return TooLate()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        headers, timestamp = webhook.headers, webhook.headers.get("x-carrier-timestamp", "")
        self._check_signature(timestamp, headers.get("x-carrier-signature", ""), webhook.body)
        try:
            return event_of(plain(webhook.body))
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check_signature(self, timestamp: str, signature: str, body: bytes) -> None:
        signed = as_bytes(timestamp) + b"." + body
        check(signature, [signature_of(signed, secret) for secret in self._settings.secrets])
        check_fresh(timestamp, self._now(), unit_ms=1)

    def _send(self, method: str, path: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        return self._http.request(
            method,
            self._settings.url + path,
            body=body,
            headers={
                "Authorization": f"Bearer {self._settings.key}",
                "Content-Type": "application/json",
            },
            timeout=TIMEOUT,
            retries=False,
            redirect=False,
        )


def signature_of(signed: bytes, secret: str) -> bytes:
    """How the carrier signs with a secret."""
    return b"sha256=" + hmac.new(secret.encode(), signed, sha256).hexdigest().encode()


def answer_of(response: urllib3.BaseHTTPResponse, *, now: datetime) -> PlaceAnswer:
    """What the carrier's status says: only a clear refusal is one, a 5xx may have dialled."""
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(pause_of(response.headers.get("Retry-After", ""), now=now))
    try:
        answer = plain(response.data)
        if response.status == HTTPStatus.CREATED:
            return Accepted(needed(answer, "id", str))
        if response.status // 100 == CLIENT_ERROR:
            error = answer["error"]
            return Refused(needed(error, "code", str), is_permanent=flag(error, "permanent"))
    except UNREADABLE:
        pass
    return AnswerLost()


def state_of(calls: Sequence[Mapping[str, Any]]) -> FetchAnswer:
    """What the carrier's list of the calls with our id says of the one that was asked for."""
    if not calls:
        return NeverSeen()
    return fetched_end(calls[-1]) if calls[-1]["status"] == "ended" else StillAlive()


def fetched_end(call: Mapping[str, Any]) -> CallEvent:
    """The event of the end of a call that the carrier was asked about."""
    event: dict[str, Any] = {
        "call_id": needed(call, "correlation_id", str),
        "kind": EventKind.ENDED,
        "at": from_epoch_ms(needed(call, "ended_at", int)),
        "carrier_call_id": needed(call, "id", str),
        "outcome": OUTCOMES.get(needed(call, "outcome", str), Outcome.FAILED),
        "is_permanent": flag(call, "permanent"),
        "duration": (told(call, "duration_ms", int) or 0) * MILLISECOND,
        "transcript": transcript_of(call),
    }
    # What the analysis says, its outcome above all, tells more than how the line went dead.
    return CallEvent(**event | analysis_in(told(call, "analysis", dict) or {}))


def event_of(report: Mapping[str, Any]) -> CallEvent | None:
    """A webhook's body as an event; None for what changes nothing, like ringing."""
    kind = KINDS.get(needed(report, "type", str))
    if kind is None:
        return None
    event: dict[str, Any] = {
        "call_id": needed(report, "correlation_id", str),
        "kind": kind,
        "at": from_epoch_ms(needed(report, "at", int)),
        "carrier_call_id": needed(report, "call_id", str),
        "transcript": transcript_of(report),
    }
    if kind is EventKind.ENDED:
        event |= {
            "outcome": OUTCOMES.get(needed(report, "status", str), Outcome.FAILED),
            "is_permanent": flag(report, "permanent"),
            "duration": (told(report, "duration_ms", int) or 0) * MILLISECOND,
            "cost": cost_in(told(report, "cost", dict)),
            "recording_url": told(report, "recording_url", str),
            "analysis_follows": flag(report, "analysis_follows"),
        }
    if kind is EventKind.ANALYSIS:
        event |= analysis_in(needed(report, "analysis", dict))
    return CallEvent(**event)
