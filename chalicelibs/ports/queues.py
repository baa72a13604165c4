"""What is to be done soon by somebody else, and what became of it when it could not be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCall:
    """The message that has a call placed."""

    workspace_id: str
    call_id: str
    workspace_page: int
    campaign_page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCall:
    """The message that has a call taken back that its carrier has not dialled yet."""

    workspace_id: str
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteExport:
    """The message that has an export written."""

    workspace_id: str
    campaign_id: str
    export_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunk:
    """The message that has a chunk of a file imported."""

    workspace_id: str
    campaign_id: str
    import_id: str
    number: int


class Queue(Protocol):
    """What is to be done soon, by somebody else. All may be delivered twice, late, never."""

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """Have calls placed, each after a delay."""

    def withdraw(self, messages: Iterable[WithdrawCall], delay: timedelta = timedelta(0)) -> None:
        """Have calls taken back that wait at their carriers."""

    def events(self, events: Iterable[CallEvent]) -> None:
        """Have carriers' reports recorded."""

    def chunks(self, messages: Iterable[ImportChunk]) -> None:
        """Have chunks of files imported."""

    def nudge(self, workspace_id: str, delay: timedelta = timedelta(0)) -> None:
        """Have a workspace dispatched."""

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """Have workspaces rescued, tidied and dispatched with a look ahead."""

    def export(self, message: WriteExport, delay: timedelta = timedelta(0)) -> None:
        """Have an export written, from where it stopped."""


class Failures(Protocol):
    """Why messages could not be processed, until their dead letters are gone."""

    def save(self, failure: Failure) -> None:
        """Keep it; a later one of the same message replaces it."""

    def of(self, queue: QueueName, message_ids: Sequence[str]) -> Mapping[str, Failure]:
        """Those that are known, by message."""


class DeadLetters(Protocol):
    """Messages that were given up."""

    def count(self, queue: QueueName) -> int:
        """About how many a queue has."""

    def peek(self, queue: QueueName, *, limit: int) -> Sequence[DeadLetter]:
        """Some of them, each once; they stay where they are."""

    def redrive(self, queue: QueueName, *, limit: int) -> int:
        """Send them back to be processed; gives how many went.

        A crash may send one twice. One that cannot go back, for its file is gone, stays.
        """
