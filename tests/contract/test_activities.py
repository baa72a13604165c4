"""What went on in campaigns, on every engine."""

from datetime import timedelta

from chalicelibs.domain.activity import Ended, Kind
from tests.builders import CAMPAIGN, NOON, plain_id
from tests.contract.engines import Ports

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REACHED = Ended(CAMPAIGN, NOON + 7 * MINUTE, Kind.REACHED)
MISSED = Ended(CAMPAIGN, NOON + 7 * MINUTE, Kind.MISSED)
LATER = Ended(CAMPAIGN, NOON + HOUR, Kind.FAILED)


def test_ended_calls_add_up_by_minute_and_kind(ports: Ports) -> None:
    ports.activities.add({REACHED: 2, MISSED: 1})
    ports.activities.add({REACHED: 3, LATER: 1})

    assert ports.activities.between(CAMPAIGN, NOON, NOON + HOUR) == {
        (NOON + 7 * MINUTE, Kind.REACHED): 5,
        (NOON + 7 * MINUTE, Kind.MISSED): 1,
        (NOON + HOUR, Kind.FAILED): 1,
    }


def test_the_whole_hours_of_a_span_are_told_and_no_others(ports: Ports) -> None:
    ports.activities.add({REACHED: 1, LATER: 1})

    at = NOON + 30 * MINUTE
    assert ports.activities.between(CAMPAIGN, at, at + MINUTE) == {
        (NOON + 7 * MINUTE, Kind.REACHED): 1
    }


def test_a_call_that_ended_otherwise_is_counted_otherwise(ports: Ports) -> None:
    ports.activities.add({REACHED: 1})

    ports.activities.add({REACHED: -1, MISSED: 1})

    told = ports.activities.between(CAMPAIGN, NOON, NOON + MINUTE)
    assert {at: count for at, count in told.items() if count} == {
        (NOON + 7 * MINUTE, Kind.MISSED): 1
    }


def test_another_campaign_has_its_own(ports: Ports) -> None:
    ports.activities.add({REACHED: 1})

    assert ports.activities.between(plain_id(2, "c"), NOON, NOON + HOUR) == {}
