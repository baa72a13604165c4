"""What Twilio reports of a call, and how it signs that."""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chalicelibs.adapters.carriers.answers import (
    BAD_NUMBER,
    BUSY,
    COMPLETED,
    FAILED,
    NO_ANSWER,
    SIP,
    VOICEMAIL,
    Ending,
)
from chalicelibs.adapters.carriers.reading import needed, told
from chalicelibs.adapters.carriers.signatures import as_bytes
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.carrier_account import CANCELLED
from chalicelibs.domain.instants import SECOND
from chalicelibs.ports.carriers import FetchAnswer, Forged, StillAlive, Webhook

#: What came of a call, by its last status; one that is not here is not the last.
ENDINGS: Mapping[str, Ending] = {
    "completed": COMPLETED,
    "busy": BUSY,
    "no-answer": NO_ANSWER,
    "failed": FAILED,
    "canceled": FAILED,
}
UNDER_WAY = frozenset({"queued", "initiated", "ringing", "in-progress"})

#: The schemes' own ports: some signatures are made with them and some without.
PORTS = {"http": 80, "https": 443}


def ending_of(status: str, answered_by: str = "", sip_status: str = "") -> Ending:
    """What a last status means; any other is a failure."""
    if status == "completed" and is_machine(answered_by):
        return VOICEMAIL
    if status == "failed" and sip_status.isdecimal():
        return BAD_NUMBER if SIP.get(int(sip_status)) == BAD_NUMBER else FAILED
    return ENDINGS.get(status, FAILED)


def is_machine(answered_by: str) -> bool:
    """Whether no person picked up."""
    return answered_by.startswith(("machine", "fax"))


def event_of(call_id: str, fields: Mapping[str, str], now: datetime) -> CallEvent | None:
    """A report as an event; None for what changes nothing, like ringing."""
    status, sid = fields.get("CallStatus", ""), fields["CallSid"]
    common: dict[str, Any] = {
        "call_id": call_id,
        "at": time_of(fields.get("Timestamp", ""), now),
        "carrier_call_id": sid,
    }
    if "RecordingUrl" in fields and "CallDuration" not in fields:
        recording = fields["RecordingUrl"]
        return CallEvent(kind=EventKind.ANALYSIS, recording_url=recording, **common)
    if not status or ("MachineDetectionDuration" in fields and status not in ENDINGS):
        if not is_machine(fields.get("AnsweredBy", "")):
            return None
        return CallEvent(kind=EventKind.ANALYSIS, outcome=VOICEMAIL.outcome, **common)
    if status == "in-progress":
        return CallEvent(kind=EventKind.IN_PROGRESS, **common)
    if status in UNDER_WAY:
        return None
    ending = ending_of(status, fields.get("AnsweredBy", ""), fields.get("SipResponseCode", ""))
    return CallEvent(
        kind=EventKind.ENDED,
        outcome=ending.outcome,
        is_permanent=ending.is_permanent,
        reason=reason_of(status),
        duration=duration_of(fields.get("CallDuration")),
        recording_url=fields.get("RecordingUrl"),
        **common,
    )


def state_of(call: Call, shown: Mapping[str, Any], now: datetime) -> FetchAnswer:
    """What a call that was asked for shows of itself."""
    status = needed(shown, "status", str)
    if status in UNDER_WAY:
        return StillAlive()
    ending = ending_of(status, told(shown, "answered_by", str) or "")
    price, currency = told(shown, "price", str), told(shown, "price_unit", str)
    return CallEvent(
        call_id=call.call_id,
        kind=EventKind.ENDED,
        at=time_of(told(shown, "end_time", str) or "", now),
        carrier_call_id=needed(shown, "sid", str),
        outcome=ending.outcome,
        is_permanent=ending.is_permanent,
        reason=reason_of(status),
        duration=duration_of(told(shown, "duration", str)),
        # What is paid is told as what the account loses.
        cost=f"{price.removeprefix('-')} {currency}" if price and currency else None,
    )


def is_since(shown: Mapping[str, Any], call: Call) -> bool:
    """Whether a call was made when this one was dialled, or after."""
    made = parsedate_to_datetime(needed(shown, "date_created", str))
    return call.dialed_at is not None and made >= call.dialed_at.replace(microsecond=0)


def reason_of(status: str) -> str | None:
    """Why a call was no conversation."""
    if status == "canceled":
        return CANCELLED
    return None if status == "completed" else status


def duration_of(seconds: str | None) -> timedelta | None:
    """Seconds as text as a duration."""
    return int(seconds) * SECOND if seconds else None


def time_of(stamp: str, now: datetime) -> datetime:
    """A time as mail writes it; now, where there is none."""
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(stamp)
        return at if at.tzinfo is not None else now
    return now


def signature_of(key: str, url: str, form: Mapping[str, Sequence[str]]) -> bytes:
    """How Twilio signs: the address, then names and values in order, each value once."""
    pairs = (name + value for name in sorted(form) for value in sorted(set(form[name])))
    digest = hmac.new(key.encode(), (url + "".join(pairs)).encode(), sha1).digest()
    return b64encode(digest)


def spellings_of(*urls: str) -> set[str]:
    """Each address with its port and without, its host as it is written and in lower case."""
    spellings = set()
    for parts in map(urlsplit, filter(None, urls)):
        written = parts.netloc.rpartition("@")[2]
        host = written if parts.port is None else written.rpartition(":")[0]
        port = parts.port or PORTS.get(parts.scheme, 0)
        for one in (host, host.lower()):
            spellings |= {parts._replace(netloc=two).geturl() for two in (one, f"{one}:{port}")}
    return spellings


def check_body(webhook: Webhook) -> None:
    """Let a body pass that is no form only by its digest, which stands in the signed address.

    Raises:
        Forged: when it is another body.
    """
    stated = parse_qs(urlsplit(webhook.url).query).get("bodySHA256", [""])[0]
    if not hmac.compare_digest(as_bytes(stated), sha256(webhook.body).hexdigest().encode()):
        raise Forged("the body is not the one that was signed")
