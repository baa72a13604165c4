from typing import Any

import pytest

from chalicelibs.domain.search import ANY_CALL, ANY_TASK, CallFilter, TaskFilter
from chalicelibs.domain.task import TaskStatus
from tests.builders import AGENT, CAMPAIGN, a_call, a_task, plain_id

TASK = a_task(status=TaskStatus.COMPLETED, outcome="busy", attempts=2, external_id="crm-17")
CALL = a_call(agent_id=AGENT, outcome="busy")
BOTH_OPEN = frozenset({TaskStatus.QUEUED, TaskStatus.PAUSED})


@pytest.mark.parametrize(
    ("wanted", "is_wanted"),
    [
        pytest.param({}, True, id="any"),
        pytest.param({"statuses": frozenset({TaskStatus.COMPLETED})}, True, id="of this status"),
        pytest.param({"statuses": BOTH_OPEN}, False, id="of others"),
        pytest.param({"statuses": frozenset()}, False, id="of none"),
        pytest.param({"outcome": "busy"}, True, id="with this outcome"),
        pytest.param({"outcome": "completed"}, False, id="with another"),
        pytest.param({"phone": TASK.phone}, True, id="this number"),
        pytest.param({"phone": "+34600000009"}, False, id="another"),
        pytest.param({"external_id": "crm-17"}, True, id="this id of the sender's"),
        pytest.param({"external_id": "crm-1"}, False, id="another id"),
        pytest.param({"attempts": 2}, True, id="so many attempts"),
        pytest.param({"attempts": 0}, False, id="none"),
        pytest.param({"outcome": "busy", "attempts": 2}, True, id="both"),
        pytest.param({"outcome": "busy", "attempts": 1}, False, id="one of both"),
    ],
)
def test_a_task_is_wanted_when_all_that_was_asked_fits(
    wanted: dict[str, Any], is_wanted: bool
) -> None:
    assert TaskFilter(**wanted).admits(TASK) is is_wanted
    assert bool(TaskFilter(**wanted)) is bool(wanted)


def test_a_task_that_was_never_called_is_found_by_that() -> None:
    assert TaskFilter(attempts=0).admits(a_task())
    assert not TaskFilter(outcome="busy").admits(a_task())
    assert ANY_TASK.admits(a_task())


@pytest.mark.parametrize(
    ("wanted", "is_wanted"),
    [
        pytest.param({}, True, id="any"),
        pytest.param({"campaign_id": CAMPAIGN}, True, id="of this campaign"),
        pytest.param({"campaign_id": plain_id(2, "c")}, False, id="of another"),
        pytest.param({"agent_id": AGENT}, True, id="by this agent"),
        pytest.param({"agent_id": plain_id(2, "a")}, False, id="by another"),
        pytest.param({"outcome": "busy"}, True, id="with this outcome"),
        pytest.param({"outcome": "completed"}, False, id="with another"),
        pytest.param({"agent_id": AGENT, "outcome": "completed"}, False, id="one of both"),
    ],
)
def test_a_call_is_wanted_when_all_that_was_asked_fits(
    wanted: dict[str, Any], is_wanted: bool
) -> None:
    assert CallFilter(**wanted).admits(CALL) is is_wanted
    assert ANY_CALL.admits(CALL)
