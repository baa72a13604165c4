"""What the carrier reports by webhook, and how a report is signed."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from local.carrier.calls import Call

_PRICE_PER_MINUTE: Final = Decimal("0.09")
_MINUTE_MS: Final = 60_000


def event_of(kind: str, call: Call, at: int, **more: Any) -> dict[str, Any]:
    """Make the next event of a call, and count it."""
    call.events += 1
    return {
        "event_id": f"evt_{secrets.token_hex(8)}",
        "type": kind,
        "call_id": call.call_id,
        "correlation_id": call.correlation_id,
        "sequence": call.events,
        "at": at,
        **more,
    }


def ended_event(
    call: Call,
    at: int,
    *,
    cost: Decimal | None,
    recording_url: str | None,
    analysis_follows: bool,
) -> dict[str, Any]:
    """Make the event that tells how a call ended, and who said what unless an analysis will."""
    return event_of(
        "ended",
        call,
        at,
        status=call.outcome,
        permanent=call.is_permanent,
        duration_ms=call.duration_ms,
        cost=None if cost is None else {"amount": str(cost), "currency": "USD"},
        recording_url=recording_url,
        analysis_follows=analysis_follows,
        transcript=None if analysis_follows else call.transcript,
    )


def analysis_event(call: Call, at: int) -> dict[str, Any]:
    """Make the event that tells what the agent made of a conversation, and who said what in it."""
    return event_of("analysis", call, at, analysis=call.analysis, transcript=call.transcript)


def transcript_of(
    dialogue: Sequence[tuple[str, str]], *, duration_ms: int
) -> Sequence[Mapping[str, Any]]:
    """Spread a dialogue evenly over a conversation."""
    return [
        {"role": role, "text": text, "at_ms": duration_ms * number // len(dialogue)}
        for number, (role, text) in enumerate(dialogue)
    ]


def analysis(
    *, outcome: str | None, callback_at_ms: int | None, timezone: str | None = None
) -> dict[str, Any]:
    """Say what the agent made of the conversation; fields that do not apply are absent.

    The time to call back is an instant, `callback_at`, or a local time in the zone named:
    `{"callback": {"local": "2027-03-06T10:00:00", "timezone": "Europe/Madrid"}}`.
    """
    result: dict[str, Any] = {
        "summary": f"A simulated conversation: {outcome or 'nothing special'}."
    }
    if outcome is not None:
        result["outcome"] = outcome
    if callback_at_ms is not None:
        instant = datetime.fromtimestamp(callback_at_ms / 1000, UTC)
        result |= _callback(instant, timezone)
    return result


def _callback(at: datetime, timezone: str | None) -> dict[str, Any]:
    if timezone is None:
        return {"callback_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    local = at.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return {"callback": {"local": local.isoformat(timespec="seconds"), "timezone": timezone}}


def cost_of(duration_ms: int) -> Decimal:
    """Price a call: talk time only, by the millisecond."""
    return (_PRICE_PER_MINUTE * duration_ms / _MINUTE_MS).quantize(Decimal("0.0001"))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a webhook: the value of its `X-Carrier-Signature`."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
