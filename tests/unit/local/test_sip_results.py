"""What SIP's words for the end of a call mean to us."""

import pytest

from chalicelibs.domain.outcome import Outcome
from local.sip.results import ending_of, given_up

COMMON = {
    "486 Busy Here": ("busy", False),
    "600 Busy Everywhere": ("busy", False),
    "603 Decline": ("busy", False),
    "408 Request Timeout": ("no-answer", False),
    "480 Temporarily Unavailable": ("no-answer", False),
    "487 Request Terminated": ("no-answer", False),
    "404 Not Found": ("failed", True),
    "410 Gone": ("failed", True),
    "484 Address Incomplete": ("failed", True),
    "604 Does Not Exist Anywhere": ("failed", True),
    "403 Forbidden": ("failed", False),
    "500 Server Internal Error": ("failed", False),
    "503 Service Unavailable": ("failed", False),
}
ODD = ["", "Connection refused [111]", "4040 Not Found", "٤٠٤ Not Found", "40", "\x00 404"]


@pytest.mark.parametrize(("closing", "meaning"), COMMON.items(), ids=COMMON)
def test_a_refusal_means_what_the_table_of_outcomes_says(
    closing: str, meaning: tuple[str, bool]
) -> None:
    ending = ending_of(closing)

    assert (ending.status, ending.is_permanent) == meaning
    assert not ending.is_answered


def test_every_status_has_a_meaning_and_only_a_bad_number_is_never_tried_again() -> None:
    endings = {status: ending_of(f"{status} Whatever It Says") for status in range(300, 700)}

    assert all(Outcome(ending.status.replace("-", "_")) for ending in endings.values())
    permanent = [status for status, ending in endings.items() if ending.is_permanent]
    assert permanent == [404, 410, 484, 604]


@pytest.mark.parametrize("closing", ODD)
def test_what_is_no_status_failed_and_may_be_tried_again(closing: str) -> None:
    assert (ending_of(closing).status, ending_of(closing).is_permanent) == ("failed", False)


def test_a_phone_that_rang_until_we_gave_up_was_not_answered() -> None:
    assert given_up(has_rung=True).status == "no-answer"


def test_where_nobody_even_said_that_it_rings_the_call_failed() -> None:
    assert given_up(has_rung=False).status == "failed"
