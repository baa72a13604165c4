"""The carriers that a workspace brings, as JSON."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from chalicelibs.api.bodies import At, Body, View, parse
from chalicelibs.api.errors import Malformed
from chalicelibs.api.relaxed import json_of
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind, CarrierState
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import is_outcome_name
from chalicelibs.domain.places import MOST_DEPTH, is_deep, places
from chalicelibs.use_cases.manage_carriers import CarrierReading

#: What a template of a body may take as JSON.
MOST_BODY_BYTES = 16 * 1024

#: Letters of what stands under no name of ours: a header, a role, a carrier's own word.
LONGEST_NAME = 100

#: Letters of a header's value, before it is filled.
LONGEST_HEADER = 2_000

#: Bytes of an Ed25519 public key.
PUBLIC_KEY_BYTES = 32

#: What a carrier is called: it stands in the addresses of its reports.
NAME = r"[a-z][a-z0-9_-]{0,39}"

#: The role of the secret that signs reports where no kind says otherwise.
SIGNING = "webhook"

#: What is in the name of a header that holds a credential: those must not stand in the table.
CREDENTIAL = ("auth", "key", "token", "secret", "cookie", "password", "signature")

#: What the addresses at which a call is asked for, or taken back, may name.
IDS = ("call_id", "carrier_call_id")

NAME_RULE = "must be up to 40 lower case letters, digits, - and _, and begin with a letter"


def _check_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise ValueError("must be an address like https://api.example.com/calls, without a user")
    if parts.fragment:
        raise ValueError("must not have a fragment")
    return value


def _check_root(value: str) -> str:
    return _check_url(value).rstrip("/")


def _check_public_keys(value: str) -> str:
    for one in value.split():
        try:
            key = b64decode(one, validate=True)
        except ValueError:
            key = b""
        if len(key) != PUBLIC_KEY_BYTES:
            raise ValueError("must be a public key in base64, as the portal shows it")
    return value


def _check_body(value: dict[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        raise ValueError("holds a number that JSON cannot write") from None
    if len(text.encode()) > MOST_BODY_BYTES:
        raise ValueError(f"must take at most {MOST_BODY_BYTES} bytes")
    if is_deep(value):
        raise ValueError(f"must be at most {MOST_DEPTH} deep")
    return value


def _check_names(value: dict[str, str]) -> dict[str, str]:
    if not all(0 < len(name) <= LONGEST_NAME for name in value):
        raise ValueError(f"each name in it must have 1 to {LONGEST_NAME} letters")
    return value


def _check_headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not name.isascii() or not name.replace("-", "").isalnum():
            raise ValueError("a header's name has letters, digits and - only")
        if len(text) > LONGEST_HEADER:
            raise ValueError(f"a header's value may have {LONGEST_HEADER} letters")
        if not text.isascii() or not text.isprintable():
            raise ValueError("a header's value must be plain text of one line")
        if any(word in name.lower() for word in CREDENTIAL) and "{{" not in text:
            raise ValueError("store this as a secret and name it: {{secrets.api_key}}")
    return value


def _check_roles(roles: dict[str, str]) -> dict[str, str]:
    if SIGNING not in roles:
        raise ValueError(f"must name the one that signs reports, as `{SIGNING}`")
    return roles


def _check_words(value: dict[str, str]) -> dict[str, str]:
    for outcome in value.values():
        if not is_outcome_name(outcome):
            raise ValueError("each word must stand for an outcome, in_progress or ignored")
    return value


Url = Annotated[
    str, Field(min_length=1, max_length=500), AfterValidator(_check_url), WithJsonSchema(
        {"type": "string", "format": "uri", "maxLength": 500, "minLength": 1}
    )
]  # fmt: skip
Root = Annotated[
    str, Field(min_length=1, max_length=200), AfterValidator(_check_root), WithJsonSchema(
        {"type": "string", "format": "uri", "maxLength": 200, "minLength": 1}
    )
]  # fmt: skip
SecretName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$",
        description="What the secret is kept under; never the secret itself.",
    ),
]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Twiml = Annotated[str, Field(min_length=1, max_length=4000)]


class TwilioSecrets(Body):
    """What the secrets of an account with Twilio are kept under."""

    auth_token: SecretName
    api_key_secret: SecretName | None = None


class TwilioCarrier(Body):
    """An account with Twilio."""

    kind: Literal["twilio"]
    account_sid: Annotated[str, Field(pattern="^AC[0-9a-fA-F]{32}$")]
    api_key_sid: Annotated[str, Field(pattern="^SK[0-9a-fA-F]{32}$")] | None = None
    url: Url | None = Field(None, description="Where TwiML is had once somebody answers.")
    twiml: Twiml | None = Field(None, description="Or TwiML with places, like `{{prompt}}`.")
    machine_detection: Literal["Enable", "DetectMessageEnd"] | None = None
    records: bool = False
    api_url: Root = "https://api.twilio.com"
    secrets: TwilioSecrets


class SignalWireSecrets(Body):
    """What the secrets of a project at SignalWire are kept under."""

    api_token: SecretName
    signing_key: SecretName | None = None


class SignalWireCarrier(Body):
    """A project at SignalWire."""

    kind: Literal["signalwire"]
    project: Word
    api_url: Root = Field(description="Of the space, like https://example.signalwire.com.")
    url: Url | None = None
    twiml: Twiml | None = None
    machine_detection: Literal["Enable", "DetectMessageEnd"] | None = None
    records: bool = False
    secrets: SignalWireSecrets


class TelnyxSecrets(Body):
    """What the secrets of an account with Telnyx are kept under."""

    api_key: SecretName


class TelnyxCarrier(Body):
    """A Call Control application at Telnyx."""

    kind: Literal["telnyx"]
    connection_id: Word
    public_key: Annotated[
        str, Field(min_length=1, max_length=200), AfterValidator(_check_public_keys)
    ]
    assistant_id: Word | None = None
    machine_detection: (
        Literal["premium", "detect", "detect_beep", "detect_words", "greeting_end"] | None
    ) = None
    records: bool = False
    api_url: Root = "https://api.telnyx.com"
    secrets: TelnyxSecrets


class RetellSecrets(Body):
    """What the secrets of a workspace at Retell are kept under."""

    api_key: SecretName
    webhook_key: SecretName | None = Field(
        None, description="The key with the webhook badge, where it is another."
    )


class RetellCarrier(Body):
    """A workspace at Retell."""

    kind: Literal["retell"]
    agent_id: Word | None = Field(None, description="Who speaks, unless our agent says.")
    honors_internal_dnc: bool = True
    api_url: Root = "https://api.retellai.com"
    secrets: RetellSecrets


class VapiSecrets(Body):
    """What the secrets of an organisation at Vapi are kept under."""

    api_key: SecretName
    webhook_secret: SecretName


class VapiCarrier(Body):
    """An organisation at Vapi."""

    kind: Literal["vapi"]
    assistant_id: Word | None = Field(None, description="Who speaks, unless our agent says.")
    phone_number_ids: Annotated[
        dict[str, Word], Field(min_length=1, max_length=100), AfterValidator(_check_names)
    ] = Field(description="What Vapi calls each of your numbers.")
    credential_id: Word | None = Field(
        None, description="A credential that signs reports (HMAC); else they carry the secret."
    )
    api_url: Root = "https://api.vapi.ai"
    secrets: VapiSecrets


class HttpCarrier(Body):
    """Anybody who takes and sends JSON; see docs/carriers.md."""

    kind: Literal["http"]
    url: Url = Field(description="Where a call is asked for.")
    headers: Annotated[
        dict[str, str], AfterValidator(_check_names), AfterValidator(_check_headers)
    ] = Field(
        default_factory=dict, max_length=20, description="With places, like `{{secrets.api_key}}`."
    )
    body: Annotated[dict[str, Any], AfterValidator(_check_body)] | None = Field(
        None, description="With places, like `{{to}}`; left out: our own format."
    )
    id_field: Word = Field("id", description="Where the answer holds the carrier's id of a call.")
    status_url: Url | None = Field(None, description="With `{{call_id}}`, `{{carrier_call_id}}`.")
    cancel_url: Url | None = Field(None, description="Where a call that waits is taken back.")
    fields: Annotated[dict[str, Word], AfterValidator(_check_names)] = Field(
        default_factory=dict,
        max_length=20,
        description="Where reports hold what our format calls otherwise, like `message.call.id`.",
    )
    words: Annotated[
        dict[str, str], AfterValidator(_check_names), AfterValidator(_check_words)
    ] = Field(default_factory=dict, max_length=100, description="What its words mean in ours.")
    secrets: Annotated[
        dict[str, SecretName], AfterValidator(_check_names), AfterValidator(_check_roles)
    ] = Field(
        max_length=10,
        description="`webhook` signs its reports; others by whatever name headers use.",
    )


MODELS: Mapping[str, type[Body]] = {
    CarrierKind.TWILIO: TwilioCarrier,
    CarrierKind.SIGNALWIRE: SignalWireCarrier,
    CarrierKind.TELNYX: TelnyxCarrier,
    CarrierKind.RETELL: RetellCarrier,
    CarrierKind.VAPI: VapiCarrier,
    CarrierKind.HTTP: HttpCarrier,
}


class CarrierView(View):
    """A carrier that a workspace brings."""

    name: str = Field(description="By which agents and numbers name it.")
    kind: CarrierKind
    settings: dict[str, Any] = Field(description="As they were set.")
    secrets: dict[str, str] = Field(description="What its secrets are kept under.")
    webhook_url: str = Field(description="Where its reports go; most are told with each call.")
    state: CarrierState = Field(
        description="`ready`; `resting`: not reached or full, asked again by itself; `paused`: "
        "our credentials were refused again and again, nobody is called until it is resumed."
    )
    reason: str | None = Field(description="Why our credentials were refused of late.")
    denials: int = Field(description="How often, one time after the other.")
    rests_until: At | None


class CarriersView(View):
    """The carriers that a workspace brings, by name."""

    carriers: list[CarrierView]


def account(raw: bytes, *, workspace_id: str, name: str) -> CarrierAccount:
    """A carrier as a body sets it up.

    Raises:
        Invalid: naming what is wrong.
    """
    if not re.fullmatch(NAME, name):
        raise Invalid(NAME_RULE, "name")
    kind = kind_in(raw)
    model = parse(MODELS[kind], raw)
    if isinstance(model, HttpCarrier):
        check_places(model)
    body = model.model_dump(exclude={"kind"})
    secrets = {role: one for role, one in body.pop("secrets").items() if one is not None}
    return CarrierAccount(
        workspace_id=workspace_id,
        name=name,
        kind=CarrierKind(kind),
        settings={name: value for name, value in body.items() if value is not None},
        secrets=secrets,
    )


def check_places(model: HttpCarrier) -> None:
    """Refuse what could be filled for no call: it would show only when the first is asked for.

    Raises:
        Invalid: naming the field, the place and what it could be.
    """
    roles = [f"secrets.{role}" for role in model.secrets]
    for name, text in model.headers.items():
        check_named(text, roles, f"headers.{name}")
    check_named(model.status_url or "", IDS, "status_url")
    check_named(model.cancel_url or "", IDS, "cancel_url")


def check_named(template: str, known: Iterable[str], field: str) -> None:
    """Refuse a template that names what is not known where it is filled.

    Raises:
        Invalid: naming the field, the place and what it could be.
    """
    for place in places(template):
        if place not in known:
            listed = ", ".join(sorted(known))
            raise Invalid(f"{{{{{place}}}}} is not known here; known are {listed}", field)


def kind_in(raw: bytes) -> str:
    """Which kind of carrier a body is about.

    Raises:
        Malformed: when it is no object.
        Invalid: when it names none that there is.
    """
    if not raw:
        raise Malformed("send a body: a JSON object")
    try:
        body = json.loads(json_of(raw))
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Malformed("the body must be a JSON object")
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in MODELS:
        raise Invalid(f"must be one of {', '.join(sorted(MODELS))}", "kind")
    return kind


def view(reading: CarrierReading) -> CarrierView:
    """A carrier."""
    account, denials = reading.account, reading.denials
    return CarrierView(
        name=account.name,
        kind=account.kind,
        settings=dict(account.settings),
        secrets=dict(account.secrets),
        webhook_url=reading.webhook_url,
        state=reading.state,
        reason=denials.reason if denials else None,
        denials=denials.times if denials else 0,
        rests_until=reading.rest.until if reading.rest else None,
    )


def list_view(readings: Iterable[CarrierReading]) -> CarriersView:
    """The carriers of a workspace."""
    return CarriersView(carriers=[view(one) for one in readings])
