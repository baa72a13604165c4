import pytest

from chalicelibs.domain.errors import Invalid
from tests.builders import rules


@pytest.mark.parametrize(
    ("attempt_no", "priority"),
    [
        pytest.param(1, 30, id="first"),
        pytest.param(2, 20, id="second"),
        pytest.param(3, 10, id="third and last"),
        pytest.param(4, 10, id="a callback beyond the last"),
    ],
)
def test_each_attempt_has_its_priority(attempt_no: int, priority: int) -> None:
    assert rules(max_attempts=3, priorities=(30, 20, 10)).priority_of(attempt_no) == priority


def test_rules_need_one_priority_per_attempt() -> None:
    with pytest.raises(Invalid) as refusal:
        rules(max_attempts=3, priorities=(30, 20))

    assert refusal.value.param == "priorities"


def test_callbacks_keep_the_hours_unless_they_may_be_outside() -> None:
    assert rules().callback_hours == rules().hours
    assert rules(callbacks_outside_hours=True).callback_hours is None
