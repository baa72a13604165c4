from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCampaigns, MemoryTasks
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState, CampaignStatus
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound, Stale
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.priority import Level
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.task import DueTask, TaskStatus
from chalicelibs.ports.pages import Paging
from tests.builders import (
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_campaign,
    an_agent,
    plain_id,
    rules,
)
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, SECOND, Bench, crashes_everywhere

# --- Creating ------------------------------------------------------------------------------------


def test_a_new_campaign_is_stored_and_read(bench: Bench) -> None:
    campaign = a_campaign(rules=rules(hours=None))

    reading = bench.manage.create(campaign)

    assert reading.campaign == bench.store.campaigns[CAMPAIGN] == campaign
    assert (reading.status, reading.in_flight) == (CampaignStatus.SCHEDULED, ())
    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]


def test_a_realtime_campaign_needs_no_agent(bench: Bench) -> None:
    campaign = a_campaign(kind=CampaignKind.REALTIME, rules=None)

    assert bench.manage.create(campaign).status is CampaignStatus.RUNNING


def test_the_agents_own_outcomes_may_be_retried(bench: Bench) -> None:
    bench.agents.save(an_agent(custom_outcomes=frozenset({"undecided"})))
    policy = RetryPolicy(retry_outcomes=frozenset({"undecided"}))

    bench.manage.create(a_campaign(rules=rules(retry=policy, priorities=(1,), max_attempts=1)))

    assert CAMPAIGN in bench.store.campaigns


UNKNOWN_OUTCOME = RetryPolicy(retry_outcomes=frozenset({"undecided"}))


@pytest.mark.parametrize(
    ("campaign", "param"),
    [
        pytest.param({"rules": rules(agent_id=plain_id(9, "a"))}, "agent_id", id="agent"),
        pytest.param({"rules": rules(caller_id="+34910000099")}, "caller_id", id="number"),
        pytest.param(
            {"rules": rules(max_attempts=1, retry=UNKNOWN_OUTCOME)}, "retry_outcomes", id="outcome"
        ),
        pytest.param({"end_at": NOON}, "end_at", id="an end that has come"),
        pytest.param(
            {"kind": CampaignKind.REALTIME, "rules": rules(caller_id="+34910000099")},
            "caller_id",
            id="a realtime campaign's default",
        ),
    ],
)
def test_a_campaign_that_could_not_call_is_refused(
    bench: Bench, campaign: dict[str, Any], param: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        bench.manage.create(a_campaign(**campaign))

    assert refusal.value.param == param
    assert bench.store.campaigns == {}


def test_an_inactive_agent_cannot_run_a_campaign(bench: Bench) -> None:
    bench.agents.save(an_agent(is_active=False))

    with pytest.raises(Invalid):
        bench.manage.create(a_campaign())


def test_another_workspaces_agent_cannot_run_a_campaign(bench: Bench) -> None:
    bench.agents.save(an_agent(agent_id=plain_id(2, "a"), workspace_id=OTHER_WORKSPACE))

    with pytest.raises(Invalid):
        bench.manage.create(a_campaign(rules=rules(agent_id=plain_id(2, "a"))))


# --- Controls ------------------------------------------------------------------------------------

DRAFT, ACTIVE, PAUSED, COMPLETED, ARCHIVED = CampaignState


@pytest.mark.parametrize(
    ("state", "control", "after"),
    [
        pytest.param(DRAFT, "start", ACTIVE, id="start"),
        pytest.param(ACTIVE, "pause", PAUSED, id="pause"),
        pytest.param(PAUSED, "resume", ACTIVE, id="resume"),
        pytest.param(ACTIVE, "archive", ARCHIVED, id="archive"),
    ],
)
def test_a_control_counts_at_once_and_once(
    bench: Bench, state: CampaignState, control: str, after: CampaignState
) -> None:
    bench.has_campaign(state=state)

    first = bench.manage.control(WORKSPACE, CAMPAIGN, control)
    second = bench.manage.control(WORKSPACE, CAMPAIGN, control)

    assert first == second
    assert first.campaign == bench.store.campaigns[CAMPAIGN]
    assert (first.campaign.state, first.campaign.version) == (after, 1)


def test_a_control_that_does_not_work_here_changes_nothing(bench: Bench) -> None:
    campaign = bench.has_campaign(state=COMPLETED)

    with pytest.raises(NotAllowed):
        bench.manage.control(WORKSPACE, CAMPAIGN, "resume")

    assert bench.store.campaigns[CAMPAIGN] == campaign


@pytest.mark.parametrize("control", ["start", "pause", "resume", "archive"])
def test_another_workspaces_campaign_is_not_controlled(bench: Bench, control: str) -> None:
    campaign = bench.has_campaign()

    with pytest.raises(NotFound):
        bench.manage.control(OTHER_WORKSPACE, CAMPAIGN, control)

    assert bench.store.campaigns[CAMPAIGN] == campaign


@pytest.mark.parametrize(
    ("state", "control", "is_nudged"),
    [
        pytest.param(DRAFT, "start", True, id="start"),
        pytest.param(PAUSED, "resume", True, id="resume"),
        pytest.param(ACTIVE, "pause", False, id="pause"),
        pytest.param(ACTIVE, "archive", False, id="archive"),
    ],
)
def test_dispatch_is_woken_when_there_may_be_calls(
    bench: Bench, state: CampaignState, control: str, is_nudged: bool
) -> None:
    bench.has_campaign(state=state)

    bench.manage.control(WORKSPACE, CAMPAIGN, control)

    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)] * is_nudged
    assert bench.queue.ticks == [WORKSPACE] * is_nudged


