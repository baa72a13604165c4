import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.weight import weight

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def written(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")))


@given(values)
def test_nothing_takes_more_than_it_weighs(value: Any) -> None:
    assert weight(value) >= written(value)


@pytest.mark.parametrize(
    "value",
    ["plain", 'a "quote"', [1, 2], {"a": {"b": [None, True, False]}}, "ñ€", "🙂", -1.5e300],
)
def test_what_weighs_more_than_it_takes_does_so_by_little(value: Any) -> None:
    assert weight(value) <= 1.5 * written(value) + 10


def test_what_is_deep_is_weighed_too() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert weight(deep) >= 200_000
