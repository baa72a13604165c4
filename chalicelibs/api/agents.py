"""Agents and numbers as JSON."""

from datetime import timedelta

from pydantic import Field, field_validator

from chalicelibs.api.bodies import Body, parse
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.outcome import is_outcome_name
from chalicelibs.domain.phone import parse_phone


class NewAgent(Body):
    """The body of `POST /agents`."""

    name: str = Field(min_length=1, max_length=200)
    carrier: str = Field(min_length=1, max_length=50)
    prompt: str = Field("", max_length=20_000)
    custom_outcomes: list[str] = Field(default_factory=list, max_length=50)
    #: US law asks for at least 15 s (47 CFR 64.1200(a)(6)); tests compress time.
    ring_timeout_s: float = Field(45, ge=1, le=600)
    max_duration_s: float = Field(900, ge=1, le=4 * 3600)
    is_active: bool = True

    @field_validator("custom_outcomes")
    @classmethod
    def _check_names(cls, names: list[str]) -> list[str]:
        for name in names:
            if not is_outcome_name(name):
                raise ValueError("an outcome is written in lower case letters, digits and _")
        return names


class NewNumber(Body):
    """The body of `POST /numbers`."""

    phone: str
    carrier: str = Field(min_length=1, max_length=50)


def new(raw: bytes, *, workspace_id: str, agent_id: str) -> Agent:
    """A new agent."""
    body = parse(NewAgent, raw)
    return Agent(
        agent_id=agent_id,
        workspace_id=workspace_id,
        name=body.name,
        carrier=body.carrier,
        prompt=body.prompt,
        custom_outcomes=frozenset(body.custom_outcomes),
        ring_timeout=timedelta(seconds=body.ring_timeout_s),
        max_duration=timedelta(seconds=body.max_duration_s),
        is_active=body.is_active,
    )


def new_number(raw: bytes, *, workspace_id: str) -> Number:
    """A new number."""
    body = parse(NewNumber, raw)
    return Number(phone=parse_phone(body.phone), workspace_id=workspace_id, carrier=body.carrier)


def view(agent: Agent) -> dict[str, object]:
    """An agent."""
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "carrier": agent.carrier,
        "prompt": agent.prompt,
        "variables": list(agent.needed_variables),
        "custom_outcomes": sorted(agent.custom_outcomes),
        "ring_timeout_s": agent.ring_timeout.total_seconds(),
        "max_duration_s": agent.max_duration.total_seconds(),
        "is_active": agent.is_active,
    }


def number_view(number: Number) -> dict[str, object]:
    """A number."""
    return {"phone": number.phone, "carrier": number.carrier}
