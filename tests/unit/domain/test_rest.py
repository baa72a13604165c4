from datetime import timedelta

import pytest

from chalicelibs.domain.rest import LONGEST, SHORTEST, Rest
from tests.builders import NOON

SECONDS = timedelta(seconds=1)


def lengths(*pauses: timedelta) -> list[timedelta]:
    """How long the rests are of a carrier that is asked so long after each ended, in vain."""
    rest = Rest.after(None, NOON)
    found = [rest.length]
    for pause in pauses:
        now = rest.until + pause
        rest = Rest.after(rest, now)
        assert rest.until == now + rest.length
        found.append(rest.length)
    return found


def test_each_rest_is_twice_as_long_as_the_last_up_to_a_bound() -> None:
    assert lengths(*[SECONDS] * 5) == [SECONDS * n for n in (2, 4, 8, 16, 30, 30)]


def test_a_new_outage_begins_with_a_short_rest() -> None:
    assert lengths(SECONDS, LONGEST + SECONDS, SECONDS) == [
        SHORTEST,
        2 * SHORTEST,
        SHORTEST,
        2 * SHORTEST,
    ]


@pytest.mark.parametrize(
    ("pause", "length"),
    [(20 * SECONDS, 20 * SECONDS), (SECONDS / 5, SHORTEST), (0 * SECONDS, SHORTEST)],
    ids=["long", "short", "none"],
)
def test_a_full_carrier_rests_as_long_as_it_asks_but_never_shorter_than_any(
    pause: timedelta, length: timedelta
) -> None:
    assert Rest.asked_for(pause, NOON).until == NOON + length
