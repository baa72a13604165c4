"""What the carrier does wrong on purpose, and how often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Final, Self

from local.carrier.chance import Random


class BadFaults(ValueError):
    """These faults cannot be set: the message says which and why."""


class CreateFault(Enum):
    """What goes wrong with a create request."""

    ERROR = "create_500"  #: Answered 500; nothing is dialled.
    THROTTLED = "create_429"  #: Answered 429 with Retry-After; nothing is dialled.
    REFUSED = "create_refused"  #: Answered 422, for no lasting reason; nothing is dialled.
    HANGS = "create_hangs"  #: Dialled, but never answered.


class WebhookFault(Enum):
    """What goes wrong with a webhook."""

    LOST = "webhook_lost"  #: Never sent.
    DOUBLED = "webhook_doubled"  #: Sent twice, at the same time.
    LATE = "webhook_late"  #: Sent `late_ms` later; other events do not wait for it.
    REORDERED = "webhook_reordered"  #: Sent after the next event of the call.


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities, 0 to 1, and the durations that belong to them."""

    webhook_lost: float = 0.0
    webhook_doubled: float = 0.0
    webhook_late: float = 0.0
    webhook_reordered: float = 0.0
    create_500: float = 0.0
    create_429: float = 0.0
    create_refused: float = 0.0
    create_hangs: float = 0.0
    late_ms: int = 3_000
    hang_ms: int = 30_000
    retry_after_s: int = 1

    def __post_init__(self) -> None:
        for kind in (CreateFault, WebhookFault):
            _check_chances({fault.value: getattr(self, fault.value) for fault in kind})
        for name in DURATIONS:
            if getattr(self, name) < 0:
                raise BadFaults(f"{name} must not be negative")

    def changed(self, patch: Mapping[str, object]) -> Self:
        """Change the faults named in the patch and keep the others."""
        known = asdict(self)
        for name, value in patch.items():
            if name not in known:
                raise BadFaults(f"{name} is no fault; known are {', '.join(known)}")
            _check_type(name, value)
        return type(self)(**{**known, **patch})

    def of_create(self, rng: Random) -> CreateFault | None:
        """Decide what goes wrong with a create request, if anything, by one throw."""
        throw = rng.random()
        for fault in CreateFault:
            throw -= getattr(self, fault.value)
            if throw < 0:
                return fault
        return None

    def of_webhook(self, rng: Random) -> WebhookFault | None:
        """Decide what goes wrong with a webhook, if anything, by one throw."""
        throw = rng.random()
        for fault in WebhookFault:
            throw -= getattr(self, fault.value)
            if throw < 0:
                return fault
        return None


DURATIONS: Final = ("late_ms", "hang_ms", "retry_after_s")
NAMES: Final = tuple(field.name for field in fields(Faults))

#: Sums such as 0.1 + 0.2 + 0.7 may pass 1 by a rounding error.
_ROUNDING: Final = 1e-9


def _check_type(name: str, value: object) -> None:
    wanted = (int,) if name in DURATIONS else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise BadFaults(f"{name} must be {'a whole number' if name in DURATIONS else 'a number'}")


def _check_chances(chance_by_name: Mapping[str, float]) -> None:
    for name, chance in chance_by_name.items():
        if not 0 <= chance <= 1:
            raise BadFaults(f"{name} must be between 0 and 1")
    if sum(chance_by_name.values()) > 1 + _ROUNDING:
        raise BadFaults(f"{', '.join(chance_by_name)} exclude each other: their sum is above 1")
