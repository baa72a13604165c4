"""What a carrier reports of a call, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from chalicelibs.domain.instants import MILLISECOND, epoch_ms, from_epoch_ms


class EventKind(StrEnum):
    """What happened."""

    IN_PROGRESS = "in_progress"  #: Picked up.
    ENDED = "ended"  #: Hung up, refused or lost: carries the outcome.
    ANALYSIS = "analysis"  #: What the agent made of the conversation; may change the outcome.


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One report. It may come twice, late or before an earlier one."""

    call_id: str
    kind: EventKind
    at: datetime
    carrier_call_id: str | None = None
    outcome: str | None = None
    is_permanent: bool = False
    reason: str | None = None
    duration: timedelta | None = None
    callback_at: datetime | None = None
    cost: str | None = None
    recording_url: str | None = None
    analysis: Mapping[str, object] = field(default_factory=dict)
    analysis_follows: bool = False

    def to_message(self) -> dict[str, Any]:
        """The event as a queue carries it: plain values, milliseconds, nothing that is unknown."""
        full = {
            "call_id": self.call_id,
            "kind": self.kind.value,
            "at": epoch_ms(self.at),
            "carrier_call_id": self.carrier_call_id,
            "outcome": self.outcome,
            "is_permanent": self.is_permanent or None,
            "reason": self.reason,
            "duration": None if self.duration is None else self.duration // MILLISECOND,
            "callback_at": self.callback_at and epoch_ms(self.callback_at),
            "cost": self.cost,
            "recording_url": self.recording_url,
            "analysis": dict(self.analysis) or None,
            "analysis_follows": self.analysis_follows or None,
        }
        return {key: value for key, value in full.items() if value is not None}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """The event that `to_message` wrote."""
        fields = dict(message)
        fields["kind"] = EventKind(fields["kind"])
        fields["at"] = from_epoch_ms(fields["at"])
        if "duration" in fields:
            fields["duration"] = fields["duration"] * MILLISECOND
        if "callback_at" in fields:
            fields["callback_at"] = from_epoch_ms(fields["callback_at"])
        return cls(**fields)
