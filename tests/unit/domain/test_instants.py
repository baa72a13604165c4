from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.instants import (
    EPOCH,
    LOTS,
    MICROSECOND,
    MILLISECOND,
    SECOND,
    epoch_ms,
    from_epoch_ms,
    lot_of,
    wait_until,
    whole_ms,
    with_lot,
)
from tests.builders import NOON

instants = st.integers(0, 7 * 10**15).map(lambda value: EPOCH + value * MICROSECOND)
lots = st.integers(0, LOTS - 1)


@given(at=instants, lot=lots)
def test_a_lot_is_read_back_and_leaves_the_millisecond_alone(at: datetime, lot: int) -> None:
    drawn = with_lot(at, lot)

    assert lot_of(drawn) == lot
    assert epoch_ms(drawn) == epoch_ms(at)
    assert whole_ms(drawn) == whole_ms(at)


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_are_read_back(value: int) -> None:
    assert epoch_ms(from_epoch_ms(value)) == value


@given(at=instants)
def test_an_instant_is_read_back_to_the_millisecond(at: datetime) -> None:
    assert from_epoch_ms(epoch_ms(at)) == whole_ms(at)


@given(at=instants, first=lots, second=lots)
def test_lots_order_equals_and_nothing_else(at: datetime, first: int, second: int) -> None:
    assert with_lot(at, first) < with_lot(at + MILLISECOND, second)


@pytest.mark.parametrize(
    ("at", "wait"),
    [
        pytest.param(NOON, 0, id="now"),
        pytest.param(with_lot(NOON, 999), 0, id="now, the last by lot"),
        pytest.param(NOON + MILLISECOND, 1, id="in a millisecond"),
        pytest.param(NOON + 20 * SECOND, 20, id="in 20 seconds"),
        pytest.param(with_lot(NOON + 20 * SECOND, 417), 20, id="in 20 seconds, with a lot"),
        pytest.param(NOON - 20 * SECOND, -20, id="long ago"),
    ],
)
def test_a_wait_in_whole_seconds_ends_no_earlier(at: datetime, wait: int) -> None:
    assert wait_until(at, now=NOON) == wait * SECOND


@pytest.mark.parametrize(
    ("at", "value"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), 0, id="the epoch"),
        pytest.param(NOON, 1_804_248_000_000, id="noon"),
        pytest.param(
            datetime(2027, 3, 5, 17, 30, tzinfo=timezone(timedelta(hours=5.5))),
            1_804_248_000_000,
            id="the same noon in Kolkata",
        ),
        pytest.param(NOON + timedelta(microseconds=1999), 1_804_248_000_001, id="cut off"),
    ],
)
def test_an_instant_in_milliseconds(at: datetime, value: int) -> None:
    assert epoch_ms(at) == value
