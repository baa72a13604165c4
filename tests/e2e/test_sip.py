"""A campaign whose calls really ring: SIP to phones that SIPp plays, counted where they ring."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelibs.domain.instants import from_epoch_ms
from local import keys, parts
from local.sip.phones import Phones, free_udp_ports, ringing
from local.stack import Stack
from tests.e2e.campaigning import Campaign
from tests.e2e.conftest import Start
from tests.local.sip import rings

pytestmark = [pytest.mark.engine, pytest.mark.slow, rings]

INTERVAL = timedelta(seconds=2)

#: How much later than due a machine with much to do may dial.
LATE = timedelta(seconds=45)

#: Two phones for each last digit.
PHONES = [f"+120255501{number:02}" for number in range(20)]

#: By the last digit: how each attempt ends.
OUTCOMES = {
    "0": ["completed"],
    "1": ["completed"],
    "2": ["busy", "busy"],
    "3": ["busy", "busy"],  # declined: somebody is there, and is not to be rung at once again
    "4": ["failed"],  # unknown, for good
    "5": ["failed", "failed"],
    "6": ["no_answer", "no_answer"],
    "7": ["no_answer", "no_answer"],
    "8": ["completed"],  # and hangs up at once
    "9": ["completed"],
}


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    with ringing(tmp_path / "phones") as phones:
        yield phones


@pytest.fixture
def stack(start: Start, phones: Phones) -> Stack:
    here = f"127.0.0.1:{free_udp_ports()[0]}"
    program = (*parts.SIP, "--trunk", phones.address, "--address", here)
    return start(program, carrier_name="sip")


def heard(stack: Stack, url: str) -> bytes:
    """A recording, fetched with the key that carrier and service share."""
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    key = keys.load(stack.settings.data).carrier_key
    connection.request("GET", address.path, headers={"Authorization": f"Bearer {key}"})
    return connection.getresponse().read()


def test_real_calls_are_placed_once_retried_in_time_and_settled_as_they_ended(
    stack: Stack, phones: Phones
) -> None:
    intervals = {"retry_intervals_ms": [INTERVAL // timedelta(milliseconds=1)]}
    campaign = Campaign(stack, carrier="sip", settings=intervals, phones=PHONES)
    campaign.drop_contacts()
    campaign.await_end()

    seen = campaign.check()
    calls_by_phone = {task["phone"]: seen.calls_by_task[task["id"]] for task in seen.tasks}
    outcomes = {
        phone: [call["outcome"] for call in calls] for phone, calls in calls_by_phone.items()
    }
    assert outcomes == {phone: OUTCOMES[phone[-1]] for phone in PHONES}

    calls = [call for calls in calls_by_phone.values() for call in calls]
    assert phones.invites() == {call["id"]: 1 for call in calls}, "one INVITE for each attempt"

    started = {ring.call_id: from_epoch_ms(ring.started_ms) for ring in seen.rings}
    pauses = {
        phone: started[second["id"]] - datetime.fromisoformat(first["ended_at"])
        for phone, (first, *more) in calls_by_phone.items()
        for second in more
    }
    assert {phone[-1] for phone in pauses} == set("23567")
    assert all(INTERVAL <= pause <= INTERVAL + LATE for pause in pauses.values()), pauses

    for call in calls:
        if call["outcome"] == "completed":
            assert 0.3 < call["duration_s"] < 15
            assert heard(stack, call["recording_url"]).startswith(b"RIFF")
