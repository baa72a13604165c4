"""The clock of the simulated carrier: real time, in epoch milliseconds."""

import time


def epoch_ms() -> int:
    """Read the clock."""
    return time.time_ns() // 1_000_000
