from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.progress import Progress, added

tallies = st.dictionaries(
    st.sampled_from(["tasks", "completed", "archived", "calls", "outcome:busy", "outcome:vip"]),
    st.integers(-5, 50),
)


def test_nothing_counted_is_no_progress() -> None:
    assert Progress.of({}) == Progress()


def test_counters_read_as_progress() -> None:
    progress = Progress.of(
        {"tasks": 9, "completed": 4, "archived": 2, "calls": 7, "outcome:busy": 3, "outcome:x": 4}
    )

    assert progress == Progress(
        tasks=9, completed=4, archived=2, calls=7, outcomes={"busy": 3, "x": 4}
    )
    assert progress.open_tasks == 3


def test_an_outcome_that_was_upgraded_away_is_not_listed() -> None:
    assert Progress.of({"outcome:completed": 0, "outcome:interested": 1}).outcomes == {
        "interested": 1
    }


@given(tallies, tallies)
def test_tallies_add_name_by_name(first: dict[str, int], second: dict[str, int]) -> None:
    expected = Counter(first)
    expected.update(second)

    assert added(first, second) == dict(expected)
