"""What all bodies have in common: strict types, both spellings of names, no unknown fields."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from chalicelibs.api.errors import Malformed
from chalicelibs.api.relaxed import json_of
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.instants import MILLISECOND, epoch_ms, from_epoch_ms, whole_ms
from chalicelibs.domain.retry import LONGEST_INTERVAL
from chalicelibs.domain.zones import UnknownZone, zone

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Body(BaseModel):
    """A body: `snake_case` or `camelCase`, nothing guessed, nothing ignored."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        frozen=True,
        allow_inf_nan=False,
    )


class View(BaseModel):
    """What is answered: exactly these fields, each of them always there."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    def to_json(self) -> dict[str, Any]:
        """The view in plain values, by the names that the API uses."""
        return self.model_dump(mode="json", by_alias=True)


def _whole(value: Any) -> Any:
    """Where a number is wanted, `5.0` is 5: JSON knows no difference, and some write it so."""
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _instant(value: Any) -> Any:
    value = _whole(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= epoch_ms(LATEST):
            raise ValueError("is no time in milliseconds since 1970")
        return from_epoch_ms(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is no time like 2027-03-05T10:00:00+01:00") from None
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs an offset, like 2027-03-05T10:00:00+01:00 or ...Z")
    if not EARLIEST <= value <= LATEST:
        raise ValueError("must lie between the years 1970 and 2200")
    return whole_ms(value.astimezone(UTC))


def _shown(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _zone(value: str) -> str:
    try:
        zone(value)
    except UnknownZone as error:
        raise ValueError(error.message) from None  # so that it is told of the field it came in
    return value


#: An instant: ISO 8601 with an offset, or milliseconds since 1970.
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    AfterValidator(_aware),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": 0, "maximum": epoch_ms(LATEST)},
            ]
        }
    ),
]

#: An IANA zone name.
Zone = Annotated[str, AfterValidator(_zone)]

#: A whole number.
Whole = Annotated[int, BeforeValidator(_whole)]

#: A time of the day: `10:00` or 1000.
ClockTime = Annotated[str | int, BeforeValidator(_whole)]

#: A pause between attempts, in milliseconds.
Interval = Annotated[Whole, Field(ge=0, le=LONGEST_INTERVAL // MILLISECOND)]

#: What people call a thing.
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_shown)]

#: What a prompt can be filled with; numbers are taken as they are written.
Value = str | int | float | bool

Model = TypeVar("Model", bound=Body)


def unnamed() -> Any:
    """The default of a field in a change: not to be read, see `model_fields_set`."""
    return Field(default_factory=lambda: None)  # a factory, for it shows in no description


def parse(model: type[Model], raw: bytes) -> Model:
    """The body as a model.

    Raises:
        Malformed: when there is none, or it is not JSON, or not an object.
        Invalid: naming the first field that is wrong.
    """
    if not raw:
        raise Malformed("send a body: a JSON object")
    try:
        return model.model_validate_json(json_of(raw))
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Invalid:
    """What pydantic found, as our error; the value itself is not repeated: it may be a phone."""
    first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return Malformed("the body is not JSON")
    if first["type"] == "model_type" and not first["loc"]:
        return Malformed("the body must be a JSON object")
    cause = first.get("ctx", {}).get("error")
    message = "there is no such field" if first["type"] == "extra_forbidden" else first["msg"]
    return Invalid(
        str(cause) if cause is not None else message,
        path_of(first["loc"]),
    )


def path_of(location: tuple[int | str, ...]) -> str | None:
    """Where in the body: `calling_hours.start`, `intervals[1]`."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{snake(step)}"
    return path.removeprefix(".") or None


def snake(name: str) -> str:
    """A field's name as the documentation spells it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def text_of(value: Value) -> str:
    """A context value as a prompt shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def milliseconds(value: int) -> timedelta:
    """A duration as the API writes it."""
    return value * MILLISECOND


def iso(at: datetime | None) -> str | None:
    """An instant as the API writes it: UTC, to the millisecond."""
    if at is None:
        return None
    return whole_ms(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


#: An instant in an answer.
At = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
