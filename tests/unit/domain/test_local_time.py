from datetime import datetime

import pytest

from chalicelibs.domain.local_time import instant_of
from chalicelibs.domain.zones import zone
from tests.builders import utc


@pytest.mark.parametrize(
    ("local", "name", "at"),
    [
        pytest.param("2027-03-06T10:00", "Europe/Madrid", "2027-03-06T09:00", id="in winter"),
        pytest.param("2027-07-06T10:00", "Europe/Madrid", "2027-07-06T08:00", id="in summer"),
        pytest.param("2027-03-06T10:00", "Asia/Kolkata", "2027-03-06T04:30", id="half an hour"),
        pytest.param("2027-03-28T02:30", "Europe/Madrid", "2027-03-28T01:00", id="in the gap"),
        pytest.param("2027-03-28T02:00", "Europe/Madrid", "2027-03-28T01:00", id="its first"),
        pytest.param("2027-03-28T02:59:59", "Europe/Madrid", "2027-03-28T01:00", id="its last"),
        pytest.param("2027-03-28T02:30:00.5", "Europe/Madrid", "2027-03-28T01:00", id="a part"),
        pytest.param("2027-03-28T03:00", "Europe/Madrid", "2027-03-28T01:00", id="after the gap"),
        pytest.param("2027-10-31T02:30", "Europe/Madrid", "2027-10-31T01:30", id="twice: later"),
        pytest.param("2027-03-14T02:15", "America/New_York", "2027-03-14T07:00", id="New York"),
        pytest.param("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00", id="a lost day"),
    ],
)
def test_a_local_time_is_an_instant(local: str, name: str, at: str) -> None:
    assert instant_of(datetime.fromisoformat(local), zone(name)) == utc(at)


def test_the_earlier_of_two_is_found_when_it_is_asked_for() -> None:
    wall = datetime.fromisoformat("2027-10-31T02:30")

    assert instant_of(wall, zone("Europe/Madrid"), fold=0) == utc("2027-10-31T00:30")
