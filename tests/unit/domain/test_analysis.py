import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.analysis import MOST_BYTES, MOST_DEPTH, bounded

lengths = st.sampled_from([0, 1, 5_000, 30_000, 70_000])
letters = st.sampled_from(["a", "ñ", "🙂", '"'])
texts = st.builds(lambda letter, length: letter * length, letters, lengths)
analyses = st.dictionaries(
    st.text(max_size=3) | texts, texts | st.lists(texts, max_size=3) | st.integers(), max_size=6
)


def size(analysis: Mapping[str, object]) -> int:
    return len(json.dumps(analysis, separators=(",", ":")))


def test_an_ordinary_analysis_stays_as_it_is() -> None:
    told = {"summary": "Yes.", "score": 0.9, "deep": {"list": [None]}}

    assert bounded(told) is told


def test_small_facts_stay_beside_a_large_one() -> None:
    told: dict[str, Any] = {"raw": ["x" * 99] * 9999, "outcome": "interested", "score": 0.9}

    assert bounded(told) == {"outcome": "interested", "score": 0.9, "truncated": True}


@pytest.mark.parametrize("letter", ["s", "ñ", "🙂"])
def test_of_a_long_text_the_beginning_stays(letter: str) -> None:
    kept = bounded({"summary": letter * 70_000, "score": 1})

    assert list(kept) == ["summary", "score", "truncated"]
    summary = kept["summary"]
    assert isinstance(summary, str)
    assert 5_000 < len(summary) < 70_000


def nested(depth: int, kind: str) -> Any:
    """Lists or objects, so many of them in each other."""
    value: Any = 7
    for _ in range(depth):
        value = [value] if kind == "list" else {"in": value}
    return value


@pytest.mark.parametrize("kind", ["list", "object"])
def test_what_stands_too_deep_is_left_out(kind: str) -> None:
    """JSON may be deeper than what shows it can bear: one such call would spoil every list."""
    just = {"outcome": "interested", "deep": nested(MOST_DEPTH - 1, kind)}

    assert bounded(just) is just
    for depth in (MOST_DEPTH, 300, 900):
        kept = bounded({"outcome": "interested", "deep": nested(depth, kind), "flat": [[]]})
        assert (kept["outcome"], kept["flat"], kept["truncated"]) == ("interested", [[]], True)
        assert str(kept["deep"]) == str(nested(MOST_DEPTH - 1, kind)).replace("7", "None")
        assert bounded(kept) == kept


@given(analyses)
def test_whatever_was_found_can_be_kept(analysis: dict[str, Any]) -> None:
    kept = bounded(analysis)

    assert size(kept) <= MOST_BYTES
    assert bounded(kept) == kept
    assert kept == analysis or kept["truncated"] is True
