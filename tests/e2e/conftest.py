"""Stacks for campaigns: ports and a data folder of their own, and short waits."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import settings
from local.settings import Settings
from local.stack import Stack
from local.trial import free_port

CARRIER = (
    *("-m", "local.carrier", "--ring", "0.05:0.2", "--talk", "0.1:0.4", "--callback-in", "1"),
    *("--webhook-doubled", "0.1"),
)
LOSES_WEBHOOKS = ("--webhook-lost", "0.02")

#: Rescue looks soon, so that what was lost is found within the test; and not sooner than a busy
#: machine brings a call to the gate, nor while the carrier may still be asked: four seconds, which
#: is half of what is left for sending.
WAITS = {"FIRST_LOOK_S": "18", "SENDING_S": "8", "RESCUE_MARGIN_S": "4", "LOOK_AGAIN_S": "2"}

#: Nudges need not wait for a tick that has much to rescue.
PUMPS = {**settings.PUMPS, "NUDGES": 2}

Start = Callable[..., Stack]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """What starts a stack, with waits and settings of its own if need be."""
    with ExitStack() as stacks:

        def started(carrier: Sequence[str] = CARRIER, **changes: Any) -> Stack:
            own = replace(
                Settings.from_environment(os.environ),
                data=tmp_path / "data",
                port=free_port(),
                engine_port=free_port(),
                carrier_port=free_port(),
                pumps=PUMPS,
                **{"told": WAITS, "visibility_s": 4, "tick_s": 2, **changes},
            )
            return stacks.enter_context(Stack(own, carrier=carrier))

        yield started


@pytest.fixture
def stack(start: Start) -> Stack:
    return start((*CARRIER, *LOSES_WEBHOOKS))
