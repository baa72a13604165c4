"""Calls that have ended, and how many may go on and start at once."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.search import CallFilter
from chalicelibs.ports.pages import Page


class Calls(Protocol):
    """Calls that have ended: a workspace's log. The one in flight stands on its task."""

    def keep(self, workspace_id: str, call: Call) -> Call:
        """Keep a call that has ended, unless it is kept already; gives what is kept."""

    def keep_all(self, kept: Sequence[tuple[str, Call]]) -> Sequence[Call | Exception]:
        """Keep each by itself, with fewer requests; gives what is kept, or why that is unknown.

        Each call is of the workspace beside it. Whoever gets an exception instead does not know
        which are kept.
        """

    def save(self, workspace_id: str, call: Call) -> None:
        """Replace a call, or keep it, but an erased one stays erased."""

    def revise(self, workspace_id: str, call: Call) -> None:
        """Replace a call of which more is known now, if it is still the one that was read.

        Raises:
            Stale: when somebody else told more of it meanwhile, or it was erased and this is not.
        """

    def get(self, workspace_id: str, dialed: Dialed) -> Call | None:
        """A call that has ended."""

    def get_all(self, workspace_id: str, dialed: Iterable[Dialed]) -> Sequence[Call]:
        """Those of these calls that there are, in the order in which they were dialled."""

    def log(
        self,
        workspace_id: str,
        wanted: CallFilter,
        *,
        since: datetime,
        until: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Call]:
        """The calls that were dialled in `[since, until)` and are wanted, newest first.

        Long ones are abridged.
        """

    def forget_results(self, workspace_id: str, task_id: str) -> None:
        """Remove what is kept beside the calls of a task, for each of them is erased."""


class Slots(Protocol):
    """The calls in flight, by name, in each scope: a workspace or a campaign."""

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        """Take slots for as many as the limit lets in; gives the pages of those that got in.

        Only for calls whose tasks were claimed: a slot belongs to whoever owns the claim.
        """

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        """Give slots back; harmless when repeated. Without a page, all are searched."""

    def held(self, scope: str) -> frozenset[str]:
        """The calls that hold a slot now."""


class Pacing(Protocol):
    """How many calls start in each second."""

    def take(self, workspace_id: str, at: datetime, *, limit: int, wanted: int = 1) -> int:
        """How many of the wanted calls may start in the second of this instant."""

    def plan(self, workspace_id: str, *, seen: datetime | None, until: datetime) -> bool:
        """Give starts away until then, unless somebody did since `seen` was read.

        It spares calls the way to the gate in vain; whether one may start, `take` decides.
        """

    def rest(self, workspace_id: str, carrier: str, rest: Rest) -> None:
        """Let a carrier rest, unless somebody else has it rest for longer."""

    def deny(self, workspace_id: str, carrier: str, denial: Denials, *, since: datetime) -> None:
        """Count that a carrier refused our credentials; one whose last time was before begins."""

    def wake(self, workspace_id: str, carrier: str) -> None:
        """Forget a carrier's rest and its denials: it is asked again."""
