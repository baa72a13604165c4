"""The carrier's HTTP interface."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from aiohttp import web

from local.carrier.answers import Answer, Refused, Taken, Throttled
from local.carrier.calls import Call
from local.carrier.faults import BadFaults, Faults
from local.carrier.journal import Journal
from local.carrier.recordings import silence
from local.carrier.register import Register
from local.carrier.requests import CallRequest, MalformedRequest, parse_call_request

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dialler(Protocol):
    """Whoever makes the phones ring, or seem to."""

    register: Register

    def take(self, request: CallRequest, faults: Faults) -> Answer:
        """Decide about a create request and, where it is taken, start its call."""

    def cancel(self, call: Call) -> None:
        """Hang up; a call that has ended stays as it is."""


class FaultBoard:
    """The faults in force; they may change while the carrier runs."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    async def show(self, _: web.Request) -> web.Response:
        """GET /faults."""
        return web.json_response(asdict(self.faults))

    async def change(self, request: web.Request) -> web.Response:
        """PUT /faults: those named change, the others stay."""
        body = await _json(request)
        if not isinstance(body, dict):
            return error(400, "malformed", "the body must be a JSON object")
        try:
            self.faults = self.faults.changed(body)
        except BadFaults as bad:
            return error(400, "bad_faults", str(bad))
        return await self.show(request)


class CallRoutes:
    """Everything under /calls, for callers that bear the key."""

    def __init__(
        self,
        dialler: Dialler,
        *,
        journal: Journal,
        faults: Callable[[], Faults],
        api_key: str,
    ) -> None:
        self._dialler = dialler
        self._journal = journal
        self._faults = faults
        self._bearer = f"Bearer {api_key}".encode()

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST /calls: what becomes of a request is the dialler's to say."""
        if not self._bears_key(request):
            self._turn_away("unauthorized", None)
            return _unauthorized()
        body = await _json(request)
        try:
            wanted = parse_call_request(body)
        except MalformedRequest as malformed:
            self._turn_away("malformed", body)
            return error(400, "malformed", str(malformed))
        answer = self._dialler.take(wanted, self._faults())
        if isinstance(answer, Taken) and answer.is_hung:
            return await self._leave_hanging(request)
        return self._render(answer)

    async def correlated(self, request: web.Request) -> web.Response:
        """GET /calls?correlation_id=X."""
        correlation_id = request.query.get("correlation_id")
        if not correlation_id:
            return error(400, "malformed", "correlation_id is missing")
        calls = self._dialler.register.history.correlated(correlation_id)
        return web.json_response({"calls": [call.as_json() for call in calls]})

    async def show(self, request: web.Request) -> web.Response:
        """GET /calls/{id}."""
        call = self.find(request)
        return web.json_response(call.as_json()) if call else no_such_call()

    async def cancel(self, request: web.Request) -> web.Response:
        """POST /calls/{id}/cancel: hang up; a call that has ended stays as it is."""
        call = self.find(request)
        if not call:
            return no_such_call()
        self._dialler.cancel(call)
        return web.json_response(call.as_json())

    def guarded(self, handler: Handler) -> Handler:
        """Let only callers that bear the key reach the handler."""

        async def guard(request: web.Request) -> web.StreamResponse:
            return await handler(request) if self._bears_key(request) else _unauthorized()

        return guard

    def _render(self, answer: Answer) -> web.Response:
        match answer:
            case Taken(call=call):
                return web.json_response({"id": call.call_id, "status": "queued"}, status=201)
            case Refused() as refused:
                return error(422, refused.code, refused.message, permanent=refused.is_permanent)
            case Throttled():
                response = error(429, "throttled", "too many requests")
                response.headers["Retry-After"] = str(self._faults().retry_after_s)
                return response
        return error(500, "internal", "the carrier failed")

    def find(self, request: web.Request) -> Call | None:
        """Find the call that the path names."""
        return self._dialler.register.history.get(request.match_info["call_id"])

    def _bears_key(self, request: web.Request) -> bool:
        borne = request.headers.get("Authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(borne, self._bearer)

    def _turn_away(self, code: str, body: object) -> None:
        correlation_id = body.get("correlation_id") if isinstance(body, dict) else None
        nobody = {"call": None, "to": None, "from": None, "agent": None}
        line = {**nobody, "correlation_id": correlation_id}
        self._journal.write("requested", line, answer="refused", code=code)

    async def _leave_hanging(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self._faults().hang_ms / 1000)
        if request.transport:
            request.transport.abort()
        return web.Response()


def create_app(dialler: Dialler, calls: CallRoutes, recording: Handler) -> web.Application:
    """Put the routes together that every carrier here has."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def stats(_: web.Request) -> web.Response:
        register = dialler.register
        return web.json_response({"in_flight": register.in_flight, "dialled": register.dials})

    app = web.Application()
    app.add_routes(
        [
            web.post("/calls", calls.create),
            web.get("/calls", calls.guarded(calls.correlated)),
            web.get("/calls/{call_id}", calls.guarded(calls.show)),
            web.post("/calls/{call_id}/cancel", calls.guarded(calls.cancel)),
            web.get("/health", health),
            web.get("/stats", stats),
            web.get("/recordings/{call_id}.wav", recording),
        ]
    )
    return app


def add_faults(app: web.Application, board: FaultBoard) -> None:
    """Let whoever tries something have the carrier go wrong."""
    app.add_routes([web.get("/faults", board.show), web.put("/faults", board.change)])


async def silent_recording(_: web.Request) -> web.Response:
    """GET /recordings/{id}.wav, where nobody spoke."""
    return web.Response(body=silence(), content_type="audio/wav")


def error(status: int, code: str, message: str, *, permanent: bool = False) -> web.Response:
    """Answer with what is wrong."""
    body = {"error": {"code": code, "message": message, "permanent": permanent}}
    return web.json_response(body, status=status)


async def _json(request: web.Request) -> Any:
    """Read the body; None, which no route accepts, where it is no JSON."""
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _unauthorized() -> web.Response:
    return error(401, "unauthorized", "the key is missing or wrong")


def no_such_call() -> web.Response:
    """Answer that nothing is known of it."""
    return error(404, "not_found", "no such call")
