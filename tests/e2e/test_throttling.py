"""AWS throttles a third of all requests, and holds back parts of batches, for a minute."""

import json
import time
from pathlib import Path

import pytest

from local.stack import Stack
from tests.e2e.campaigning import PHONES, Campaign

pytestmark = [pytest.mark.engine, pytest.mark.slow]

THROTTLED_S = 20

#: So many calls a second that they outlast the fault.
PACE = len(PHONES) // THROTTLED_S


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "faults.json"
    monkeypatch.setenv("CARILLON_FAULTS", str(file))
    return file


def test_a_minute_of_throttling_loses_nothing_and_rings_nobody_twice(
    faults: Path, stack: Stack
) -> None:
    campaign = Campaign(stack)
    campaign.drop_contacts()
    campaign.await_dials(20)
    faults.write_text(json.dumps({"throttled": 1 / 3, "held_back": 1 / 3}))
    since = time.monotonic()
    before = len(campaign.dials())
    while time.monotonic() < since + 20:
        time.sleep(0.1)
    print("dials meanwhile", len(campaign.dials()) - before)
    faults.unlink()
    campaign.await_end()
    seen = campaign.check()
