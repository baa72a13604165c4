from dataclasses import replace
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
from chalicelibs.domain.lane import partition
from chalicelibs.domain.priority import Level
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
            campaign.move(control, NOON)
    else:
        assert campaign.move(control, NOON).state is after


def test_the_table_above_knows_every_control() -> None:
    assert set(MOVES) == {"start", "pause", "resume", "archive"}


def test_a_refused_control_says_where_it_would_work() -> None:
    with pytest.raises(NotAllowed) as refusal:
        a_campaign(state=PAUSED).move("start", NOON)

    assert refusal.value.param == "status"
    assert "paused" in refusal.value.message
    assert "draft" in refusal.value.message


def test_a_repeated_control_changes_nothing() -> None:
    paused = a_campaign(state=PAUSED)

    assert paused.move("pause", NOON) is paused


@pytest.mark.parametrize("state", [PAUSED, ACTIVE], ids=["a paused one", "an active one"])
def test_resuming_says_since_when_tasks_paused_one_by_one_go_on(state: CampaignState) -> None:
    assert a_campaign(state=state).move("resume", NOON).resumed_at == NOON


@pytest.mark.parametrize("control", ["start", "pause", "archive"])
def test_no_other_control_lets_them_go_on(control: str) -> None:
    state = DRAFT if control == "start" else ACTIVE

    assert a_campaign(state=state).move(control, NOON).resumed_at is None


# --- Edits ---------------------------------------------------------------------------------------


def test_an_edit_changes_what_it_names() -> None:
    campaign = a_campaign()

    assert campaign.edited(name="Other", prompt="Be kind.") == replace(
        campaign, name="Other", prompt="Be kind.", deepest=2
    )


@pytest.mark.parametrize("state", [COMPLETED, ARCHIVED])
def test_a_closed_campaign_is_not_edited(state: CampaignState) -> None:
    with pytest.raises(NotAllowed) as refusal:
        a_campaign(state=state).edited(name="Other")

    assert state in refusal.value.message


def test_an_edit_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        a_campaign(start_at=NOON).edited(end_at=NOON)

    assert refusal.value.param == "end_at"


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
        case("running", "noted as completed, a call outlasts it", state=COMPLETED, in_flight=1),
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


def names(campaign: Campaign) -> set[str]:
    return {lane.name for lane in campaign.lanes()}


USUAL = {"callback", "attempt-1", "attempt-2"}


def test_a_batch_campaign_has_a_lane_for_each_attempt_and_one_for_callbacks() -> None:
    campaign = a_campaign(rules=rules(max_attempts=3))

    assert names(campaign) == {*USUAL, "attempt-3"}


def test_a_campaign_without_rules_has_one_attempt() -> None:
    assert names(a_campaign(kind=REALTIME, rules=None)) == {"callback", "attempt-1"}


def test_a_campaign_looks_where_its_tasks_with_settings_of_their_own_stand() -> None:
    campaign = a_campaign(kind=REALTIME, families=frozenset({"7", "|@Asia/Tokyo"}))

    tokyo = {f"{name}|@Asia/Tokyo" for name in USUAL}
    assert names(campaign) == {*USUAL, *tokyo, "7"}


def test_lanes_of_attempts_that_are_allowed_no_longer_are_still_looked_at() -> None:
    fewer = a_campaign(rules=rules(max_attempts=4)).edited(rules=rules(max_attempts=1))
    more = fewer.edited(rules=rules(max_attempts=2)).edited(name="Other")

    assert names(fewer) == names(more) == {*USUAL, "attempt-3", "attempt-4"}


def in_use(campaign: Campaign) -> set[str]:
    return {lane.name for lane in campaign.lanes_in_use()}


def test_lanes_in_which_no_task_ever_stood_are_not_in_use() -> None:
    campaign = a_campaign(rules=rules(max_attempts=4), families=frozenset({"7", "callback-7"}))

    assert in_use(campaign) == {"attempt-1", "7"}
    again = campaign.expecting(3, is_callback=False)
    assert in_use(again) == {"attempt-1", "attempt-2", "attempt-3", "7"}
    assert in_use(again.expecting(2, is_callback=False)) == in_use(again)
    asked = campaign.expecting(4, is_callback=True)
    assert in_use(asked) == {"attempt-1", "callback", "callback-7", "7"}


def test_all_that_may_be_is_in_use_where_a_task_came_to_its_last_attempt_and_a_callback() -> None:
    campaign = a_campaign(rules=rules(max_attempts=2), families=frozenset({"|@Asia/Tokyo"}))

    last = campaign.expecting(2, is_callback=False).expecting(3, is_callback=True)

    assert last.lanes_in_use() == last.lanes()


def test_a_lane_has_the_hours_and_the_priority_of_its_campaign_now() -> None:
    campaign = a_campaign(level=Level.HIGH, rules=rules(hours=None))

    lanes = {lane.name: (lane.priority, lane.hours) for lane in campaign.lanes()}

    assert lanes == {"callback": (200, None), "attempt-1": (200, None), "attempt-2": (199, None)}


def test_what_a_campaign_reaches_it_reaches_for_good() -> None:
    campaign = a_campaign(families=frozenset({"7"}), shards=2, deepest=5)

    wider = campaign.reaching(frozenset({"9"}), attempts=9, shards=3)
    same = wider.reaching(frozenset({"7"}), attempts=1, shards=1)

    assert (wider.families, wider.deepest, wider.shards) == (frozenset("79"), 9, 3)
    assert same == wider


def test_every_shard_of_a_lane_is_a_partition_of_its_own() -> None:
    partitions = a_campaign(shards=3).partitions("attempt-1")

    assert partitions == tuple(partition(CAMPAIGN, "attempt-1", shard) for shard in range(3))


@pytest.mark.parametrize(
    ("start_at", "due_at", "starts_at"),
    [
        pytest.param(None, NOON, NOON, id="it has no start"),
        pytest.param(NOON + HOUR, NOON, NOON + HOUR, id="not before it"),
        pytest.param(NOON - HOUR, NOON, NOON, id="when it is due"),
    ],
)
def test_a_task_starts_with_its_campaign_at_the_earliest(
    start_at: datetime | None, due_at: datetime, starts_at: datetime
) -> None:
    assert a_campaign(start_at=start_at).starts_at(due_at) == starts_at
