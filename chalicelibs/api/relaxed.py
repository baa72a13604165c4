"""JSON as people paste it: with `// comments`, and commas before a closing bracket."""

import re

from pydantic_core import from_json

#: People paste less. Larger bodies are written by programs, and would take seconds here.
MOST_BYTES = 64 * 1024

#: A text, closed or not: what stands in it is left alone. Possessive, so no body takes long.
_TEXT = rb'"(?:[^"\\]++|\\.)*+"?'

_COMMENT = re.compile(rb"(" + _TEXT + rb")|//[^\r\n]*+", re.DOTALL)

#: A comma that follows a value and no comma, with nothing but a closing bracket after it.
_COMMA = re.compile(
    rb"(" + _TEXT + rb"|[\[{:,]\s*+,)|,(?=\s*+[\]}])",
    re.DOTALL,
)


def json_of(raw: bytes) -> bytes:
    """The body as it is where it is JSON, else without what people add to it.

    It may still not be JSON.
    """
    try:
        from_json(raw)
    except ValueError:
        return without_extras(raw) if len(raw) <= MOST_BYTES else raw
    return raw


def without_extras(raw: bytes) -> bytes:
    """A body without comments, and without a comma after the last of a list or an object."""
    return _COMMA.sub(rb"\1", _COMMENT.sub(rb"\1", raw))
