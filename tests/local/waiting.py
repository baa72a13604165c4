"""Waiting for what happens elsewhere, with a deadline."""

import time
from collections.abc import Callable

from local.trial import free_port

__all__ = ["free_port", "until"]


def until(true: Callable[[], object], within_s: float = 20) -> None:
    """Ask until the answer is true; fail when it takes too long."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.05)
