"""The body of a create request, parsed once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final


class MalformedRequest(ValueError):
    """The body is not what `POST /calls` takes: the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What the caller asks for."""

    correlation_id: str
    to: str
    caller_id: str
    agent: str
    webhook_url: str
    ring_timeout_ms: int
    max_duration_ms: int
    #: What the agent is told, and how it is to sound: journaled, for nobody speaks here.
    prompt: Sequence[str] = ()
    voice: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_valid_number(self) -> bool:
        """Whether the number could exist (E.164)."""
        return is_number(self.to)


_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def is_number(text: str) -> bool:
    """Whether this could be a number (E.164)."""
    return _E164.fullmatch(text) is not None


def parse_call_request(body: object) -> CallRequest:
    """Parse the body; `context` is checked and then ignored."""
    if not isinstance(body, dict):
        raise MalformedRequest("the body must be a JSON object")
    _object(body, "context")
    return CallRequest(
        correlation_id=_text(body, "correlation_id"),
        to=_text(body, "to"),
        caller_id=_text(body, "from"),
        agent=_text(body, "agent"),
        webhook_url=_url(body, "webhook_url"),
        ring_timeout_ms=_duration(body, "ring_timeout_ms"),
        max_duration_ms=_duration(body, "max_duration_ms"),
        prompt=_prompt(body),
        voice=_object(body, "voice"),
    )


def _prompt(body: Mapping[str, object]) -> Sequence[str]:
    prompt = body.get("prompt")
    if prompt is None:
        return ()
    if not isinstance(prompt, list) or not all(isinstance(line, str) for line in prompt):
        raise MalformedRequest("prompt must be a list of strings or null")
    return prompt


def _object(body: Mapping[str, object], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    return value


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedRequest(f"{name} must be a string that is not empty")
    return value


def _url(body: Mapping[str, object], name: str) -> str:
    value = _text(body, name)
    if not value.startswith(("http://", "https://")):
        raise MalformedRequest(f"{name} must be an http or https URL")
    return value


def _duration(body: Mapping[str, object], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise MalformedRequest(f"{name} must be a whole number of milliseconds above 0")
    return value
