"""Each carrier as a workspace would set it up, and how it says yes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelibs.adapters.carriers.accounts import AccountCarriers
from chalicelibs.adapters.carriers.asking import Asks, Line
from chalicelibs.adapters.carriers.known import KnownCarriers
from chalicelibs.adapters.memory import MemoryAccounts, MemorySecrets, MemoryStore
from chalicelibs.api.carriers import account
from chalicelibs.domain.carrier_account import CarrierAccount
from chalicelibs.ports.carriers import Carrier, DialRequest
from tests.builders import NOON, WORKSPACE, an_agent
from tests.contract.carriers.loopback import raw

PUBLIC_URL = "https://carillon.test/api"
CALL_ID = "c3p8t6w2e9r4y7h5-t5d1g8j3k6z2b9s4-1"
TWILIO_SID, CALL_SID = "AC" + "a" * 32, "CA" + "c" * 32
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
PHONE, CALLER_ID = "+34600000001", "+34910000000"
SECRET = "the-secret"

#: So long that a slow machine answers; and so short that a test need not wait for what does not.
LIMIT_S, SHORT_S = 5.0, 0.25

REQUEST = DialRequest(
    call_id=CALL_ID,
    phone=PHONE,
    caller_id=CALLER_ID,
    agent=an_agent(
        ring_timeout=timedelta(seconds=30), max_duration=timedelta(seconds=600), voice={}
    ),
    prompt="Say hello to José & <friends>.",
    context={"name": "José", "order id": "7"},
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of carrier: how it is set up, and what it answers to a good request."""

    settings: Mapping[str, Any]
    accepted: tuple[int, Any]
    carrier_call_id: str
    address: str = "api_url"
    path: str = ""  #: Behind the address.
    headers: Mapping[str, str] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "twilio": Kind(
        settings={
            "account_sid": TWILIO_SID,
            "twiml": "<Response><Say>{{prompt}}</Say></Response>",
            "secrets": {"auth_token": "s"},
        },
        accepted=(201, {"sid": CALL_SID, "status": "queued"}),
        carrier_call_id=CALL_SID,
    ),
    "signalwire": Kind(
        settings={
            "project": "p-1",
            "url": "https://voice.test/laml",
            "secrets": {"api_token": "s"},
        },
        accepted=(201, {"sid": CALL_SID, "status": "queued"}),
        carrier_call_id=CALL_SID,
    ),
    "telnyx": Kind(
        settings={
            "connection_id": "123",
            "public_key": PUBLIC_KEY,
            "secrets": {"api_key": "s"},
        },
        accepted=(200, {"data": {"call_control_id": "v3:x", "is_alive": False}}),
        carrier_call_id="v3:x",
    ),
    "retell": Kind(
        settings={"agent_id": "agent_7", "secrets": {"api_key": "s"}},
        accepted=(201, {"call_id": "r-1", "call_status": "registered"}),
        carrier_call_id="r-1",
    ),
    "vapi": Kind(
        settings={
            "assistant_id": "a-1",
            "phone_number_ids": {CALLER_ID: "p-1"},
            "secrets": {"api_key": "s", "webhook_secret": "s"},
        },
        accepted=(201, {"id": "v-1", "status": "queued"}),
        carrier_call_id="v-1",
    ),
    "http": Kind(
        settings={
            "headers": {"Authorization": "Bearer {{secrets.key}}"},
            "secrets": {"webhook": "s", "key": "s"},
        },
        accepted=(201, {"id": "h-1"}),
        carrier_call_id="h-1",
        address="url",
        path="/calls",
    ),
}


def an_account(kind: str, address: str = "http://127.0.0.1:9", **settings: Any) -> CarrierAccount:
    """An account as the API would take it."""
    known = KINDS[kind]
    body = {"kind": kind, **known.settings, known.address: address + known.path, **settings}
    return account(raw(body), workspace_id=WORKSPACE, name="own")


def carrier(
    kind: str,
    address: str = "http://127.0.0.1:9",
    *,
    line: Asks | None = None,
    secret: str = SECRET,
    now: Callable[[], datetime] = lambda: NOON,
    **settings: Any,
) -> Carrier:
    """The adapter of this kind, wired as in service."""
    store = MemoryStore()
    accounts = MemoryAccounts(store)
    accounts.save(an_account(kind, address, **settings))
    found = AccountCarriers(
        accounts,
        MemorySecrets({(WORKSPACE, "s"): secret}),
        own=KnownCarriers({}),
        line=line or Line(allows_private=True, limit_s=LIMIT_S),
        public_url=PUBLIC_URL,
        now=now,
    ).get(WORKSPACE, "own")
    assert found is not None
    return found


def request(**changes: Any) -> DialRequest:
    return replace(REQUEST, **changes)


def webhook_url(*more: str) -> str:
    """Where reports go, as the carriers are told."""
    parts: Sequence[str] = (PUBLIC_URL, "webhooks", "own", WORKSPACE, *more)
    return "/".join(parts)
