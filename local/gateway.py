"""The HTTP side of the local stack: what API Gateway does around a Chalice app."""

import base64
import gzip
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalice import local as chalice_local
from chalice.app import Chalice
from chalice.config import Config

from local.gateway_errors import Refusal, Refusals

log = logging.getLogger(__name__)

#: API Gateway's limit for a payload.
MOST_BYTES = 10 * 1024 * 1024
#: A body that is too large is still read up to here: most clients look at the answer only once
#: they have sent everything.
_MOST_DRAINED = 200 * 1024 * 1024


class Refused(Exception):
    """The gateway answers by itself; `kind` is API Gateway's response type."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Gateway:
    """Requests in, answers out: routes, authorizers and errors as API Gateway has them."""

    def __init__(self, app: Chalice, config: Config, refusals: Refusals) -> None:
        _make_current_request_thread_local(app)
        self._routes = app.routes
        self._matcher = chalice_local.RouteMatcher(list(app.routes))
        self._gateway = chalice_local.LocalGateway(app, config)
        self.compresses_from: int | None = config.minimum_compression_size
        self.refusals = refusals

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> dict[str, Any]:
        """Chalice's answer; raises `Refused` where the app is not asked."""
        self._check_route(method, path)
        try:
            answer: dict[str, Any] = self._gateway.handle_request(method, path, headers, body)
        except chalice_local.NotAuthorizedError as error:
            raise Refused("UNAUTHORIZED") from error
        except chalice_local.ForbiddenError as error:
            raise Refused("ACCESS_DENIED") from error
        except chalice_local.InvalidAuthorizerError as error:
            raise Refused("AUTHORIZER_CONFIGURATION_ERROR") from error
        except Exception as error:
            # Chalice answers for the errors of a view: what comes here is an authorizer's.
            if str(error) == "Unauthorized":  # The word by which API Gateway knows a 401.
                raise Refused("UNAUTHORIZED") from error
            log.exception("authorizer failed")
            raise Refused("AUTHORIZER_FAILURE") from error
        return answer

    def methods_of(self, path: str) -> list[str]:
        """The methods of a path; none where there is no such path."""
        try:
            return sorted(self._routes[self._matcher.match_route(path).route])
        except ValueError:
            return []

    def _check_route(self, method: str, path: str) -> None:
        """Refuse an unknown path and an unknown method alike, as API Gateway does."""
        try:
            route = self._matcher.match_route(path).route
        except ValueError as error:
            raise Refused("MISSING_AUTHENTICATION_TOKEN") from error
        entries = self._routes[route]
        preflight = method == "OPTIONS" and any(entry.cors for entry in entries.values())
        if method not in entries and not preflight:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")


def _make_current_request_thread_local(app: Chalice) -> None:
    """As `chalice.local.create_local_server` does: one app, many threads."""
    if isinstance(app, chalice_local.LocalChalice):
        return
    chalice_local.CustomLocalChalice.__bases__ = (chalice_local.LocalChalice, app.__class__)
    app.__class__ = chalice_local.CustomLocalChalice


