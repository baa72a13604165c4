"""A carrier on the loopback that answers as a test wants, or does not, and counts requests."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import parse_qs


class Seen(NamedTuple):
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)


class Answer(NamedTuple):
    """What is answered; `manner` says how."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    manner: str = "answer"


class Loopback(ThreadingHTTPServer):
    """Gives the answers it was told, in order, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.answers: list[Answer] = [Answer()]
        self.is_over = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def placed(self) -> list[Seen]:
        """The requests that may have made a phone ring."""
        return [one for one in self.seen if one.method == "POST"]

    def says(
        self, *told: tuple[int, Any], manner: str = "answer", headers: dict[str, str] | None = None
    ) -> None:
        """Answer so from now on."""
        self.answers = [
            Answer(status, raw(body), tuple((headers or {}).items()), manner)
            for status, body in told
        ]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who hangs up in the midst of an answer is what is tested."""

    def take(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def raw(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Loopback

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.take()
        self.server.seen.append(Seen(self.command, self.path, headers, body))
        self.close_connection = True
        with suppress(OSError):
            getattr(self, answer.manner)(answer)

    def answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {
            "Content-Length": str(len(answer.body)),
            **dict(answer.headers),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def hang(self, answer: Answer) -> None:
        assert answer
        self.server.is_over.wait(30)

    def broken(self, answer: Answer) -> None:
        """The connection is reset before anything is said."""
        assert answer
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        self.connection.close()

    def drip(self, answer: Answer) -> None:
        """A byte now and then, never the end: no single wait is long."""
        self.send_response(answer.status)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        for _ in self._while_wanted():
            self.wfile.write(b" ")

    def drip_headers(self, answer: Answer) -> None:
        """The same before the first line is whole."""
        assert answer
        for _ in self._while_wanted():
            self.wfile.write(b"H")

    def cut(self, answer: Answer) -> None:
        """Half of what was announced."""
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2])

    def _while_wanted(self) -> Iterator[None]:
        while not self.server.is_over.wait(0.02):
            self.wfile.flush()
            yield

    do_GET = do_POST = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""
