"""Stacks for campaigns: ports and a data folder of their own, and short waits."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local import settings
from local.settings import Settings
from local.stack import Stack
from tests.local.waiting import free_port

CARRIER = (
    *("-m", "local.carrier", "--ring", "0.05:0.2", "--talk", "0.1:0.4", "--callback-in", "1"),
    *("--webhook-lost", "0.02", "--webhook-doubled", "0.1"),
)

#: Rescue looks soon, so that what was lost is found within the test.
WAITS = {"FIRST_LOOK_S": "10", "SENDING_S": "5", "RESCUE_MARGIN_S": "4", "LOOK_AGAIN_S": "2"}

#: Nudges need not wait for a tick that has much to rescue.
PUMPS = {**settings.PUMPS, "NUDGES": 2}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name, seconds in WAITS.items():
        monkeypatch.setenv(name, seconds)
    own = replace(
        Settings.from_environment(os.environ),
        data=tmp_path / "data",
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        visibility_s=4,
        tick_s=2,
        pumps=PUMPS,
    )
    with Stack(own, carrier=CARRIER) as stack:
        yield stack
