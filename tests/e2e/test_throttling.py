"""AWS throttles a third of all requests, and holds back parts of batches."""

import json
import os
import time
from pathlib import Path

import pytest

from local import faults
from local.stack import Stack
from tests.e2e.campaigning import PHONES, Campaign, told

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: A minute is for whoever has the time: `CARILLON_THROTTLED_S=60`.
THROTTLED_S = float(os.environ.get("CARILLON_THROTTLED_S", "20"))

#: So few calls a second that the fault meets all of the campaign but its start and its end.
PACE = 8
CONTACTS = PHONES[: min(len(PHONES), int(PACE * (THROTTLED_S + 10)))]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "faults.json"
    monkeypatch.setenv(faults.VARIABLE, str(file))
    return file


def test_throttling_slows_a_campaign_down_and_loses_nobody(file: Path, stack: Stack) -> None:
    campaign = Campaign(stack, phones=CONTACTS)
    limits = {"concurrency_limit": campaign.limit, "calls_per_second": PACE}
    campaign.client.put("/workspace/limits", limits)
    campaign.drop_contacts()
    campaign.await_dials(10)

    file.write_text(json.dumps({"throttled": 1 / 3, "held_back": 1 / 3}))
    before = len(campaign.dials())
    time.sleep(THROTTLED_S)
    meanwhile = len(campaign.dials()) - before
    file.unlink()
    told(f"{meanwhile / THROTTLED_S:.1f} calls per second of {PACE} while throttled")

    assert meanwhile, "it came to a halt"
    campaign.await_end()
    campaign.check()
