import pytest

from chalicelibs.domain.errors import Invalid
from tests.builders import rules


def test_rules_need_one_priority_per_attempt() -> None:
    with pytest.raises(Invalid) as refusal:
        rules(max_attempts=3, priorities=(30, 20))

    assert refusal.value.param == "priorities"


def test_callbacks_keep_the_hours_unless_they_may_be_outside() -> None:
    assert rules().callback_hours == rules().hours
    assert rules(callbacks_outside_hours=True).callback_hours is None
