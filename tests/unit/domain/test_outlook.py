from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.reading import task_status
from chalicelibs.domain.task import TaskStatus
from tests.builders import NOON, a_call, a_campaign, a_task

SECOND = timedelta(seconds=1)
QUEUED, RUNNING, PAUSED, COMPLETED, ARCHIVED = TaskStatus
IN_FLIGHT = {"status": RUNNING, "call": a_call()}
ENDED, ENDS_SOON = {"end_at": NOON}, {"end_at": NOON + SECOND}


def in_state(state: CampaignState) -> dict[str, Any]:
    return {"state": state}


@pytest.mark.parametrize(
    ("task", "campaign", "status"),
    [
        pytest.param({}, {}, QUEUED, id="waits for its time"),
        pytest.param({}, {"start_at": NOON + SECOND}, QUEUED, id="its campaign has not begun"),
        pytest.param({}, in_state(CampaignState.DRAFT), QUEUED, id="its campaign is a draft"),
        pytest.param({}, in_state(CampaignState.PAUSED), PAUSED, id="its campaign is paused"),
        pytest.param(
            {}, in_state(CampaignState.ARCHIVED), ARCHIVED, id="its campaign is archived"
        ),
        pytest.param({}, in_state(CampaignState.COMPLETED), ARCHIVED, id="left by the end time"),
        pytest.param({}, ENDS_SOON, QUEUED, id="its campaign ends in a second"),
        pytest.param({}, ENDED, ARCHIVED, id="its campaign ends now"),
        pytest.param(
            {}, ENDED | in_state(CampaignState.PAUSED), ARCHIVED, id="ended while paused"
        ),
        pytest.param(ENDS_SOON, {}, QUEUED, id="it ends in a second"),
        pytest.param(ENDED, {}, ARCHIVED, id="it ends now"),
        pytest.param(ENDED, in_state(CampaignState.PAUSED), ARCHIVED, id="it ends while paused"),
        pytest.param({"status": PAUSED}, {}, PAUSED, id="paused by itself"),
        pytest.param(IN_FLIGHT, {}, RUNNING, id="an attempt is being made"),
        pytest.param(
            IN_FLIGHT, in_state(CampaignState.PAUSED), RUNNING, id="in flight when paused"
        ),
        pytest.param(
            IN_FLIGHT, in_state(CampaignState.ARCHIVED), RUNNING, id="in flight when archived"
        ),
        pytest.param(IN_FLIGHT | ENDED, ENDED, RUNNING, id="in flight when all ended"),
        pytest.param({"status": COMPLETED}, ENDED, COMPLETED, id="reached before the end"),
        pytest.param(
            {"status": COMPLETED},
            in_state(CampaignState.ARCHIVED),
            COMPLETED,
            id="reached before it was archived",
        ),
        pytest.param({"status": ARCHIVED}, {}, ARCHIVED, id="archived by itself"),
    ],
)
def test_a_task_reads_as(
    task: dict[str, Any], campaign: dict[str, Any], status: TaskStatus
) -> None:
    assert task_status(a_task(**task), a_campaign(**campaign), NOON) is status
