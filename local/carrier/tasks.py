"""Work that runs beside the requests and is given up when the carrier stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """The running tasks; asyncio itself would let them be collected half way."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run this beside the rest."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def stop(self) -> None:
        """Cancel what still runs and wait until it has stopped."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
