"""The simulated carrier, spoken to over HTTP as a real one would be.

One request places a call, without retries: an answer that is lost leaves the call unknown, because
the phone may be ringing (see `local/carrier`, which has the other end).
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import urllib3

from chalicelibs.adapters.carriers.reading import (
    callback_of,
    flag,
    needed,
    plain,
    told,
    transcript_of,
)
from chalicelibs.config import SimulatedCarrierSettings
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import MILLISECOND, from_epoch_ms
from chalicelibs.domain.outcome import Outcome, is_outcome_name
from chalicelibs.ports import (
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
    Unreachable,
)

#: How long one request may take; well below `Deadlines.ask_after`.
TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)

#: What tells that there was no connection, and so no request.
NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)

#: The hundreds of a status with which a server says that the request itself was wrong.
CLIENT_ERROR = 4

#: A webhook older than this, or this far ahead, is a replay.
REPLAY_WINDOW = timedelta(minutes=5)

#: What reading a text from outside can raise: no JSON, not the fields, not their kinds, too deep.
UNREADABLE = (
    *(ValueError, KeyError, TypeError),
    *(AttributeError, OverflowError, RecursionError),
)

#: How long a carrier that is full is left alone when it does not say, and at most.
USUAL_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)

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

    def read(self, headers: Mapping[str, str], body: bytes) -> CallEvent | None:
        """See the port."""
        timestamp = headers.get("x-carrier-timestamp", "")
        self._check_signature(timestamp, headers.get("x-carrier-signature", ""), body)
        try:
            return event_of(plain(body))
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check_signature(self, timestamp: str, signature: str, body: bytes) -> None:
        signed = as_bytes(timestamp) + b"." + body
        expected = [signature_of(signed, secret) for secret in self._settings.secrets]
        if not any(hmac.compare_digest(as_bytes(signature), one) for one in expected):
            raise Forged("the signature does not fit")
        try:
            age = self._now() - from_epoch_ms(int(timestamp))
        except (ValueError, OverflowError) as error:
            raise Forged("the timestamp is no time") from error
        if abs(age) > REPLAY_WINDOW:
            raise Forged("the report is too old")

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


def as_bytes(header: str) -> bytes:
    """A header as it came; what no text can hold becomes a question mark, and fits nothing."""
    return header.encode(errors="replace")


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


def pause_of(retry_after: str, *, now: datetime) -> timedelta:
    """How long a `Retry-After` says to wait, in seconds or by a date; the usual, if neither."""
    try:
        pause = timedelta(seconds=float(retry_after))
    except (ValueError, OverflowError):
        try:
            pause = parsedate_to_datetime(retry_after) - now
        except (ValueError, TypeError, OverflowError):
            pause = USUAL_PAUSE
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


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
    return CallEvent(**event | analysis_of(told(call, "analysis", dict) or {}))


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
            "cost": cost_of(told(report, "cost", dict)),
            "recording_url": told(report, "recording_url", str),
            "analysis_follows": flag(report, "analysis_follows"),
        }
    if kind is EventKind.ANALYSIS:
        event |= analysis_of(needed(report, "analysis", dict))
    return CallEvent(**event)


def analysis_of(analysis: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent made of the conversation: perhaps an outcome, perhaps a time to call back."""
    if not analysis:
        return {}
    outcome = analysis.get("outcome")
    known: dict[str, Any] = {"analysis": analysis, "callback_at": callback_of(analysis)}
    if isinstance(outcome, str) and is_outcome_name(outcome):
        known["outcome"] = outcome
    return known


def cost_of(cost: Mapping[str, Any] | None) -> str | None:
    """What a call cost: amount and currency."""
    return f"{needed(cost, 'amount', str)} {needed(cost, 'currency', str)}" if cost else None
