"""What a carrier reports of a call, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from chalicelibs.domain import analysis, transcript
from chalicelibs.domain.call import LOST, price_in
from chalicelibs.domain.carrier_account import CANCELLED
from chalicelibs.domain.instants import MILLISECOND, epoch_ms, from_epoch_ms
from chalicelibs.domain.transcript import Transcript

#: Longer texts in a report are no ids, prices or reasons.
LONGEST_TEXT = 200

#: No conversation is longer; a carrier may take microseconds for milliseconds.
LONGEST_TALK = timedelta(days=1)

#: A longer address opens nowhere.
LONGEST_URL = 2_048


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
    transcript: Transcript = ()
    analysis: Mapping[str, object] = field(default_factory=dict)
    analysis_follows: bool = False
    opts_out: bool = False  #: The person asked not to be called again.
    carrier: str | None = None  #: By whose webhook it came; None: we asked, or it is our own.
    workspace_id: str | None = None  #: Whose account with the carrier signed it.

    def impersonal(self) -> Self:
        """The event without what it tells of a person, or may tell in words of its own."""
        return replace(
            self,
            reason=self.reason if self.reason in {LOST, CANCELLED} else None,
            cost=None if price_in(self.cost) is None else self.cost,
            callback_at=None,
            recording_url=None,
            transcript=(),
            analysis={},
        )

    def bounded(self) -> Self:
        """The event, small enough for a queue and for the table, whatever a carrier sent."""
        url = self.recording_url
        return replace(
            self,
            carrier_call_id=self.carrier_call_id and self.carrier_call_id[:LONGEST_TEXT],
            reason=self.reason and self.reason[:LONGEST_TEXT],
            duration=self.duration and min(max(self.duration, timedelta(0)), LONGEST_TALK),
            cost=self.cost and self.cost[:LONGEST_TEXT],
            recording_url=url if url is None or len(url) <= LONGEST_URL else None,
            transcript=transcript.bounded(self.transcript),
            analysis=analysis.bounded(self.analysis),
        )

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
            "transcript": transcript.to_lines(self.transcript) or None,
            "analysis": dict(self.analysis) or None,
            "analysis_follows": self.analysis_follows or None,
            "opts_out": self.opts_out or None,
            "carrier": self.carrier,
            "workspace_id": self.workspace_id,
        }
        return {key: value for key, value in full.items() if value is not None}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """The event that `to_message` wrote."""
        fields = dict(message)
        fields["kind"] = EventKind(fields["kind"])
        fields["at"] = from_epoch_ms(fields["at"])
        fields["transcript"] = transcript.from_lines(fields.get("transcript", ()))
        if "duration" in fields:
            fields["duration"] = fields["duration"] * MILLISECOND
        if "callback_at" in fields:
            fields["callback_at"] = from_epoch_ms(fields["callback_at"])
        return cls(**fields)
