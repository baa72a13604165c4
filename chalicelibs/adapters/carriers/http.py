"""Anybody who takes a request for a call as JSON, and reports by signed webhooks.

Both formats are in docs/carriers.md. A platform that speaks otherwise is described by its account:
what a request holds, where its reports say what, and what its words mean.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.answers import FAILED, Refusal, ask_to_place, replied
from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.filling import Missing, at, filled, filled_text, known_of
from chalicelibs.adapters.carriers.reading import (
    UNREADABLE,
    analysis_in,
    asked_instant,
    cost_in,
    flag,
    plain,
    seconds_in,
    told,
    transcript_of,
)
from chalicelibs.adapters.carriers.signatures import as_bytes, check, check_fresh
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.outcome import BUILT_IN, is_outcome_name, normal_name
from chalicelibs.ports.carriers import (
    CannotSay,
    Denied,
    DialRequest,
    FetchAnswer,
    Forged,
    NeverSeen,
    PlaceAnswer,
    Refused,
    StillAlive,
    TooLate,
    Webhook,
    WithdrawAnswer,
    Withdrawn,
)

#: The role of the secret that signs, and the headers in which a signature and its time come: ours,
#: and those that HMS Sovereign and others use for the same scheme.
WEBHOOK = "webhook"
SIGNATURES = ("x-carillon-signature", "x-webhook-signature")
STAMPS = ("x-carillon-timestamp", "x-webhook-timestamp")

#: What is asked where an account brings no body of its own.
BODY: Mapping[str, object] = {
    "call_id": "{{call_id}}",
    "to": "{{to}}",
    "from": "{{from}}",
    "prompt": "{{prompt}}",
    "context": "{{context}}",
    "agent": "{{agent}}",
    "voice": "{{voice}}",
    "ring_timeout_s": "{{ring_timeout_s}}",
    "max_duration_s": "{{max_duration_s}}",
    "webhook_url": "{{webhook_url}}",
}

#: Words of a report's `status` that are no outcome.
IGNORED, IN_PROGRESS, ANALYSIS = "ignored", "in_progress", "analysis"
UNDER_WAY = frozenset({IGNORED, IN_PROGRESS, "queued", "ringing", "initiated"})


class Http:
    """One account with whoever is at an address."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._secrets = {role: access.secret(role) for role in access.secrets}

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port. Our call id goes with it as idempotency key, for those that know one."""
        if not all(self._secrets.values()):
            return Denied("secret_missing")
        settings = self._access.settings
        known = known_of(request, webhook_url=self._access.webhook_url)
        try:
            body = filled(settings.get("body") or BODY, known)
            headers = {**self._headers(), "Idempotency-Key": request.call_id}
        except Missing as missing:
            return Refused(missing.reason)
        return ask_to_place(
            self._access,
            str(settings["url"]),
            headers=headers,
            body=json.dumps(body).encode(),
            id_in=lambda answer: id_in(answer, str(settings["id_field"])),
            refusal_in=refusal_in,
        )

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        try:
            url, headers = self._url("status_url", call), self._headers()
        except Missing:
            return CannotSay()
        reply = url and replied(self._access, "GET", url, headers=headers)
        if not reply:
            return CannotSay()
        if reply.status == HTTPStatus.NOT_FOUND:
            return NeverSeen() if is_clear(reply) else CannotSay()
        if reply.status != HTTPStatus.OK:
            return CannotSay()
        try:
            report = self._report_in(plain(reply.body))
            if not self._status_in(report):
                return CannotSay()
            event = self._event_of(report, call.call_id)
        except UNREADABLE:
            return CannotSay()
        return event if event is not None and event.kind is EventKind.ENDED else StillAlive()

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """See the port. 2xx: it will never be dialled; 404, 409 and 410: it does not wait."""
        try:
            url, headers = self._url("cancel_url", call), self._headers()
        except Missing:
            return CannotSay()
        if url is None:
            return TooLate()
        reply = replied(self._access, "POST", url, headers=headers, body=b"{}")
        if reply is None:
            return CannotSay()
        if reply.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}:
            return Withdrawn()
        gone = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE}
        return TooLate() if reply.status in gone else CannotSay()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        stamp = first_of(webhook.headers, STAMPS)
        text = as_bytes(stamp) + b"." + webhook.body
        good = [signature_of(one, text) for one in self._access.secrets.get(WEBHOOK, ())]
        check(first_of(webhook.headers, SIGNATURES), good)
        check_fresh(stamp, self._access.now(), unit_ms=unit_of(stamp))
        try:
            return self._event_of(self._report_in(plain(webhook.body)), webhook.call_id)
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _report_in(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A report with what it says in other places brought into ours."""
        return in_our_places(body, self._access.settings.get("fields", {}))

    def _event_of(self, report: Mapping[str, Any], call_id: str | None) -> CallEvent | None:
        """A report as an event; None where it tells of no change, or of no status at all.

        That the person wants no more calls counts in whatever report it stands.
        """
        status = self._status_in(report)
        known = {
            "call_id": told(report, "call_id", str) or call_id or "",
            "at": asked_instant(report.get("at")) or self._access.now(),
            "carrier_call_id": told(report, "carrier_call_id", str),
            "transcript": transcript_of(report),
            "opts_out": flag(report, "do_not_call"),
            **analysis_in(told(report, "analysis", dict) or {}),
        }
        if not status or status in UNDER_WAY - {IN_PROGRESS}:
            wish = CallEvent(
                call_id=known["call_id"], kind=EventKind.ANALYSIS, at=known["at"], opts_out=True
            )
            return wish if known["opts_out"] else None
        if status == IN_PROGRESS:
            return CallEvent(kind=EventKind.IN_PROGRESS, **known)
        if status == ANALYSIS:
            return CallEvent(kind=EventKind.ANALYSIS, **known)
        return CallEvent(kind=EventKind.ENDED, **ended(report, status) | known)

    def _status_in(self, report: Mapping[str, Any]) -> str:
        """What its status means in our words; nothing where it has none."""
        word = told(report, "status", str) or ""
        meant: Mapping[str, str] = self._access.settings.get("words", {})
        return meant.get(word, normal_name(word))

    def _headers(self) -> dict[str, str]:
        """The account's own headers, filled with its secrets and nothing else.

        Raises:
            Missing: when one names a secret that the account has not.
        """
        known = {"secrets": {role: value or "" for role, value in self._secrets.items()}}
        own: Mapping[str, str] = self._access.settings.get("headers", {})
        told_so = {name: filled_text(text, known) for name, text in own.items()}
        return {"Content-Type": "application/json", **told_so}

    def _url(self, name: str, call: Call) -> str | None:
        """An address of the account's with the call's ids; None where it has no such address.

        Raises:
            Missing: when it names an id that got lost. With nothing in its place the address
                leads elsewhere, to all calls perhaps, and what is said there is not of this one.
        """
        template = self._access.settings.get(name)
        if template is None:
            return None
        known = {"call_id": call.call_id}
        if call.carrier_call_id is not None:
            known["carrier_call_id"] = call.carrier_call_id
        return filled_text(str(template), known, lambda text: quote(text, safe=""))


