"""The lanes that rows of a file open in their campaign, and how many there may be."""

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.imports import AcceptedRow, RejectedRow
from chalicelibs.domain.lane import families_of
from chalicelibs.domain.overrides import Overrides

#: Lanes that a campaign may have for rows of files. Dispatch looks into each at every nudge.
MOST_LANES = 200


class Reach:
    """The lanes of a campaign, with those that rows need and that nobody has told it of yet."""

    def __init__(self, campaign: Campaign) -> None:
        self._known = self._wanted = campaign

    def admitted(self, row: AcceptedRow | RejectedRow) -> AcceptedRow | RejectedRow:
        """A row as it is, or rejected for a lane that there is no more room for."""
        if isinstance(row, AcceptedRow) and not self._admits(row.task.own):
            return row.beyond_reach()
        return row

    def _admits(self, own: Overrides) -> bool:
        families = families_of(own)
        if families <= self._wanted.families:
            return True
        wider = self._wanted.reaching(families, attempts=own.max_attempts or 1, shards=1)
        if len(wider.lanes()) > MOST_LANES:
            return False
        self._wanted = wider
        return True

    @property
    def is_wider(self) -> bool:
        """Whether rows need lanes that the campaign does not know of."""
        return self._wanted != self._known

    def applied(self, found: Campaign) -> Campaign:
        """A campaign that knows of all these lanes."""
        wanted = self._wanted
        return found.reaching(wanted.families, attempts=wanted.deepest, shards=1)

    def is_known(self, stored: Campaign) -> None:
        """The campaign is stored with them."""
        self._known = self._wanted = stored
