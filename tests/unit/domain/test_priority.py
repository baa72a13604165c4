import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.priority import (
    HIGHEST,
    LOWEST,
    Level,
    check_priorities,
    of_attempt,
    per_attempt,
)
from chalicelibs.domain.retry import MOST_ATTEMPTS


@pytest.mark.parametrize(
    ("level", "attempt_no", "priority"),
    [
        pytest.param(Level.HIGH, 1, 200, id="high"),
        pytest.param(Level.NORMAL, 1, 100, id="normal"),
        pytest.param(Level.LOW, 1, 50, id="low"),
        pytest.param(Level.NORMAL, 2, 99, id="one less for the second attempt"),
        pytest.param(Level.NORMAL, 3, 98, id="and for the third"),
    ],
)
def test_a_level_and_an_attempt_make_a_number(
    level: Level, attempt_no: int, priority: int
) -> None:
    assert of_attempt(level, attempt_no) == priority


def test_the_attempts_of_a_task_descend() -> None:
    assert per_attempt(Level.HIGH, 3) == (200, 199, 198)


def test_the_last_attempt_of_a_level_goes_before_the_first_of_the_next_lower() -> None:
    from_high_to_low = [Level.HIGHEST, Level.HIGH, Level.NORMAL, Level.LOW, Level.LOWEST]
    numbers = [
        number for level in from_high_to_low for number in per_attempt(level, MOST_ATTEMPTS)
    ]

    assert set(from_high_to_low) == set(Level)
    assert numbers == sorted(set(numbers), reverse=True)


@given(st.sampled_from(Level), st.integers(1, MOST_ATTEMPTS))
def test_what_a_level_makes_is_on_the_scale(level: Level, max_attempts: int) -> None:
    check_priorities(per_attempt(level, max_attempts), max_attempts=max_attempts)


@pytest.mark.parametrize(
    ("priorities", "max_attempts"),
    [
        pytest.param((), 1, id="none"),
        pytest.param((5,), 2, id="too few"),
        pytest.param((5, 4, 3), 2, id="too many"),
        pytest.param((HIGHEST + 1,), 1, id="above the scale"),
        pytest.param((LOWEST - 1,), 1, id="below the scale"),
        pytest.param((5, -1), 2, id="one of them off the scale"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    priorities: tuple[int, ...], max_attempts: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_priorities(priorities, max_attempts=max_attempts)

    assert refusal.value.param == "priorities"


def test_numbers_may_rise_and_touch_both_ends_of_the_scale() -> None:
    check_priorities((LOWEST, 7, HIGHEST), max_attempts=3)
