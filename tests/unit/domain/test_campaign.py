from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.domain.campaign import (
    MOVES,
    Campaign,
    CampaignKind,
    CampaignState,
    CampaignStatus,
)
from chalicelibs.domain.errors import Invalid, NotAllowed
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.progress import Progress
from tests.builders import CAMPAIGN, NOON, a_campaign, rules

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DRAFT, ACTIVE, PAUSED, COMPLETED, ARCHIVED = CampaignState
BATCH, REALTIME = CampaignKind


# --- Controls ------------------------------------------------------------------------------------

REFUSED = None


@pytest.mark.parametrize(
    ("control", "state", "after"),
    [
        pytest.param("start", DRAFT, ACTIVE, id="start a draft"),
        pytest.param("start", ACTIVE, ACTIVE, id="start once more"),
        pytest.param("start", PAUSED, REFUSED, id="start a paused one: resume it"),
        pytest.param("start", COMPLETED, REFUSED, id="start a completed one"),
        pytest.param("start", ARCHIVED, REFUSED, id="start an archived one"),
        pytest.param("pause", DRAFT, REFUSED, id="pause a draft"),
        pytest.param("pause", ACTIVE, PAUSED, id="pause an active one"),
        pytest.param("pause", PAUSED, PAUSED, id="pause once more"),
        pytest.param("pause", COMPLETED, REFUSED, id="pause a completed one"),
        pytest.param("pause", ARCHIVED, REFUSED, id="pause an archived one"),
        pytest.param("resume", DRAFT, REFUSED, id="resume a draft: start it"),
        pytest.param("resume", ACTIVE, ACTIVE, id="resume once more"),
        pytest.param("resume", PAUSED, ACTIVE, id="resume a paused one"),
        pytest.param("resume", COMPLETED, REFUSED, id="resume a completed one"),
        pytest.param("resume", ARCHIVED, REFUSED, id="resume an archived one"),
        pytest.param("archive", DRAFT, ARCHIVED, id="archive a draft"),
        pytest.param("archive", ACTIVE, ARCHIVED, id="archive an active one"),
        pytest.param("archive", PAUSED, ARCHIVED, id="archive a paused one"),
        pytest.param("archive", COMPLETED, REFUSED, id="archive a completed one"),
        pytest.param("archive", ARCHIVED, ARCHIVED, id="archive once more"),
    ],
)
def test_each_control_in_each_state(
    control: str, state: CampaignState, after: CampaignState | None
) -> None:
    campaign = a_campaign(state=state)

    if after is None:
        with pytest.raises(NotAllowed):
            campaign.move(control)
    else:
        assert campaign.move(control).state is after


def test_the_table_above_knows_every_control() -> None:
    assert set(MOVES) == {"start", "pause", "resume", "archive"}


def test_a_refused_control_says_where_it_would_work() -> None:
    with pytest.raises(NotAllowed) as refusal:
        a_campaign(state=PAUSED).move("start")

    assert refusal.value.param == "status"
    assert "paused" in refusal.value.message
    assert "draft" in refusal.value.message


# --- Status --------------------------------------------------------------------------------------

NOTHING = Progress()
WAITING = Progress(tasks=5)
BEGUN = Progress(tasks=5, calls=1)
DONE = Progress(tasks=5, completed=4, archived=1, calls=4)
IMPORT = frozenset({"f"})
THEN, SOON, AGO = {"start_at": NOON - HOUR}, {"start_at": NOON + SECOND}, {"end_at": NOON}


