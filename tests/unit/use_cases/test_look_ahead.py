from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.deadlines import LOOK_AHEAD
from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE, rules
from tests.unit.use_cases.bench import MINUTE, SECOND, Bench

MILLISECOND = timedelta(milliseconds=1)


def nudges(bench: Bench) -> list[timedelta]:
    bench.queue.nudges.clear()
    count = bench.look_ahead(WORKSPACE)
    assert count == len(bench.queue.nudges)
    assert {workspace_id for workspace_id, _ in bench.queue.nudges} <= {WORKSPACE}
    return [delay for _, delay in bench.queue.nudges]


def opening_at(text: str) -> dict[str, Any]:
    return {"rules": rules(hours=CallingHours.of(start=text, end="13:00", zone="UTC"))}


# --- What is foreseen ----------------------------------------------------------------------------


def test_a_task_due_soon_is_foreseen(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task(due_at=NOON + 20 * SECOND)

    assert nudges(bench) == [20 * SECOND]


def test_a_start_is_foreseen(bench: Bench) -> None:
    bench.has_campaign(start_at=NOON + 30 * SECOND)

    assert nudges(bench) == [30 * SECOND]


def test_an_opening_is_foreseen(bench: Bench) -> None:
    bench.has_campaign(**opening_at("12:01"))
    bench.has_task()

    assert nudges(bench) == [MINUTE]


def test_an_opening_soon_after_the_start_is_foreseen_too(bench: Bench) -> None:
    bench.has_campaign(start_at=NOON + 30 * SECOND, **opening_at("12:01"))

    assert nudges(bench) == [30 * SECOND, MINUTE]


def test_a_task_due_soon_after_the_opening_is_foreseen_too(bench: Bench) -> None:
    bench.has_campaign(**opening_at("12:01"))
    bench.has_task(due_at=NOON + 70 * SECOND)

    assert nudges(bench) == [MINUTE, 70 * SECOND]


def test_a_task_due_soon_after_the_start_is_foreseen_too(bench: Bench) -> None:
    bench.has_campaign(start_at=NOON + 30 * SECOND)
    bench.has_task(due_at=NOON + 50 * SECOND)

    assert nudges(bench) == [30 * SECOND, 50 * SECOND]


def test_a_nudge_never_comes_too_early(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task(due_at=NOON + 20 * SECOND + MILLISECOND)

    assert nudges(bench) == [21 * SECOND]


def test_one_nudge_does_for_a_second(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_campaign(2, start_at=NOON + 20 * SECOND)
    bench.has_tasks(1, 2, due_at=NOON + 20 * SECOND)
    bench.has_task(3, due_at=NOON + 21 * SECOND)

    assert nudges(bench) == [20 * SECOND, 21 * SECOND]


def test_every_shard_and_lane_is_looked_at(bench: Bench) -> None:
    bench.has_campaign(shards=2)
    bench.has_task(1, shard=1, due_at=NOON + SECOND)
    bench.has_task(2, attempts=1, due_at=NOON + 2 * SECOND)
    bench.has_task(3, is_callback=True, attempts=1, due_at=NOON + 3 * SECOND)

    assert nudges(bench) == [SECOND, 2 * SECOND, 3 * SECOND]


# --- What is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_in", "is_foreseen"),
    [
        pytest.param(-MINUTE, False, id="overdue: woke dispatch already"),
        pytest.param(timedelta(0), False, id="due now"),
        pytest.param(LOOK_AHEAD, True, id="at the horizon"),
        pytest.param(LOOK_AHEAD + MILLISECOND, False, id="beyond it: the next tick sees it"),
    ],
)
def test_only_what_lies_between_now_and_the_horizon_is_foreseen(
    bench: Bench, due_in: timedelta, is_foreseen: bool
) -> None:
    bench.has_campaign()
    bench.has_task(due_at=NOON + due_in)

    assert bool(nudges(bench)) is is_foreseen


def test_the_horizon_lies_beyond_the_next_tick() -> None:
    assert LOOK_AHEAD > MINUTE


@pytest.mark.parametrize(
    "campaign",
    [
        pytest.param({"state": CampaignState.DRAFT}, id="a draft"),
        pytest.param({"state": CampaignState.PAUSED}, id="a paused one"),
        pytest.param({"state": CampaignState.ARCHIVED}, id="an archived one"),
        pytest.param({"end_at": NOON}, id="one that ended"),
        pytest.param({"start_at": NOON + 2 * MINUTE}, id="one that begins later"),
        pytest.param(opening_at("12:02"), id="one that opens later"),
    ],
)
def test_of_some_campaigns_nothing_is_foreseen(bench: Bench, campaign: dict[str, Any]) -> None:
    bench.has_campaign(**campaign)
    bench.has_task(due_at=NOON + 20 * SECOND)

    assert nudges(bench) == []


def test_a_workspace_looks_ahead_for_itself(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_task(due_at=NOON + 20 * SECOND)

    assert bench.look_ahead(OTHER_WORKSPACE) == 0
    assert bench.queue.nudges == []
