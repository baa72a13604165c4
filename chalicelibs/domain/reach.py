"""How many lanes the tasks of a campaign may open."""

from chalicelibs.domain.campaign import MOST_LANES, Campaign
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.lane import families_of
from chalicelibs.domain.overrides import Overrides


class Reach:
    """The lanes in which tasks of a campaign stand, and how many more there may be."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    @property
    def campaign(self) -> Campaign:
        """The campaign with all lanes that were admitted."""
        return self._campaign

    def admits(self, own: Overrides) -> bool:
        """Whether a task with these settings has its lanes, which then are among them."""
        families, attempts = families_of(own), own.max_attempts or 1
        if families <= self._campaign.families and attempts <= self._campaign.deepest:
            return True
        wider = self._campaign.reaching(families, attempts=attempts, shards=1)
        # Those that there are already cost nothing, however many they are.
        if wider.lane_count > max(MOST_LANES, self._campaign.lane_count):
            return False
        self._campaign = wider
        return True


def beyond_reach(own: Overrides) -> Invalid:
    """Why a task is refused whose lanes its campaign has no room for."""
    brought = {
        "priorities": own.priorities,
        "start": own.hours,
        "zone": own.zone,
        "max_attempts": own.max_attempts,
    }
    return Invalid(
        "the tasks of this campaign have too many different priorities, calling hours, time zones"
        " and numbers of attempts: use fewer, or another campaign",
        next((name for name, value in brought.items() if value is not None), None),
    )