def case(expected: str, why: str, **given: Any) -> object:
    return pytest.param(given, CampaignStatus(expected), id=f"{expected}: {why}")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        case("draft", "not started", state=DRAFT),
        case("draft", "even when its end has passed", state=DRAFT, **AGO),
        case("scheduled", "no contacts yet", progress=NOTHING),
        case("scheduled", "all tasks in queue", progress=WAITING),
        case("scheduled", "all tasks in queue, its start is past", progress=WAITING, **THEN),
        case("scheduled", "waits for its start time", progress=WAITING, **SOON),
        case("scheduled", "realtime, waits for its start time", kind=REALTIME, **SOON),
        case("running", "a call is in flight", progress=WAITING, in_flight=1),
        case("running", "a call was made", progress=BEGUN),
        case("running", "all reached, the last call is in flight", progress=DONE, in_flight=1),
        case("running", "all reached, an import goes on", progress=DONE, importing=IMPORT),
        case("running", "realtime, from its start on", kind=REALTIME),
        case("running", "realtime, nothing left: more may come", kind=REALTIME, progress=DONE),
        case("running", "its end came, a call is in flight", progress=BEGUN, in_flight=1, **AGO),
        case("paused", "by hand", state=PAUSED, progress=BEGUN),
        case("paused", "by hand, before its start", state=PAUSED, **SOON),
        case("paused", "a call still in flight", state=PAUSED, progress=BEGUN, in_flight=1),
        case("paused", "realtime", state=PAUSED, kind=REALTIME),
        case("completed", "all tasks finished", progress=DONE),
        case("completed", "all tasks finished, while paused", progress=DONE, state=PAUSED),
        case("completed", "its end came with tasks left", progress=BEGUN, **AGO),
        case("completed", "its end came, nobody was called", progress=WAITING, **AGO),
        case("completed", "its end came while paused", state=PAUSED, progress=BEGUN, **AGO),
        case("completed", "its end came, realtime", kind=REALTIME, **AGO),
        case("completed", "noted as such", state=COMPLETED, progress=BEGUN),
        case("archived", "by hand", state=ARCHIVED, progress=BEGUN),
        case("archived", "by hand, calls in flight finish", state=ARCHIVED, in_flight=2),
        case("archived", "by hand, after all were reached", state=ARCHIVED, progress=DONE),
    ],
)
def test_a_campaign_reads_as(given: dict[str, Any], status: CampaignStatus) -> None:
    progress = given.pop("progress", NOTHING)
    in_flight = given.pop("in_flight", 0)
    campaign = a_campaign(**given)
    assert isinstance(progress, Progress)
    assert isinstance(in_flight, int)

    assert campaign.status(NOON, progress, in_flight=in_flight) is status


# --- Dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "may_call"),
    [
        pytest.param(NOON - SECOND, False, id="a second before its start"),
        pytest.param(NOON, True, id="at its start"),
        pytest.param(NOON + HOUR - SECOND, True, id="a second before its end"),
        pytest.param(NOON + HOUR, False, id="at its end"),
    ],
)
def test_calls_start_from_the_start_time_on_and_before_the_end_time(
    now: datetime, may_call: bool
) -> None:
    campaign = a_campaign(start_at=NOON, end_at=NOON + HOUR)

    assert campaign.may_call(now) is may_call


@pytest.mark.parametrize("state", CampaignState)
def test_calls_start_in_active_campaigns_only(state: CampaignState) -> None:
    assert a_campaign(state=state).may_call(NOON) is (state is ACTIVE)


def test_a_campaign_without_dates_may_call_at_any_time() -> None:
    assert a_campaign().has_begun(NOON)
    assert not a_campaign().has_ended(NOON)


@pytest.mark.parametrize("end_at", [NOON, NOON - HOUR], ids=["at its start", "before it"])
def test_a_campaign_that_ends_before_it_starts_is_refused(end_at: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        a_campaign(start_at=NOON, end_at=end_at)

    assert refusal.value.param == "end_at"


def test_a_batch_campaign_without_an_agent_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        a_campaign(kind=BATCH, rules=None)

    assert refusal.value.param == "agent_id"
    assert a_campaign(kind=REALTIME, rules=None).rules is None


def test_an_empty_campaign_is_not_finished() -> None:
    assert not a_campaign().is_finished(NOON, NOTHING)


def test_a_draft_is_not_finished_by_its_counts() -> None:
    assert not a_campaign(state=DRAFT).is_finished(NOON, DONE)


@pytest.mark.parametrize("state", CampaignState)
def test_a_campaign_is_closed_when_it_is_completed_or_archived(state: CampaignState) -> None:
    assert a_campaign(state=state).is_closed is (state in {COMPLETED, ARCHIVED})
    assert a_campaign(state=state).finish().is_closed


# --- Lanes ---------------------------------------------------------------------------------------


def names(campaign: Campaign) -> list[str]:
    return [lane.name for lane in campaign.lanes()]


def test_a_batch_campaign_has_a_lane_for_each_attempt_and_one_for_callbacks() -> None:
    campaign = a_campaign(rules=rules(max_attempts=3))

    assert names(campaign) == ["callback", "attempt-1", "attempt-2", "attempt-3"]


def test_a_realtime_campaign_has_the_lanes_that_its_tasks_brought() -> None:
    lanes = frozenset({"100|any", "callback-100|1000-1800@Asia/Kolkata"})
    campaign = a_campaign(kind=REALTIME, lane_names=lanes)

    assert set(names(campaign)) == lanes


def test_a_new_realtime_campaign_has_no_lanes() -> None:
    assert a_campaign(kind=REALTIME).lanes() == ()


def test_every_shard_of_a_lane_is_a_partition_of_its_own() -> None:
    lane = Lane.of_attempt(CAMPAIGN, rules(), 1)

    partitions = a_campaign(shards=3).partitions(lane)

    assert len(set(partitions)) == 3
    assert set(partitions) == {lane.partition(shard) for shard in range(3)}