class _Connection(BaseHTTPRequestHandler):
    """One client; many requests, one after the other."""

    protocol_version = "HTTP/1.1"
    # Without this line every answer waits 40 ms for the client's delayed ACK.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: "GatewayServer"

    def _respond(self) -> None:
        with self.server.request_running():
            try:
                headers, body = self._request()
                answer = self.server.gateway.answer(self.command, self.path, headers, body)
            except Refused as refused:
                self._refuse(refused.kind)
            else:
                self._render(answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _respond  # noqa: N815 - http.server's names

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - http.server's
        explain: str | None = None,  # noqa: ARG002 - http.server's
    ) -> None:
        """Refuse what is no request, or has a method that no API can have, as TRACE."""
        self.close_connection = True  # What follows on the line was not read.
        is_no_method = code == HTTPStatus.NOT_IMPLEMENTED
        allowed = self.server.gateway.methods_of(self.path) if is_no_method else []
        if allowed:
            self._refuse("METHOD_NOT_ALLOWED", {"Allow": ", ".join(allowed)})
        else:
            self._refuse("MISSING_AUTHENTICATION_TOKEN" if is_no_method else "DEFAULT_4XX")

    def handle_expect_100(self) -> bool:
        """Refuse a body that is too large before it is sent."""
        if self._length() > MOST_BYTES:
            self.close_connection = True
            self._refuse("REQUEST_TOO_LARGE")
            self.wfile.flush()
            return False
        return super().handle_expect_100()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing per request: the app has its own log."""

    def _length(self) -> int:
        text = self.headers.get("content-length", "0")
        return int(text) if text.isdecimal() else 0

    def _request(self) -> tuple[dict[str, str], bytes | None]:
        if "transfer-encoding" in self.headers:
            self.close_connection = True  # Its body is left unread on the line.
            raise Refused("DEFAULT_4XX")
        length = self._length()
        if length > MOST_BYTES:
            self._drain(length)
            raise Refused("REQUEST_TOO_LARGE")
        headers = dict(self.headers)
        if not self.headers.get("authorization", "").strip():
            # For API Gateway an empty token is none.
            headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
        return headers, self.rfile.read(length) if length else None

    def _drain(self, length: int) -> None:
        self.close_connection = True
        left = min(length, _MOST_DRAINED)
        while left > 0 and (chunk := self.rfile.read(min(left, 1 << 16))):
            left -= len(chunk)

    def _refuse(self, kind: str, more: Mapping[str, str] | None = None) -> None:
        request_id = str(uuid.uuid4())
        refusal: Refusal = self.server.gateway.refusals.of(kind, request_id=request_id)
        headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": kind, **refusal.headers}
        headers |= more or {}
        self._send(refusal.status, headers, refusal.body)

    def _render(self, answer: Mapping[str, Any]) -> None:
        body = answer["body"] or b""
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body)
        body = body.encode() if isinstance(body, str) else body
        headers = {**answer["headers"], **answer["multiValueHeaders"]}
        if self._compresses(body):
            body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
        self._send(answer["statusCode"], headers, body)

    def _compresses(self, body: bytes) -> bool:
        """Whether this body is worth it to API Gateway, and the client takes it."""
        least = self.server.gateway.compresses_from
        is_worth_it = least is not None and len(body) >= least
        return is_worth_it and "gzip" in self.headers.get("accept-encoding", "")

    def _send(self, status: int, headers: Mapping[str, Any], body: bytes) -> None:
        self.send_response(status)
        if body and "content-type" not in {name.lower() for name in headers}:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class GatewayServer(ThreadingHTTPServer):
    """A thread per connection, none of which can hold the process."""

    daemon_threads = True
    block_on_close = False
    # The default of 5 turns a burst of clients away.
    request_queue_size = 1024

    def __init__(self, gateway: Gateway, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.gateway = gateway
        self.running = 0
        self._idle = threading.Condition()

    def request_running(self) -> "_Running":
        """Count a request as running within the block."""
        return _Running(self)

    def begin(self) -> None:
        """Serve from a thread of its own."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="gateway", daemon=True
        ).start()

    def finish(self, within_s: float) -> bool:
        """Take no new connection, wait for running requests; whether all have ended."""
        self.shutdown()
        self.server_close()
        deadline = time.monotonic() + within_s
        with self._idle:
            return self._idle.wait_for(
                lambda: self.running == 0, timeout=max(0, deadline - time.monotonic())
            )

    def count(self, change: int) -> None:
        """One more request runs, or one less."""
        with self._idle:
            self.running += change
            self._idle.notify_all()


class _Running:
    def __init__(self, server: GatewayServer) -> None:
        self._server = server

    def __enter__(self) -> None:
        self._server.count(1)

    def __exit__(self, *_: object) -> None:
        self._server.count(-1)
