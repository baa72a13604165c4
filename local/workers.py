"""The threads of the local stack, started and stopped together."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Job = Callable[[threading.Event], None]


class Workers:
    """Jobs that run until they are told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, name: str, job: Job) -> None:
        """Take on a job; it must look at the event it is given."""
        # Daemons, so that a job that does not stop in time cannot hold the process.
        thread = threading.Thread(target=job, args=(self._stop,), name=name, daemon=True)
        self._threads.append(thread)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, within_s: float) -> bool:
        """Tell every job to stop and wait; whether all did."""
        self._stop.set()
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.warning("left running: %s", ", ".join(late))
        return not late
