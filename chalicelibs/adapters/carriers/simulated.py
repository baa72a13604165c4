"""The simulated carrier, spoken to over HTTP as a real one would be.

One request places a call, without retries: an answer that is lost leaves the call unknown, because
the phone may be ringing (see `local/carrier`, which has the other end).
"""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import urllib3

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
)

#: How long one request may take; well below `Deadlines.ask_after`.
TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)

#: The hundreds of a status with which a server says that the request itself was wrong.
CLIENT_ERROR = 4

#: A webhook older than this, or this far ahead, is a replay.
REPLAY_WINDOW = timedelta(minutes=5)

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
            "context": dict(request.context),
        }
        try:
            response = self._send("POST", "/calls", json.dumps(body).encode())
        except urllib3.exceptions.NewConnectionError:
            # Nothing was sent: as good as a carrier that says it is full.
            return Throttled(timedelta(seconds=5))
        except urllib3.exceptions.HTTPError:
            return AnswerLost()
        return answer_of(response)

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        try:
            response = self._send("GET", f"/calls?correlation_id={call.call_id}")
        except urllib3.exceptions.HTTPError:
            return CannotSay()
        if response.status != HTTPStatus.OK:
            return CannotSay()
        calls = response.json()["calls"]
        if not calls:
            return NeverSeen()
        return StillAlive() if calls[-1]["status"] != "ended" else fetched_end(calls[-1])

    def read(self, headers: Mapping[str, str], body: bytes) -> CallEvent | None:
        """See the port."""
        timestamp = headers.get("x-carrier-timestamp", "")
        self._check_signature(timestamp, headers.get("x-carrier-signature", ""), body)
        try:
            return event_of(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check_signature(self, timestamp: str, signature: str, body: bytes) -> None:
        signed = timestamp.encode() + b"." + body
        expected = hmac.new(self._settings.secret.encode(), signed, sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), f"sha256={expected}".encode()):
            raise Forged("the signature does not fit")
        age = self._now() - from_epoch_ms(int(timestamp))
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


def answer_of(response: urllib3.BaseHTTPResponse) -> PlaceAnswer:
    """What the carrier's status says: only a clear refusal is one, a 5xx may have dialled."""
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(timedelta(seconds=float(response.headers.get("Retry-After", "5"))))
    try:
        answer = response.json()
        if response.status == HTTPStatus.CREATED:
            return Accepted(answer["id"])
        if response.status // 100 == CLIENT_ERROR:
            error = answer["error"]
            return Refused(error["code"], is_permanent=bool(error.get("permanent")))
    except (ValueError, KeyError, TypeError):
        pass
    return AnswerLost()


def fetched_end(call: Mapping[str, Any]) -> CallEvent:
    """The event of the end of a call that the carrier was asked about."""
    return CallEvent(
        call_id=call["correlation_id"],
        kind=EventKind.ENDED,
        at=from_epoch_ms(call["ended_at"]),
        carrier_call_id=call["id"],
        outcome=OUTCOMES.get(call["outcome"], Outcome.FAILED),
        is_permanent=bool(call["permanent"]),
        duration=(call.get("duration_ms") or 0) * MILLISECOND,
        **analysis_of(call.get("analysis") or {}),
    )


def event_of(report: Mapping[str, Any]) -> CallEvent | None:
    """A webhook's body as an event; None for what changes nothing, like ringing."""
    kind = KINDS.get(report["type"])
    if kind is None:
        return None
    event = {
        "call_id": report["correlation_id"],
        "kind": kind,
        "at": from_epoch_ms(report["at"]),
        "carrier_call_id": report["call_id"],
    }
    if kind is EventKind.ENDED:
        cost = report.get("cost") or {}
        event |= {
            "outcome": OUTCOMES.get(report["status"], Outcome.FAILED),
            "is_permanent": bool(report.get("permanent")),
            "duration": (report.get("duration_ms") or 0) * MILLISECOND,
            "cost": f"{cost['amount']} {cost['currency']}" if cost else None,
            "recording_url": report.get("recording_url"),
            "analysis_follows": bool(report.get("analysis_follows")),
        }
    if kind is EventKind.ANALYSIS:
        event |= analysis_of(report["analysis"])
    return CallEvent(**event)


def analysis_of(analysis: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent made of the conversation: perhaps an outcome, perhaps a time to call back."""
    if not analysis:
        return {}
    outcome, callback_at = analysis.get("outcome"), analysis.get("callback_at")
    told: dict[str, Any] = {"analysis": analysis}
    if isinstance(outcome, str) and is_outcome_name(outcome):
        told["outcome"] = outcome
    if callback_at:
        told["callback_at"] = datetime.fromisoformat(callback_at)
    return told