def test_an_archived_campaign_is_looked_at_no_more(bench: Bench) -> None:
    bench.has_campaign()

    bench.manage.control(WORKSPACE, CAMPAIGN, "archive")

    assert bench.store.open_campaigns[WORKSPACE] == set()


def test_archiving_that_dies_anywhere_is_done_by_the_next_try() -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        return bench

    def archive(bench: Bench) -> object:
        return bench.manage.control(WORKSPACE, CAMPAIGN, "archive")

    for bench in crashes_everywhere(prepare, archive):
        archive(bench)

        assert bench.store.campaigns[CAMPAIGN].state is ARCHIVED
        assert bench.store.open_campaigns[WORKSPACE] == set()


class Busy(MemoryCampaigns):
    """Campaigns that somebody else changes just before a change of ours is stored."""

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        found = self.get(workspace_id, campaign_id)
        assert found is not None
        change(found)  # what we made of it is lost to the race
        super().edit(workspace_id, campaign_id, lambda one: replace(one, name="Others were here"))
        return super().edit(workspace_id, campaign_id, change)


def test_a_control_that_collides_with_an_edit_is_made_on_what_the_others_left(
    bench: Bench,
) -> None:
    bench.has_campaign()
    manage = replace(bench.manage, campaigns=Busy(bench.store))

    reading = manage.control(WORKSPACE, CAMPAIGN, "pause")

    assert (reading.campaign.state, reading.campaign.name) == (PAUSED, "Others were here")


def test_a_control_that_collides_too_often_says_so(bench: Bench) -> None:
    class TooBusy(MemoryCampaigns):
        """Others are faster again and again."""

        def edit(
            self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
        ) -> Campaign:
            raise Stale(f"{workspace_id} {campaign_id} {change}")

    bench.has_campaign()
    manage = replace(bench.manage, campaigns=TooBusy(bench.store))

    with pytest.raises(Stale):
        manage.control(WORKSPACE, CAMPAIGN, "pause")

    assert bench.queue.nudges == []


@pytest.mark.parametrize("state", [PAUSED, ACTIVE], ids=["a paused one", "an active one"])
def test_resuming_a_campaign_resumes_the_tasks_that_were_paused_one_by_one(
    bench: Bench, state: CampaignState
) -> None:
    bench.has_campaign(state=state)
    task = bench.has_task()
    bench.steer(WORKSPACE, task.task_id, "pause")

    reading = bench.manage.control(WORKSPACE, CAMPAIGN, "resume")

    assert bench.task(task).status is TaskStatus.QUEUED
    assert (reading.progress.paused, reading.status) == (0, CampaignStatus.SCHEDULED)
    assert bench.dispatch(WORKSPACE) == 1


# --- Updating ------------------------------------------------------------------------------------


def updated(bench: Bench, **changes: Any) -> Campaign:
    return bench.manage.update(WORKSPACE, CAMPAIGN, lambda found: found.edited(**changes)).campaign


def test_an_update_is_stored_and_wakes_dispatch(bench: Bench) -> None:
    campaign = bench.has_campaign(level=Level.LOW)
    prompt = "Say goodbye to {{name}}."

    changed = updated(bench, level=Level.HIGH, prompt=prompt)

    assert changed == bench.store.campaigns[CAMPAIGN]
    assert changed == replace(campaign, level=Level.HIGH, prompt=prompt, version=1, deepest=2)
    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]


def test_an_update_that_collides_is_made_on_what_the_others_left(bench: Bench) -> None:
    bench.has_campaign()
    manage = replace(bench.manage, campaigns=Busy(bench.store))

    reading = manage.update(WORKSPACE, CAMPAIGN, lambda found: found.edited(level=Level.HIGH))

    assert (reading.campaign.level, reading.campaign.name) == (Level.HIGH, "Others were here")
    assert reading.campaign == bench.store.campaigns[CAMPAIGN]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        pytest.param({"rules": rules(agent_id=plain_id(9, "a"))}, "agent_id", id="agent"),
        pytest.param({"rules": rules(caller_id="+34910000099")}, "caller_id", id="number"),
        pytest.param(
            {"rules": rules(max_attempts=1, retry=UNKNOWN_OUTCOME)}, "retry_outcomes", id="outcome"
        ),
        pytest.param({"end_at": NOON}, "end_at", id="an end that has come"),
        pytest.param({"start_at": NOON, "end_at": NOON}, "end_at", id="an end at its start"),
    ],
)
def test_an_update_to_a_campaign_that_could_not_call_is_refused(
    bench: Bench, changes: dict[str, Any], param: str
) -> None:
    campaign = bench.has_campaign()

    with pytest.raises(Invalid) as refused:
        updated(bench, **changes)

    assert refused.value.param == param
    assert bench.store.campaigns[CAMPAIGN] == campaign
    assert bench.queue.nudges == []


