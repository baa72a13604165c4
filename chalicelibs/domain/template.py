"""Prompts with places for a contact's context: `{{ name }}` and `${name}`, filled in one pass.

Values are never expanded again, so a contact called `{{secret}}` stays called that.
"""

import re
from collections.abc import Iterable, Mapping

from chalicelibs.domain.errors import Invalid

#: A name is anything without braces or line ends: column headers have spaces. `$5` is a price.
NAME = r"\s*([^{}\s](?:[^{}\r\n]*[^{}\s])?)\s*"

#: Letters of a prompt that is filled in: a few places of long values would outgrow any memory.
LONGEST = 100_000

PLACE = re.compile(rf"\{{\{{{NAME}\}}\}}|\$\{{{NAME}\}}")


class TooLong(Invalid):
    """What a template becomes with a contact's context is more than can be told to an agent."""

    def __init__(self) -> None:
        super().__init__(f"the prompt may have {LONGEST} letters once it is filled in", "context")


class MissingVariables(Invalid):
    """A contact's context lacks variables that the agent's prompt needs."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        listed = ", ".join(self.names)
        super().__init__(f"the agent's prompt needs {listed}: add it to the context", "context")


def variables(template: str) -> tuple[str, ...]:
    """The names a template needs, in order of first use."""
    names = (match[1] or match[2] for match in PLACE.finditer(template))
    return tuple(dict.fromkeys(names))


def require(needed: Iterable[str], context: Mapping[str, str]) -> None:
    """Refuse a context that lacks a needed variable.

    Raises:
        MissingVariables: naming all of them.
    """
    missing = [name for name in needed if name not in context]
    if missing:
        raise MissingVariables(missing)


def render(template: str, context: Mapping[str, str]) -> str:
    """The template with each place filled.

    Raises:
        MissingVariables: when the context lacks one.
        TooLong: when that would be too much.
    """
    require(variables(template), context)
    values = (len(context[match[1] or match[2]]) for match in PLACE.finditer(template))
    if len(template) + sum(values) > LONGEST:
        raise TooLong
    return PLACE.sub(lambda match: context[match[1] or match[2]], template)
