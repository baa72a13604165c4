"""Why messages failed, on every engine."""

from dataclasses import replace
from datetime import timedelta

from chalicelibs.domain.dead_letters import Failure, QueueName
from tests.builders import NOON
from tests.contract.engines import Ports

FAILURE = Failure(
    queue=QueueName.CALLS,
    message_id="0b8a7f0e-6f0e-4f43-9d5d-0d3bb4f9c1a2",
    function="place_call",
    error="KeyError",
    message="'workspace_page'",
    receives=5,
    at=NOON + timedelta(milliseconds=7),
)


def test_a_failure_is_found_by_its_message(ports: Ports) -> None:
    ports.failures.save(FAILURE)

    found = ports.failures.of(QueueName.CALLS, ["another", FAILURE.message_id])

    assert found == {FAILURE.message_id: FAILURE}


def test_the_last_failure_of_a_message_counts(ports: Ports) -> None:
    later = replace(FAILURE, receives=6, error="TimeoutError", message="…")

    ports.failures.save(FAILURE)
    ports.failures.save(later)

    assert ports.failures.of(QueueName.CALLS, [FAILURE.message_id]) == {later.message_id: later}


def test_each_queue_has_its_own_failures(ports: Ports) -> None:
    ports.failures.save(FAILURE)

    assert ports.failures.of(QueueName.NUDGES, [FAILURE.message_id]) == {}


def test_no_letters_have_no_failures(ports: Ports) -> None:
    assert ports.failures.of(QueueName.CALLS, []) == {}
