"""Waiting for what happens elsewhere, with a deadline."""

import random
import socket
import time
from collections.abc import Callable


def until(true: Callable[[], object], within_s: float = 20) -> None:
    """Ask until the answer is true; fail when it takes too long."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.05)


#: Below the ports that connections of this machine leave from: one of those could take a port
#: that was found free, between a stop and a start.
PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Find a port that nobody listens on."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
