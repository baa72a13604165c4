"""Templates of a workspace's own, filled with what is known of a call, in one pass."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.places import MOST_DEPTH, PLACE
from chalicelibs.ports.carriers import DialRequest


class Missing(Exception):
    """A call cannot be asked for as the account is set up; `reason` says why in a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def known_of(request: DialRequest, **more: Any) -> dict[str, Any]:
    """All that a template can name."""
    agent = request.agent
    return {
        "call_id": request.call_id,
        "to": request.phone,
        "from": request.caller_id,
        "prompt": request.prompt,
        "context": dict(request.context),
        "agent": {"id": agent.agent_id, "name": agent.name},
        "voice": dict(agent.voice),
        "ring_timeout_s": agent.ring_timeout // SECOND,
        "max_duration_s": agent.max_duration // SECOND,
        **more,
    }


def fill(template: str, request: DialRequest, *, written: Callable[[str], str] = str) -> str:
    """A text with its places filled; what is put in is never looked at again.

    Raises:
        Missing: when it names what is not there.
    """
    return filled_text(template, known_of(request), written)


def filled_text(
    template: str, known: Mapping[str, Any], written: Callable[[str], str] = str
) -> str:
    """The same, with what is known already.

    Raises:
        Missing: when it names what is not there.
    """
    return PLACE.sub(lambda place: written(str(at(known, place[1]))), template)


def filled(template: Any, known: Mapping[str, Any], depth: int = MOST_DEPTH) -> Any:
    """JSON with its places filled; a text that is one place becomes what stands there, whole.

    Raises:
        Missing: when it names what is not there, or is too deep.
    """
    if depth == 0:
        raise Missing("body_too_deep")
    if isinstance(template, Mapping):
        return {name: filled(one, known, depth - 1) for name, one in template.items()}
    if isinstance(template, list):
        return [filled(one, known, depth - 1) for one in template]
    if not isinstance(template, str):
        return template
    whole = PLACE.fullmatch(template)
    return at(known, whole[1]) if whole else filled_text(template, known)


def at(known: Mapping[str, Any], path: str) -> Any:
    """What stands at a path like `context.name`; the name at its end may have dots, too.

    Raises:
        Missing: when nothing does.
    """
    found: Any = known
    rest = path
    while isinstance(found, Mapping):
        if rest in found:
            return found[rest]
        step, _, rest = rest.partition(".")
        found = found.get(step)
    raise Missing(f"nothing_to_fill_{path}"[:60])
