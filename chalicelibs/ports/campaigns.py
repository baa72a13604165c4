"""Campaigns, and what is remembered and counted of each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelibs.domain.activity import Activity, Ended
from chalicelibs.domain.brakes import Gauge
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.workspace import Workspace
from chalicelibs.ports.pages import Page


class AtDispatch(NamedTuple):
    """What a dispatch goes by, read consistently."""

    workspace: Workspace
    campaigns: Sequence[Campaign]  #: Those that are open.


class Campaigns(Protocol):
    """Campaigns and how far they have come."""

    def add(self, campaign: Campaign) -> None:
        """Store a new campaign; it is open from now on.

        Raises:
            NotFound: when there is no such workspace.
            Stale: when there is such a campaign already.
        """

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """A campaign of this workspace as it stands now."""

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """Change a campaign as it stands now; gives it as stored.

        Where somebody else writes at the same moment, the change is made again on what they left.
        A change that changes nothing is not stored.

        Raises:
            NotFound: when the workspace has no such campaign.
            Stale: when others were faster again and again.
        """

    def close(self, campaign: Campaign) -> None:
        """Forget a closed campaign in `open`; harmless when repeated."""

    def open(self, workspace_id: str) -> Sequence[Campaign]:
        """The campaigns that are not closed, as they stand now."""

    def at_dispatch(self, workspace_id: str) -> AtDispatch | None:
        """The open campaigns with their workspace, as they stand now; None if there is none."""

    def page(self, workspace_id: str, *, cursor: str | None, limit: int) -> Page[Campaign]:
        """All campaigns of this workspace, newest first."""

    def progress(self, campaign_id: str) -> Progress:
        """Its counters, exact."""


class Gauges(Protocol):
    """What the brakes of a campaign remember."""

    def get(self, campaign_id: str) -> Gauge:
        """What was seen so far; a new gauge where nothing was."""

    def save(self, campaign_id: str, gauge: Gauge) -> None:
        """Remember it; of two writers the last one counts."""


class Activities(Protocol):
    """How many calls of each campaign ended when, and how: for pictures, not for books."""

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Count calls that ended; a crash may lose some of them, and none comes twice."""

    def between(self, campaign_id: str, since: datetime, until: datetime) -> Activity:
        """What is known of the whole hours in which a span lies."""
