"""Messages in memory, waiting to be taken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.ports.queues import ImportChunk, PlaceCall, WithdrawCall, WriteExport

NO_DELAY = timedelta(0)


@dataclass
class MemoryQueue:
    """What was sent, in order; whoever drives a test takes it and delivers it."""

    placing: list[tuple[PlaceCall, timedelta]] = field(default_factory=list)
    withdrawing: list[tuple[WithdrawCall, timedelta]] = field(default_factory=list)
    reports: list[CallEvent] = field(default_factory=list)
    nudges: list[tuple[str, timedelta]] = field(default_factory=list)
    ticks: list[str] = field(default_factory=list)
    exports: list[tuple[WriteExport, timedelta]] = field(default_factory=list)
    importing: list[ImportChunk] = field(default_factory=list)

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """See the port."""
        self.placing.extend(messages)

    def withdraw(self, messages: Iterable[WithdrawCall], delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        self.withdrawing.extend((message, delay) for message in messages)

    def events(self, events: Iterable[CallEvent]) -> None:
        """See the port."""
        self.reports.extend(events)

    def chunks(self, messages: Iterable[ImportChunk]) -> None:
        """See the port."""
        self.importing.extend(messages)

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        self.nudges.append((workspace_id, delay))

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """See the port."""
        self.ticks.extend(workspace_ids)

    def export(self, message: WriteExport, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        self.exports.append((message, delay))
