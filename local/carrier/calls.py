"""A call as the carrier knows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Call:
    """One call; it changes as it goes on, so it is a record and not a value."""

    call_id: str
    correlation_id: str
    to: str
    caller_id: str
    agent: str
    webhook_url: str
    #: How many calls to the same number were taken before this one.
    earlier_calls: int
    status: str = "queued"
    outcome: str | None = None
    is_permanent: bool = False
    duration_ms: int = 0
    dialled_at: int | None = None
    answered_at: int | None = None
    ended_at: int | None = None
    analysis: Mapping[str, Any] | None = None
    transcript: Sequence[Mapping[str, Any]] = ()
    #: How many events of this call were raised so far, sent or not.
    events: int = 0

    @property
    def is_ended(self) -> bool:
        """Whether nothing more happens to it, but for an analysis."""
        return self.status == "ended"

    @property
    def is_in_flight(self) -> bool:
        """Whether it occupies a line: dialled and not ended."""
        return self.dialled_at is not None and not self.is_ended

    def as_json(self) -> dict[str, Any]:
        """Show the call as `GET /calls` does."""
        return {
            "id": self.call_id,
            "correlation_id": self.correlation_id,
            "to": self.to,
            "from": self.caller_id,
            "agent": self.agent,
            "status": self.status,
            "outcome": self.outcome,
            "permanent": self.is_permanent,
            "duration_ms": self.duration_ms,
            "started_at": self.dialled_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "analysis": self.analysis,
            "transcript": self.transcript,
        }


@dataclass(slots=True)
class History:
    """Every call that was ever taken, and how often each number was asked for."""

    call_by_id: dict[str, Call] = field(default_factory=dict)
    calls_by_correlation_id: dict[str, list[Call]] = field(
        default_factory=lambda: defaultdict(list)
    )
    requests_by_number: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls_by_number: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, call: Call) -> None:
        """Remember a call that was taken."""
        self.call_by_id[call.call_id] = call
        self.calls_by_correlation_id[call.correlation_id].append(call)
        self.calls_by_number[call.to] += 1

    def get(self, call_id: str) -> Call | None:
        """Find the call of this id, if it was ever taken."""
        return self.call_by_id.get(call_id)

    def correlated(self, correlation_id: str) -> Sequence[Call]:
        """Find the calls taken with this correlation id, oldest first: maybe none, maybe many."""
        return self.calls_by_correlation_id.get(correlation_id, ())

    def unfinished(self) -> Iterable[Call]:
        """Find the calls that were taken and have not ended."""
        return [call for call in self.call_by_id.values() if not call.is_ended]
