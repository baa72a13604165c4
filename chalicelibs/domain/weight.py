"""What a value weighs where it is kept or sent: bytes of its JSON in ASCII, without spaces."""

import re
from collections.abc import Mapping
from typing import Any

#: Letters that JSON writes as themselves.
_PLAIN = re.compile(r"[ !#-\[\]-~]+")

#: What any other letter may take: `\u00e9`, and twice that beyond the first 65,536.
_ESCAPED, _BEYOND = 6, "\uffff"


def weight(value: Any) -> int:
    """The bytes of a value made of JSON's types; never less than it takes."""
    total, rest = 0, [value]
    while rest:  # not by recursion: what comes from outside may be deep
        one = rest.pop()
        if isinstance(one, str):
            total += weight_of_text(one)
        elif isinstance(one, Mapping):
            total += 2 + 2 * len(one)
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            total += 2 + len(one)
            rest += one
        elif isinstance(one, float):
            total += max(len(str(one)), len("-Infinity"))
        else:
            total += len(str(one))  # `None` is as long as `null`
    return total


def weight_of_text(text: str) -> int:
    """The bytes of a text with its quotes."""
    escaped = _PLAIN.sub("", text)
    return 2 + len(text) + sum(_extra(letter) for letter in escaped)


def _extra(letter: str) -> int:
    return 2 * _ESCAPED - 1 if letter > _BEYOND else _ESCAPED - 1
