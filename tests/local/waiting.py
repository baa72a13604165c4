"""Waiting for what happens elsewhere, with a deadline."""

import socket
import time
from collections.abc import Callable


def until(true: Callable[[], object], within_s: float = 20) -> None:
    """Ask until the answer is true; fail when it takes too long."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.05)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
