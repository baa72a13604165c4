"""Plain values as DynamoDB writes them; exact both ways, and quicker than boto3's own.

Instants and durations are numbers: milliseconds, with microseconds as three decimals.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar

from chalicelibs.domain.instants import EPOCH, MICROSECOND, MILLISECOND

Stored = TypeVar("Stored")
Value = TypeVar("Value")

#: One item or map in plain values.
Item = dict[str, Any]


class CannotStore(TypeError):
    """A value of a type that no item holds, a float for instance."""


def encode(value: Any) -> dict[str, Any]:
    """A value with its DynamoDB type.

    Raises:
        CannotStore: for a type that no item holds.
    """
    type_: type = type(value)
    kind, written = encoder_of(type_)
    return {kind: written(value)}


@cache
def encoder_of(type_: type) -> tuple[str, Callable[[Any], Any]]:
    """How values of a type are written.

    Raises:
        CannotStore: when they are not.
    """
    for types, kind, written in ENCODERS:
        if issubclass(type_, types):
            return kind, written
    raise CannotStore(f"no item holds a {type_.__name__}")


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with its DynamoDB types; what is None is left out."""
    return {name: encode(value) for name, value in item.items() if value is not None}


@lru_cache(maxsize=4096)
def instant(at: datetime) -> str:
    """An instant in milliseconds since 1970; the tasks of one file have few between them."""
    return milliseconds(at - EPOCH)


def milliseconds(span: timedelta) -> str:
    """A span in milliseconds, microseconds as decimals."""
    microseconds = span // MICROSECOND
    whole, rest = divmod(abs(microseconds), 1000)
    sign = "-" if microseconds < 0 else ""
    return f"{sign}{whole}.{rest:03}".rstrip("0") if rest else f"{sign}{whole}"


#: How each type is written; the most frequent first, and bool before int, which it is, too.
ENCODERS: Sequence[tuple[tuple[type, ...], str, Callable[[Any], Any]]] = (
    ((str,), "S", str),
    ((bool,), "BOOL", bool),
    ((int,), "N", str),
    ((datetime,), "N", instant),
    ((timedelta,), "N", milliseconds),
    ((bytes,), "B", bytes),
    ((Mapping,), "M", encode_item),
    ((set, frozenset), "SS", sorted),
    ((list, tuple), "L", lambda elements: [encode(element) for element in elements]),
)


def decode(typed: Mapping[str, Any]) -> Any:
    """The value that `encode` wrote; numbers come back as int, or as Decimal with decimals."""
    ((kind, value),) = typed.items()
    return DECODERS[kind](value)


def decode_item(typed: Mapping[str, Any]) -> Item:
    """The item that `encode_item` wrote."""
    return {name: decode(value) for name, value in typed.items()}


def _same(value: Any) -> Any:
    return value


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _bytes(value: bytes | str) -> bytes:
    return b64decode(value) if isinstance(value, str) else bytes(value)


DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "S": _same,
    "N": _number,
    "BOOL": _same,
    "B": _bytes,
    "M": decode_item,
    "L": lambda elements: [decode(element) for element in elements],
    "SS": frozenset,
}


def to_span(number: int | Decimal) -> timedelta:
    """The duration that `encode` wrote."""
    return int(number * 1000) * MICROSECOND if number % 1 else int(number) * MILLISECOND


def to_instant(number: int | Decimal) -> datetime:
    """The instant that `encode` wrote."""
    return EPOCH + to_span(number)


def maybe(read: Callable[[Stored], Value], stored: Stored | None) -> Value | None:
    """What is stored, read; None if nothing is."""
    return None if stored is None else read(stored)
