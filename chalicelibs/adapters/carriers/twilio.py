"""Twilio's Programmable Voice, and SignalWire, which speaks its language at another address.

A call carries nothing of ours that comes back, so the address of its reports names it, and that is
signed. Twilio lets calls wait when more are asked for than it may start, up to a day: see
`withdraw`.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha1
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode
from xml.sax.saxutils import escape

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.answers import Refusal, ask_to_place, asked, replied
from chalicelibs.adapters.carriers.asking import Reply
from chalicelibs.adapters.carriers.filling import Missing, fill
from chalicelibs.adapters.carriers.reading import UNREADABLE, needed, plain, told
from chalicelibs.adapters.carriers.signatures import check
from chalicelibs.adapters.carriers.twilio_reports import (
    check_body,
    event_of,
    is_since,
    signature_of,
    spellings_of,
    state_of,
)
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.instants import SECOND
from chalicelibs.ports.carriers import (
    CannotSay,
    Denied,
    DialRequest,
    FetchAnswer,
    Forged,
    PlaceAnswer,
    Refused,
    TooLate,
    Webhook,
    WithdrawAnswer,
    Withdrawn,
)

FORM = "application/x-www-form-urlencoded"

#: How often, and when, Twilio sends a report again: without this a 5xx of ours loses it.
DELIVERY = "#rc=5&rp=all"

#: Longer documents are refused there.
LONGEST_TWIML = 4000

#: Codes of numbers that no retry can reach: invalid, unreachable, blocked.
BAD_NUMBERS = frozenset({13224, 21211, 21214, 21217, 21265})

#: Codes of an account that has as many calls as it may, or asks too often.
FULL = frozenset({10004, 20429})


class Dialect(NamedTuple):
    """In what SignalWire differs from Twilio."""

    url: str  #: Of the account.
    user: str
    password: str | None
    headers: tuple[str, ...]  #: In which a signature may come.
    signing: Sequence[str]  #: Secrets that sign.


class Twilio:
    """One account with Twilio."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._dialect = self._own()

    def _own(self) -> Dialect:
        access, settings = self._access, self._access.settings
        key, account = settings.get("api_key_sid"), str(settings["account_sid"])
        return Dialect(
            url=f"{settings['api_url']}/2010-04-01/Accounts/{account}",
            user=str(key or account),
            password=access.secret("api_key_secret" if key else "auth_token"),
            headers=("x-twilio-signature",),
            signing=access.secrets.get("auth_token", ()),
        )

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        if self._dialect.password is None:
            return Denied("secret_missing")
        try:
            form = self._form(request)
        except Missing as missing:
            return Refused(missing.reason)
        return ask_to_place(
            self._access,
            f"{self._dialect.url}/Calls.json",
            headers={**self._headers(), "Content-Type": FORM},
            body=urlencode(form).encode(),
            id_in=lambda answer: needed(answer, "sid", str),
            refusal_in=refusal_in,
        )

    def _form(self, request: DialRequest) -> list[tuple[str, str]]:
        settings = self._access.settings
        reports = f"{self._access.webhook_url}/{request.call_id}{DELIVERY}"
        form = [
            ("To", request.phone),
            ("From", request.caller_id),
            what_to_do(settings, request),
            ("Timeout", str(max(1, request.agent.ring_timeout // SECOND))),
            ("TimeLimit", str(max(1, request.agent.max_duration // SECOND))),
            ("StatusCallback", reports),
            ("StatusCallbackMethod", "POST"),
            # A key for each: joined in one they are taken for one event that does not exist.
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
        ]
        if settings.get("machine_detection"):
            form += [
                ("MachineDetection", str(settings["machine_detection"])),
                ("AsyncAmd", "true"),  # else a person hears nothing until it is known
                ("AsyncAmdStatusCallback", reports),
                ("AsyncAmdStatusCallbackMethod", "POST"),
            ]
        if settings.get("records"):
            form += [("Record", "true"), ("RecordingStatusCallback", reports)]
        return form

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port. What it shows may be old, so that nothing is there says nothing."""
        if call.carrier_call_id is None:
            return self._search(call)
        reply = asked(self._access, self._url_of(call.carrier_call_id), headers=self._headers())
        try:
            return self._state_of(call, plain(reply.body)) if reply else CannotSay()
        except UNREADABLE:
            return CannotSay()

    def _state_of(self, call: Call, shown: Mapping[str, Any]) -> FetchAnswer:
        return state_of(call, shown, self._access.now())

    def _search(self, call: Call) -> FetchAnswer:
        """A call whose id got lost: the only one between these numbers since it was dialled."""
        wanted = urlencode({"To": call.phone or "", "From": call.caller_id or "", "PageSize": 20})
        url = f"{self._dialect.url}/Calls.json?{wanted}"
        reply = asked(self._access, url, headers=self._headers())
        try:
            found = plain(reply.body)["calls"] if reply else []
            ours = [one for one in found if is_since(one, call)]
            return self._state_of(call, ours[0]) if len(ours) == 1 else CannotSay()
        except UNREADABLE:
            return CannotSay()

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """See the port."""
        if call.carrier_call_id is None:
            return CannotSay()
        url = self._url_of(call.carrier_call_id)
        reply = asked(self._access, url, headers=self._headers())
        try:
            status = needed(plain(reply.body), "status", str) if reply else None
        except UNREADABLE:
            status = None
        if status is None:
            return CannotSay()
        if status == "canceled":
            return Withdrawn()
        return self._cancel(url) if status == "queued" else TooLate()

    def _cancel(self, url: str) -> WithdrawAnswer:
        headers = {**self._headers(), "Content-Type": FORM}
        reply = replied(self._access, "POST", url, headers=headers, body=b"Status=canceled")
        try:
            status = needed(plain(reply.body), "status", str) if reply else None
        except UNREADABLE:
            status = None
        return Withdrawn() if status == "canceled" else CannotSay()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port. Its signature holds no time: what comes again changes nothing."""
        form = parse_qs(webhook.body.decode(errors="replace"), keep_blank_values=True)
        self._check_signature(webhook, form)
        fields = {name: values[-1] for name, values in form.items()}
        if webhook.call_id is None or not self._is_own(fields):
            raise Forged("the report is of another account, or names no call")
        try:
            return event_of(webhook.call_id, fields, self._access.now())
        except UNREADABLE as error:
            raise Forged("the body is not a report of this carrier") from error

    def _check_signature(self, webhook: Webhook, form: Mapping[str, Sequence[str]]) -> None:
        names = self._dialect.headers
        signature = next((webhook.headers[one] for one in names if one in webhook.headers), "")
        is_json = webhook.headers.get("content-type", "").startswith("application/json")
        if is_json:
            check_body(webhook)
        good = [
            expected
            for key in self._dialect.signing
            for url in spellings_of(webhook.url, webhook.called_url)
            for expected in self._signatures(key, url, {} if is_json else form, webhook.body)
        ]
        check(signature, good)

    def _signatures(
        self,
        key: str,
        url: str,
        form: Mapping[str, Sequence[str]],
        body: bytes,  # noqa: ARG002 - SignalWire signs it
    ) -> Iterator[bytes]:
        yield signature_of(key, url, form)

    def _is_own(self, fields: Mapping[str, str]) -> bool:
        return fields.get("AccountSid") == str(self._access.settings["account_sid"])

    def _url_of(self, sid: str) -> str:
        return f"{self._dialect.url}/Calls/{sid}.json"

    def _headers(self) -> dict[str, str]:
        pair = f"{self._dialect.user}:{self._dialect.password or ''}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}


class SignalWire(Twilio):
    """One project at SignalWire."""

    def _own(self) -> Dialect:
        access, settings = self._access, self._access.settings
        signing = access.secrets.get("signing_key") or access.secrets.get("api_token", ())
        project = str(settings["project"])
        return Dialect(
            url=f"{settings['api_url']}/api/laml/2010-04-01/Accounts/{project}",
            user=project,
            password=access.secret("api_token"),
            headers=("x-signalwire-signature", "x-twilio-signature"),
            signing=signing,
        )

    def _signatures(
        self, key: str, url: str, form: Mapping[str, Sequence[str]], body: bytes
    ) -> Iterator[bytes]:
        yield signature_of(key, url, form)
        # Beside Twilio's way it has one of its own: over the body as it came.
        yield hmac.new(key.encode(), url.encode() + body, sha1).hexdigest().encode()

    def _is_own(self, fields: Mapping[str, str]) -> bool:
        return fields.get("AccountSid") == str(self._access.settings["project"])


def what_to_do(settings: Mapping[str, Any], request: DialRequest) -> tuple[str, str]:
    """What the carrier does once somebody answers: a document of its own, or where it is had.

    Raises:
        Missing: when neither is set, or the document is too long with what it is filled with.
    """
    voice = request.agent.voice
    settings = voice if voice.get("twiml") or voice.get("url") else settings
    if template := settings.get("twiml"):
        document = fill(str(template), request, written=as_xml)
        if len(document) > LONGEST_TWIML:
            raise Missing("twiml_too_long")
        return "Twiml", document
    if url := settings.get("url"):
        return "Url", str(url)
    raise Missing("no_twiml_and_no_url")


QUOTES = {'"': "&quot;", "'": "&apos;"}

#: What no XML may hold, not even escaped: one such letter of a contact's would spoil the document.
NO_XML = re.compile("[^\\t\\n\\r -\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def as_xml(text: str) -> str:
    """A text as it stands in a document, whatever it holds."""
    return escape(NO_XML.sub("", text), QUOTES)


def refusal_in(reply: Reply) -> Refusal:
    """Why Twilio will not place a call: a code, for its message repeats the number."""
    code = told(plain(reply.body), "code", int)
    reason = f"http_{reply.status}" if code is None else f"twilio_{code}"
    return Refusal(reason, is_permanent=code in BAD_NUMBERS, is_full=code in FULL)
