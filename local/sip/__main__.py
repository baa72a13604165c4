"""`python -m local.sip`: place real calls until told to stop."""

import asyncio
import socket
import sys
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import aiohttp
from aiohttp import web

from local.carrier.faults import Faults
from local.carrier.journal import Journal, read_lines, replay
from local.carrier.process import address_of, asked_to_stop, run_carrier, serve
from local.carrier.register import Register
from local.carrier.server import CallRoutes, Handler, create_app, no_such_call
from local.carrier.tasks import Tasks
from local.carrier.webhooks import Webhooks
from local.sip.legs import NotDialled, Stalled
from local.sip.lines import Lines
from local.sip.settings import Settings, parse_settings
from local.sip.switchboard import SipSwitchboard

#: For phones to be told that nobody is there any more.
_HANG_UP_S: Final = 3


async def run(settings: Settings, listener: socket.socket, journal: Journal) -> None:
    """Serve until SIGTERM or SIGINT, then hang up.

    Raises:
        NotDialled: when SIP cannot be spoken here.
        Stalled: when the SIP stack answers no more.
    """
    stopped, tasks = asked_to_stop(), Tasks()
    async with AsyncExitStack() as stack:
        lines = Lines(address=settings.address, trunk=settings.trunk, tasks=tasks)
        await lines.open()
        stack.push_async_callback(lines.close)
        connector = aiohttp.TCPConnector(limit=settings.webhooks.connections)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        stack.push_async_callback(tasks.stop)
        register = Register(
            replay(read_lines(settings.journal)),
            journal=journal,
            webhooks=Webhooks(
                session, settings.webhooks, journal=journal, tasks=tasks, faults=Faults
            ),
            prefix="sip",
            recordings_url=f"{settings.public_url or address_of(listener)}/recordings",
            is_paid=False,
        )
        switchboard = SipSwitchboard(settings.manners, register=register, lines=lines, tasks=tasks)
        switchboard.end_interrupted()
        calls = CallRoutes(switchboard, journal=journal, faults=Faults, api_key=settings.api_key)
        app = create_app(switchboard, calls, calls.guarded(_recordings(settings, calls)))
        await serve(app, listener, stack, journal=settings.journal)
        await _either(stopped, switchboard.stalled)
        if switchboard.stalled.is_set():
            raise Stalled("the SIP stack answers no more: start this process again")
        await switchboard.hang_up_all(within_s=_HANG_UP_S)


def _recordings(settings: Settings, calls: CallRoutes) -> Handler:
    async def recording(request: web.Request) -> web.StreamResponse:
        """GET /recordings/{id}.wav: what was heard."""
        call = calls.find(request)
        path = settings.manners.recordings / f"{call.call_id}.wav" if call else None
        return web.FileResponse(path) if path and path.exists() else no_such_call()

    return recording


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def main() -> int:
    """Run as the command line says; the exit status."""
    settings = parse_settings(sys.argv[1:])
    return run_carrier(
        partial(run, settings),
        port=settings.port,
        journal=settings.journal,
        broken=(NotDialled, Stalled),
    )


if __name__ == "__main__":
    raise SystemExit(main())
