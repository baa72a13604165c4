"""`python -m local.carrier`: run the simulated carrier until it is told to stop."""

import socket
import sys
from contextlib import AsyncExitStack
from functools import partial

import aiohttp

from local.carrier.faults import Faults
from local.carrier.journal import Journal, read_lines, replay
from local.carrier.process import address_of, asked_to_stop, run_carrier, serve
from local.carrier.register import Register
from local.carrier.server import CallRoutes, FaultBoard, add_faults, create_app, silent_recording
from local.carrier.settings import Settings, parse_settings
from local.carrier.switchboard import Switchboard
from local.carrier.tasks import Tasks
from local.carrier.webhooks import Webhooks


async def run(settings: Settings, listener: socket.socket, journal: Journal) -> None:
    """Serve until SIGTERM or SIGINT; what is in flight then ends at the next start."""
    stopped = asked_to_stop()
    board, tasks = FaultBoard(settings.faults), Tasks()

    def faults() -> Faults:
        return board.faults

    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=settings.webhooks.connections)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        stack.push_async_callback(tasks.stop)
        register = Register(
            replay(read_lines(settings.journal)),
            journal=journal,
            webhooks=Webhooks(
                session, settings.webhooks, journal=journal, tasks=tasks, faults=faults
            ),
            prefix="sim",
            recordings_url=f"{address_of(listener)}/recordings",
        )
        switchboard = Switchboard(settings.behaviour, register=register, tasks=tasks)
        switchboard.end_interrupted()
        calls = CallRoutes(switchboard, journal=journal, faults=faults, api_key=settings.api_key)
        app = create_app(switchboard, calls, silent_recording)
        add_faults(app, board)
        await serve(app, listener, stack, journal=settings.journal)
        await stopped.wait()


def main() -> int:
    """Run as the command line says; the exit status."""
    settings = parse_settings(sys.argv[1:])
    return run_carrier(partial(run, settings), port=settings.port, journal=settings.journal)


if __name__ == "__main__":
    raise SystemExit(main())
