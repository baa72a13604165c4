"""`python -m local.carrier`: run the simulated carrier until it is told to stop."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web

from local.carrier.clock import epoch_ms
from local.carrier.journal import Journal, JournalInUse, read_lines, replay
from local.carrier.server import CallRoutes, FaultBoard, create_app
from local.carrier.settings import Settings, parse_settings
from local.carrier.switchboard import Switchboard
from local.carrier.tasks import Tasks
from local.carrier.webhooks import Webhooks

HOST = "127.0.0.1"


async def run(settings: Settings, listener: socket.socket, journal: Journal) -> None:
    """Serve until SIGTERM or SIGINT; what is in flight then ends at the next start."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    board, tasks = FaultBoard(settings.faults), Tasks()
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=settings.webhooks.connections)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        stack.push_async_callback(tasks.stop)
        webhooks = Webhooks(
            session,
            settings.webhooks,
            journal=journal,
            tasks=tasks,
            faults=lambda: board.faults,
        )
        switchboard = Switchboard(
            settings.behaviour,
            history=replay(read_lines(settings.journal)),
            journal=journal,
            webhooks=webhooks,
            tasks=tasks,
            recordings_url=f"{address}/recordings",
        )
        switchboard.end_interrupted()
        calls = CallRoutes(switchboard, journal=journal, board=board, api_key=settings.api_key)
        app = create_app(switchboard, board, calls)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        _announce(address, settings)
        await stopped.wait()


def main() -> int:
    """Open the door, then the journal: whoever cannot have both leaves both alone."""
    settings = parse_settings(sys.argv[1:])
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, settings.port))
        with Journal(settings.journal, now=epoch_ms) as journal:
            asyncio.run(run(settings, listener, journal))
    except (OSError, JournalInUse) as error:
        sys.stderr.write(f"carrier: {type(error).__name__}: {error}\n")
        return 1
    return 0


def _announce(address: str, settings: Settings) -> None:
    """Tell whoever started this where it listens: one JSON line on standard output."""
    line = {"listening": address, "journal": str(settings.journal)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
