"""What a carrier answers to whoever asks it for a call."""

from dataclasses import dataclass
from typing import Final

from local.carrier.calls import Call
from local.carrier.requests import CallRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The call is dialled; with `is_hung` the caller never hears of it."""

    call: Call
    is_hung: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The call is not dialled, and why."""

    code: str
    message: str
    is_permanent: bool


class Throttled:
    """Not now, perhaps later."""


class Broken:
    """The carrier failed before it took the call."""


Answer = Taken | Refused | Throttled | Broken

NO_SUCH_NUMBER: Final = Refused(
    code="invalid_number", message="this number does not exist", is_permanent=True
)


def impossible_number(request: CallRequest) -> Refused | None:
    """Refuse a call to what can be no number."""
    return None if request.has_valid_number else NO_SUCH_NUMBER
