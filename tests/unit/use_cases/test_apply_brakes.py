from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelibs.adapters.memory import MemoryCampaigns, MemoryGauges
from chalicelibs.domain.brakes import Brakes, Budget
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.use_cases.apply_brakes import ApplyBrakes
from tests.builders import CAMPAIGN, WORKSPACE
from tests.unit.use_cases.bench import Bench

SPENT = Brakes(budget=Budget(attempts=1))
RAISED = Brakes(budget=Budget(attempts=100))


def brakes_of(bench: Bench, campaigns: MemoryCampaigns) -> ApplyBrakes:
    return ApplyBrakes(campaigns=campaigns, gauges=MemoryGauges(bench.store), clock=bench.clock)


def one_call_has_ended(bench: Bench) -> None:
    """One of two: where nobody waits any more there is nothing to stop."""
    bench.has_tasks(1, 2)
    first, _ = bench.dispatched()
    bench.place(first)
    bench.ends(first.call_id, "completed")


def test_a_campaign_whose_budget_is_spent_is_paused(bench: Bench) -> None:
    campaign = bench.has_campaign(brakes=SPENT)
    one_call_has_ended(bench)

    assert brakes_of(bench, bench.campaigns)(WORKSPACE) == 1
    assert bench.store.campaigns[campaign.campaign_id].state is CampaignState.PAUSED


@pytest.mark.parametrize("lowered", [SPENT, Brakes(budget=Budget(minutes=0))])
def test_a_budget_that_was_lowered_below_what_is_used_stops_it_at_the_next_look(
    bench: Bench, lowered: Brakes
) -> None:
    bench.has_campaign(brakes=RAISED)
    one_call_has_ended(bench)
    brakes = brakes_of(bench, bench.campaigns)
    assert brakes(WORKSPACE) == 0

    bench.is_edited(brakes=lowered)

    assert brakes(WORKSPACE) == 1
    assert bench.store.campaigns[CAMPAIGN].paused_for


def test_a_campaign_of_which_nobody_waits_any_more_is_left_alone(bench: Bench) -> None:
    """It reads as completed, and somebody would be told that it was stopped."""
    bench.has_campaign(brakes=SPENT)
    bench.has_task()
    bench.ends(bench.placed(), "completed")

    assert brakes_of(bench, bench.campaigns)(WORKSPACE) == 0


def test_whoever_resumes_it_gives_it_another_chance_until_a_call_has_ended(bench: Bench) -> None:
    bench.has_campaign(brakes=SPENT)
    bench.has_tasks(1, 2, 3)
    first, second, _ = bench.dispatched()
    bench.place(first)
    bench.ends(first.call_id, "completed")
    brakes = brakes_of(bench, bench.campaigns)
    assert brakes(WORKSPACE) == 1

    bench.manage.control(WORKSPACE, CAMPAIGN, "resume")
    assert brakes(WORKSPACE) == 0
    bench.place(second)
    bench.ends(second.call_id, "completed")

    assert brakes(WORKSPACE) == 1


def test_who_raises_the_budget_and_resumes_meanwhile_is_not_stopped_by_the_old_one(
    bench: Bench,
) -> None:
    class SlowCampaigns(MemoryCampaigns):
        """Lets the owner act after the brakes have looked, and before they stop it."""

        def edit(
            self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
        ) -> Campaign:
            super().edit(workspace_id, campaign_id, lambda found: replace(found, brakes=RAISED))
            return super().edit(workspace_id, campaign_id, change)

    bench.has_campaign(brakes=SPENT)
    bench.has_task()
    bench.ends(bench.placed(), "completed")

    brakes_of(bench, SlowCampaigns(bench.store))(WORKSPACE)

    assert bench.store.campaigns[CAMPAIGN].state is CampaignState.ACTIVE