def ended(report: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What a report says of a call's end."""
    outcome = status if status in BUILT_IN or is_custom(status) else FAILED.outcome
    return {
        "outcome": outcome,
        "is_permanent": flag(report, "permanent"),
        "reason": told(report, "reason", str),
        "duration": seconds_in(report, "duration_s"),
        "cost": cost_in(told(report, "cost", dict)),
        "recording_url": told(report, "recording_url", str),
        "analysis_follows": flag(report, "analysis_follows"),
    }


def is_custom(status: str) -> bool:
    """Whether a word is an outcome of an agent's own: it says so, else any word would be one."""
    return status.startswith("custom_") and is_outcome_name(status)


def in_our_places(body: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """A report with what our format wants where it wants it."""
    if not isinstance(body, Mapping):
        raise TypeError("a report is an object")
    report = dict(body)
    for name, path in fields.items():
        try:
            report[name] = at(body, path)
        except Missing:
            report.pop(name, None)
    return report


def id_in(answer: Mapping[str, Any], path: str) -> str:
    """The carrier's id of a call, a number or a text."""
    try:
        found = at(answer, path)
    except Missing as missing:
        raise KeyError(path) from missing
    if isinstance(found, bool) or not isinstance(found, str | int) or not str(found):
        raise TypeError(path)
    return str(found)


def refusal_in(reply: Reply) -> Refusal:
    """Why a call is refused: a code of lower case letters, digits and _, as in our own errors."""
    error = plain(reply.body)["error"]
    code = told(error, "code", str) or ""
    reason = code if is_outcome_name(code) else f"http_{reply.status}"
    return Refusal(reason, is_permanent=flag(error, "permanent"))


def is_clear(reply: Reply) -> bool:
    """Whether somebody said that there is no such call, and not a machine between us."""
    try:
        return isinstance(plain(reply.body)["error"], Mapping)
    except UNREADABLE:
        return False


def first_of(headers: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of these headers that there is."""
    return next((headers[name] for name in names if name in headers), "")


def unit_of(stamp: str) -> int:
    """Milliseconds in one of a timestamp's units: those with so many digits count them."""
    return 1 if len(stamp) > len("1700000000") else 1000


def signature_of(key: str, text: bytes) -> bytes:
    """How it signs: over time, dot and body."""
    return b"sha256=" + hmac.new(key.encode(), text, sha256).hexdigest().encode()