def test_the_end_of_a_draft_that_has_passed_stands_in_the_way_of_no_other_change(
    bench: Bench,
) -> None:
    bench.has_campaign(end_at=NOON + SECOND, state=CampaignState.DRAFT)
    bench.clock.forward(MINUTE)

    assert updated(bench, name="Over").name == "Over"
    assert updated(bench, end_at=NOON + 2 * MINUTE).end_at == NOON + 2 * MINUTE


def test_a_campaign_whose_end_has_passed_is_over_before_the_schedule_has_seen_it(
    bench: Bench,
) -> None:
    bench.has_campaign(end_at=NOON + SECOND)
    bench.clock.forward(MINUTE)

    with pytest.raises(NotAllowed):
        updated(bench, end_at=NOON + 2 * MINUTE)

    assert bench.store.campaigns[CAMPAIGN].end_at == NOON + SECOND


def test_an_agent_that_is_gone_stands_in_the_way_of_no_other_change(bench: Bench) -> None:
    bench.has_campaign()
    bench.agents.save(an_agent(is_active=False))

    assert updated(bench, name="Other").name == "Other"
    assert bench.manage.control(WORKSPACE, CAMPAIGN, "pause").status is CampaignStatus.PAUSED
    with pytest.raises(Invalid):
        updated(bench, prompt="Other.")


@pytest.mark.parametrize("state", [COMPLETED, ARCHIVED])
def test_a_closed_campaign_is_not_updated(bench: Bench, state: CampaignState) -> None:
    campaign = bench.has_campaign(state=state)

    with pytest.raises(NotAllowed):
        updated(bench, name="Other")

    assert bench.store.campaigns[CAMPAIGN] == campaign


def test_another_workspaces_campaign_is_not_updated(bench: Bench) -> None:
    campaign = bench.has_campaign()

    with pytest.raises(NotFound):
        bench.manage.update(OTHER_WORKSPACE, CAMPAIGN, lambda found: found.edited(name="Mine"))

    assert bench.store.campaigns[CAMPAIGN] == campaign


def test_an_update_of_a_paused_campaign_wakes_nobody(bench: Bench) -> None:
    bench.has_campaign(state=PAUSED)

    updated(bench, name="Other")

    assert bench.queue.nudges == []


# --- Reading -------------------------------------------------------------------------------------


def test_a_task_that_settles_while_its_campaign_is_read_counts_once(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_tasks(1, 2, 3)
    bench.steer(WORKSPACE, bench.has_task(4).task_id, "pause")
    calls = [message.call_id for message in bench.dispatched() if bench.place(message)]

    class Overtaken(MemoryTasks):
        def running(self, workspace_id: str) -> Sequence[DueTask]:
            found = super().running(workspace_id)
            bench.ends(calls[0])
            return found

    reading = replace(bench.manage, tasks=Overtaken(bench.store)).get(WORKSPACE, CAMPAIGN)

    progress = reading.progress
    assert (progress.open_tasks, progress.completed, progress.paused) == (3, 1, 1)
    assert reading.running == 2


def test_a_campaign_reads_with_its_progress_and_calls_in_flight(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_campaign(2)
    bench.has_tasks(1, 2, 3)
    bench.has_task(1, campaign_id=plain_id(2, "c"))
    messages = bench.dispatched()
    for message in messages:
        bench.place(message)
    bench.ends(messages[0].call_id)

    reading = bench.manage.get(WORKSPACE, CAMPAIGN)

    assert reading.status is CampaignStatus.RUNNING
    assert (reading.progress.tasks, reading.progress.completed) == (3, 1)
    own = [one.call_id for one in messages[1:] if campaign_of(one.call_id) == CAMPAIGN]
    assert reading.in_flight == tuple(sorted(own))
    assert len(own) == 2
    assert len(bench.manage.get(WORKSPACE, plain_id(2, "c")).in_flight) == 1


def test_another_workspaces_campaign_is_not_found(bench: Bench) -> None:
    bench.has_campaign()

    with pytest.raises(NotFound):
        bench.manage.get(OTHER_WORKSPACE, CAMPAIGN)


def test_campaigns_are_listed_page_by_page_newest_first(bench: Bench) -> None:
    for number in (1, 2, 3):
        bench.has_campaign(number)

    first, cursor = bench.manage.page(WORKSPACE, Paging(limit=2))
    second, end = bench.manage.page(WORKSPACE, Paging(cursor=cursor, limit=2))

    ids = [reading.campaign.campaign_id for reading in [*first, *second]]
    assert ids == [plain_id(number, "c") for number in (3, 2, 1)]
    assert end is None


def test_another_workspaces_campaigns_are_not_listed(bench: Bench) -> None:
    bench.has_campaign()

    assert bench.manage.page(OTHER_WORKSPACE, Paging()).items == []
