"""One carrier as a process: a door, a journal, and an end when it is asked for."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from local.carrier.clock import epoch_ms
from local.carrier.journal import Journal, JournalInUse

HOST: Final = "127.0.0.1"

Run = Callable[[socket.socket, Journal], Coroutine[Any, Any, None]]


def run_carrier(
    run: Run, *, port: int, journal: Path, broken: tuple[type[Exception], ...] = ()
) -> int:
    """Open the door, then the journal: whoever cannot have both leaves both alone."""
    expected: tuple[type[Exception], ...] = (OSError, JournalInUse, *broken)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        with Journal(journal, now=epoch_ms) as opened:
            asyncio.run(run(listener, opened))
    except expected as error:
        sys.stderr.write(f"carrier: {type(error).__name__}: {error}\n")
        return 1
    return 0


def asked_to_stop() -> asyncio.Event:
    """Make an event that SIGTERM or SIGINT sets."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def address_of(listener: socket.socket) -> str:
    """Where the carrier is reached."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


async def serve(
    app: web.Application, listener: socket.socket, stack: AsyncExitStack, *, journal: Path
) -> None:
    """Answer from now on, until the stack unwinds; tell so in one JSON line."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    line = {"listening": address_of(listener), "journal": str(journal)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
