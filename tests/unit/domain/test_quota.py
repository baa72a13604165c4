from datetime import timedelta

import pytest

from chalicelibs.domain.quota import Quota, RateLimitExceeded, minute_of
from tests.builders import utc


@pytest.mark.parametrize(
    ("at", "minute"),
    [
        ("2027-03-05T16:30:00", "2027-03-05T16:30"),
        ("2027-03-05T16:30:59.999999", "2027-03-05T16:30"),
        ("2027-03-05T16:31:00", "2027-03-05T16:31"),
    ],
)
def test_a_minute_begins_at_its_first_second(at: str, minute: str) -> None:
    assert minute_of(utc(at)) == utc(minute)


@pytest.mark.parametrize(
    ("requests", "remaining"), [(1, 2), (2, 1), (3, 0), (4, 0)], ids="{} of 3".format
)
def test_what_is_left_of_three_requests(requests: int, remaining: int) -> None:
    quota = Quota(limit=3, requests=requests, asked_at=utc("2027-03-05T16:30:20"))

    assert quota.remaining == remaining
    assert quota.resets_at == utc("2027-03-05T16:31")


def test_the_last_request_of_the_limit_passes_and_the_next_does_not() -> None:
    at = utc("2027-03-05T16:30:20")
    Quota(limit=3, requests=3, asked_at=at).check()

    with pytest.raises(RateLimitExceeded) as refused:
        Quota(limit=3, requests=4, asked_at=at).check()

    assert refused.value.retry_after == timedelta(seconds=40)
