"""The body of a create request, parsed once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


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

    @property
    def has_valid_number(self) -> bool:
        """Whether the number could exist (E.164)."""
        return _E164.fullmatch(self.to) is not None


_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def parse_call_request(body: object) -> CallRequest:
    """Parse the body; `prompt` and `context` are checked and then ignored: nobody speaks here."""
    if not isinstance(body, dict):
        raise MalformedRequest("the body must be a JSON object")
    _check_prompt(body.get("prompt"))
    if not isinstance(body.get("context") or {}, dict):
        raise MalformedRequest("context must be an object")
    return CallRequest(
        correlation_id=_text(body, "correlation_id"),
        to=_text(body, "to"),
        caller_id=_text(body, "from"),
        agent=_text(body, "agent"),
        webhook_url=_url(body, "webhook_url"),
        ring_timeout_ms=_duration(body, "ring_timeout_ms"),
        max_duration_ms=_duration(body, "max_duration_ms"),
    )


def _check_prompt(prompt: object) -> None:
    if prompt is None:
        return
    if not isinstance(prompt, list) or not all(isinstance(line, str) for line in prompt):
        raise MalformedRequest("prompt must be a list of strings or null")


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
