"""Values in the table: exact both ways."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.adapters.dynamodb.codec import (
    CannotStore,
    decode,
    decode_item,
    encode,
    encode_item,
    to_instant,
    to_span,
)

INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001  the strategy adds the zone
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SIMPLE = st.text() | st.binary() | st.booleans() | st.integers(-(10**38) + 1, 10**38 - 1)
VALUES = st.recursive(
    SIMPLE | st.frozensets(st.text(min_size=1), min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=10,
)


@given(VALUES)
def test_values_come_back_as_they_went(value: Any) -> None:
    back = decode(encode(value))

    assert back == value
    assert type(back) is type(value)


@given(INSTANTS)
def test_instants_come_back_to_the_microsecond(at: datetime) -> None:
    assert to_instant(decode(encode(at))) == at


@given(st.timedeltas(min_value=timedelta(days=-999), max_value=timedelta(days=99_999)))
def test_durations_come_back_to_the_microsecond(span: timedelta) -> None:
    assert to_span(decode(encode(span))) == span


@given(INSTANTS, INSTANTS)
def test_numbers_sort_like_the_instants_they_write(first: datetime, second: datetime) -> None:
    written = [Decimal(encode(at)["N"]) for at in (first, second)]

    assert (written[0] < written[1]) == (first < second)


def test_an_instant_is_milliseconds_with_its_lot_as_decimals() -> None:
    at = datetime(2025, 5, 30, 15, 30, tzinfo=UTC)

    assert encode(at) == {"N": "1748619000000"}
    assert encode(at + timedelta(microseconds=480)) == {"N": "1748619000000.48"}


def test_nothing_is_left_out() -> None:
    assert encode_item({"here": 1, "gone": None}) == {"here": {"N": "1"}}
    assert decode_item({"here": {"N": "1"}}) == {"here": 1}


@pytest.mark.parametrize("value", [1.5, object(), bytearray(b"bytes")])
def test_what_no_item_can_hold_is_refused(value: object) -> None:
    with pytest.raises(CannotStore):
        encode(value)
