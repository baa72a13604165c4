from datetime import datetime, timedelta

import pytest

from chalicelibs.domain.deadlines import Deadlines
from tests.builders import NOON, a_call

MINUTE = timedelta(minutes=1)
DEADLINES = Deadlines(margin=2 * MINUTE)


@pytest.mark.parametrize(
    ("dialed_at", "longest", "end", "patience", "surrender"),
    [
        pytest.param(
            NOON + MINUTE,
            10 * MINUTE,
            NOON + 13 * MINUTE,
            NOON + 23 * MINUTE,
            NOON + 35 * MINUTE,
            id="dialled",
        ),
        pytest.param(
            None,
            10 * MINUTE,
            NOON + 12 * MINUTE,
            NOON + 22 * MINUTE,
            NOON + 34 * MINUTE,
            id="reserved",
        ),
        pytest.param(
            NOON,
            timedelta(0),
            NOON + 2 * MINUTE,
            NOON + 2 * MINUTE,
            NOON + 4 * MINUTE,
            id="without an agent",
        ),
    ],
)
def test_how_long_an_end_is_waited_for(
    dialed_at: datetime | None,
    longest: timedelta,
    end: datetime,
    patience: datetime,
    surrender: datetime,
) -> None:
    call = a_call(dialed_at=dialed_at, longest=longest)

    assert DEADLINES.of_end(call) == end
    assert DEADLINES.of_patience(call) == patience
    assert DEADLINES.of_surrender(call) == surrender


def test_the_last_word_on_a_call_is_stored_by_whoever_took_it_in_time() -> None:
    assert DEADLINES.last_word == DEADLINES.grace + DEADLINES.sending


def test_a_request_leaves_long_before_rescue_may_ask_for_it() -> None:
    call = a_call(deadline=NOON + 3 * MINUTE)

    gate, sending = DEADLINES.of_gate(call), DEADLINES.of_sending(call)

    assert NOON < gate < sending < call.deadline
    assert call.deadline - gate == DEADLINES.sending


def test_a_call_that_was_just_claimed_has_time_to_pass_the_gate() -> None:
    assert DEADLINES.first_look - DEADLINES.sending >= MINUTE
