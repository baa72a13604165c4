from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.progress import Progress, added
from tests.builders import NOON

tallies = st.dictionaries(
    st.sampled_from(
        ["tasks", "completed", "archived", "paused", "calls", "outcome:busy", "outcome:vip"]
    ),
    st.integers(-5, 50),
)


def test_nothing_counted_is_no_progress() -> None:
    assert Progress.of({}) == Progress()


def test_counters_read_as_progress() -> None:
    progress = Progress.of(
        {
            "tasks": 9,
            "completed": 4,
            "archived": 2,
            "paused": 1,
            "calls": 7,
            "outcome:busy": 3,
            "outcome:x": 4,
            "settled_at": epoch_ms(NOON),
        }
    )

    assert progress == Progress(
        tasks=9,
        completed=4,
        archived=2,
        paused=1,
        calls=7,
        outcomes={"busy": 3, "x": 4},
        settled_at=NOON,
    )


def test_a_paused_task_is_still_open() -> None:
    assert Progress(tasks=9, completed=4, archived=2, paused=1).open_tasks == 3


def test_an_outcome_that_was_upgraded_away_is_not_listed() -> None:
    assert Progress.of({"outcome:completed": 0, "outcome:interested": 1}).outcomes == {
        "interested": 1
    }


@given(tallies, tallies)
def test_tallies_add_name_by_name(first: dict[str, int], second: dict[str, int]) -> None:
    expected = Counter(first)
    expected.update(second)

    assert added(first, second) == dict(expected)


@pytest.mark.parametrize(
    ("first", "second", "latest"),
    [
        pytest.param({"settled_at": 5}, {"settled_at": 9}, 9, id="later"),
        pytest.param({"settled_at": 9}, {"settled_at": 5}, 9, id="earlier"),
        pytest.param({"settled_at": 9}, {"calls": 1}, 9, id="nothing settled since"),
        pytest.param({"calls": 1}, {"settled_at": 9}, 9, id="nothing settled before"),
    ],
)
def test_of_two_last_settlements_the_later_one_is_the_last(
    first: dict[str, int], second: dict[str, int], latest: int
) -> None:
    assert added(first, second)["settled_at"] == latest


def test_where_nothing_was_settled_no_time_is_told() -> None:
    assert "settled_at" not in added({"tasks": 1}, {"tasks": 2})
    assert Progress.of({"tasks": 3}).settled_at is None
