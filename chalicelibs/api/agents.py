"""Agents and numbers as JSON."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, ConfigDict, Field

from chalicelibs.api.bodies import Body, Name, View, parse, unnamed
from chalicelibs.api.etags import check_unedited, etag_of
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.errors import Invalid, NotFound
from chalicelibs.domain.outcome import is_outcome_name
from chalicelibs.domain.phone import InvalidPhone, parse_phone

#: Letters in all messages of an agent together.
LONGEST_PROMPT = 20_000

#: What the settings of a voice may take as JSON.
MOST_VOICE_BYTES = 8 * 1024


def _check_outcomes(names: list[str]) -> list[str]:
    for name in names:
        if not is_outcome_name(name):
            raise ValueError("an outcome is written in lower case letters, digits and _")
    return names


def _check_voice(voice: dict[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(voice, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise ValueError("holds a number that JSON cannot write") from None
    if len(text.encode()) > MOST_VOICE_BYTES:
        raise ValueError(f"must take at most {MOST_VOICE_BYTES} bytes")
    return voice


CarrierName = Annotated[str, Field(min_length=1, max_length=50)]
Prompt = Annotated[
    str,
    Field(max_length=LONGEST_PROMPT, description="Another spelling for one single message."),
]
Message = Annotated[str, Field(min_length=1, max_length=LONGEST_PROMPT)]
Messages = Annotated[
    list[Message],
    Field(max_length=50, description="What the agent is told before it speaks, part by part."),
]
Voice = Annotated[
    dict[str, Any],
    AfterValidator(_check_voice),
    Field(description="Settings that the carrier gets as they are; at most 8 KiB of JSON."),
]
OutcomeNames = Annotated[list[str], AfterValidator(_check_outcomes), Field(max_length=50)]
#: US law asks for at least 15 s (47 CFR 64.1200(a)(6)); tests compress time.
RingTimeout = Annotated[float, Field(ge=1, le=600)]
MaxDuration = Annotated[float, Field(ge=1, le=4 * 3600)]


#: What an agent is told comes part by part or in one, not both.
EITHER = ConfigDict(
    json_schema_extra={
        "not": {
            "anyOf": [
                {"required": [messages, "prompt"]}
                for messages in ("system_messages", "systemMessages")
            ]
        }
    }
)


class NewAgent(Body):
    """The body of `POST /agents`."""

    model_config = EITHER

    name: Name
    carrier: CarrierName
    system_messages: Messages = Field(default_factory=list)
    prompt: Prompt = ""
    voice: Voice = Field(default_factory=dict)
    custom_outcomes: OutcomeNames = Field(default_factory=list)
    offers_callbacks: bool = True
    ring_timeout_s: RingTimeout = 45
    max_duration_s: MaxDuration = 900
    is_active: bool = True


class AgentChanges(Body):
    """The body of `PATCH /agents/{agent_id}`: what it does not name stays as it is."""

    model_config = EITHER

    name: Name = unnamed()
    carrier: CarrierName = unnamed()
    system_messages: Messages = unnamed()
    prompt: Prompt = unnamed()
    voice: Voice = unnamed()
    custom_outcomes: OutcomeNames = unnamed()
    offers_callbacks: bool = unnamed()
    ring_timeout_s: RingTimeout = unnamed()
    max_duration_s: MaxDuration = unnamed()
    is_active: bool = unnamed()


class NewNumber(Body):
    """The body of `POST /numbers`."""

    phone: str = Field(description="E.164, like +34600000000.")
    carrier: CarrierName
    name: Name | None = None
    has_outbound_trunk: bool = True


class NumberChanges(Body):
    """The body of `PATCH /numbers/{phone}`: what it does not name stays as it is."""

    carrier: CarrierName = unnamed()
    name: Name | None = unnamed()
    has_outbound_trunk: bool = unnamed()


class AgentView(View):
    """An agent."""

    id: str
    name: str
    carrier: str = Field(description="Whoever dials for it.")
    system_messages: list[str] = Field(description="What it is told before it speaks.")
    prompt: str = Field(description="All its messages, joined by a blank line.")
    variables: list[str] = Field(description="What the context of every contact must hold.")
    voice: dict[str, Any] = Field(description="Settings that the carrier gets as they are.")
    custom_outcomes: list[str] = Field(description="What its analysis of a call may report.")
    offers_callbacks: bool = Field(description="Whether a time a contact asks for is kept.")
    ring_timeout_s: float = Field(description="How long it lets a phone ring.")
    max_duration_s: float = Field(description="How long a conversation may last.")
    is_active: bool = Field(description="Whether it calls.")


class AgentsView(View):
    """The agents of a workspace."""

    agents: list[AgentView]


class NumberView(View):
    """A number to call from."""

    phone: str = Field(description="E.164.")
    carrier: str = Field(description="Whoever it belongs to.")
    name: str | None
    has_outbound_trunk: bool = Field(description="Whether calls can go out from it.")


class NumbersView(View):
    """The numbers of a workspace."""

    numbers: list[NumberView]


def new(raw: bytes, *, workspace_id: str, agent_id: str) -> Agent:
    """A new agent."""
    body = parse(NewAgent, raw)
    fresh = Agent(
        agent_id=agent_id, workspace_id=workspace_id, name=body.name, carrier=body.carrier
    )
    return replace(fresh, **_fields_of(body, NewAgent.model_fields.keys()))


def change(raw: bytes, if_match: str | None) -> Callable[[Agent], Agent]:
    """The change that a body makes to an agent, if that is still the one that was read."""
    body = parse(AgentChanges, raw)
    fields = _fields_of(body, body.model_fields_set)

    def changed(agent: Agent) -> Agent:
        check_unedited(if_match, tag(agent)["ETag"])
        return replace(agent, **fields)

    return changed


def _fields_of(body: NewAgent | AgentChanges, named: Iterable[str]) -> dict[str, Any]:
    """What a body says of these fields, as an agent keeps it."""
    given = {name: KEPT_AS[name](getattr(body, name)) for name in named if name in KEPT_AS}
    fields = {FIELDS.get(name, name): value for name, value in given.items()}
    if {"system_messages", "prompt"} & body.model_fields_set:
        fields["system_messages"] = _messages(body)
    return fields


def _messages(body: NewAgent | AgentChanges) -> tuple[str, ...]:
    """What the agent is told, in whichever of its spellings."""
    if {"system_messages", "prompt"} <= body.model_fields_set:
        raise Invalid("send either system_messages or prompt, its other spelling", "prompt")
    if "prompt" in body.model_fields_set:
        return (body.prompt,) if body.prompt else ()
    if len("\n\n".join(body.system_messages)) > LONGEST_PROMPT:
        message = f"must have at most {LONGEST_PROMPT} characters together"
        raise Invalid(message, "system_messages")
    return tuple(body.system_messages)


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def _same(value: Any) -> Any:
    return value


#: How an agent keeps what a body says of each field but its messages.
KEPT_AS: Mapping[str, Callable[[Any], Any]] = {
    "name": _same,
    "carrier": _same,
    "voice": _same,
    "custom_outcomes": frozenset,
    "offers_callbacks": _same,
    "ring_timeout_s": _seconds,
    "max_duration_s": _seconds,
    "is_active": _same,
}

#: Fields that are called otherwise inside.
FIELDS = {"ring_timeout_s": "ring_timeout", "max_duration_s": "max_duration"}


def new_number(raw: bytes, *, workspace_id: str) -> Number:
    """A new number."""
    body = parse(NewNumber, raw)
    fields = body.model_dump() | {"phone": parse_phone(body.phone)}
    return Number(workspace_id=workspace_id, **fields)


def change_number(raw: bytes) -> Callable[[Number], Number]:
    """The change that a body makes to a number."""
    fields = parse(NumberChanges, raw).model_dump(exclude_unset=True)
    return lambda number: replace(number, **fields)


def phone_in(path: str) -> str:
    """The number in a path, its `+` percent-encoded or not.

    Raises:
        NotFound: as for any other number that is not there.
    """
    text = unquote(path)
    try:
        return parse_phone(text)
    except InvalidPhone:
        raise NotFound("number", text, "phone") from None


def tag(agent: Agent) -> Mapping[str, str]:
    """The header that says which reading of an agent this is."""
    shown = view(agent).to_json()
    return {"ETag": etag_of({name: shown[name] for name in AgentChanges.model_fields})}


def view(agent: Agent) -> AgentView:
    """An agent."""
    return AgentView(
        id=agent.agent_id,
        name=agent.name,
        carrier=agent.carrier,
        system_messages=list(agent.system_messages),
        prompt=agent.prompt,
        variables=list(agent.needed_variables),
        voice=dict(agent.voice),
        custom_outcomes=sorted(agent.custom_outcomes),
        offers_callbacks=agent.offers_callbacks,
        ring_timeout_s=agent.ring_timeout.total_seconds(),
        max_duration_s=agent.max_duration.total_seconds(),
        is_active=agent.is_active,
    )


def list_view(agents: Iterable[Agent]) -> AgentsView:
    """The agents of a workspace."""
    return AgentsView(agents=[view(agent) for agent in agents])


def number_view(number: Number) -> NumberView:
    """A number."""
    return NumberView(
        phone=number.phone,
        carrier=number.carrier,
        name=number.name,
        has_outbound_trunk=number.has_outbound_trunk,
    )


def numbers_view(numbers: Iterable[Number]) -> NumbersView:
    """The numbers of a workspace."""
    return NumbersView(numbers=[number_view(number) for number in numbers])
