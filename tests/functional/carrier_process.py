"""A carrier as its callers meet it: a process, its webhooks, its journal."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition
from typing import Any

KEY = "a-key"
SECRET = "a-secret"
PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    body: bytes
    timestamp: str
    signature: str

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class Receiver(ThreadingHTTPServer):
    """Takes webhooks, answers with the statuses it was told to give, then with 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.webhooks: list[Webhook] = []
        self.statuses: list[int] = []
        self.changed = Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events"

    @property
    def events(self) -> list[Any]:
        return [webhook.event for webhook in self.webhooks]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def take(self, webhook: Webhook) -> int:
        with self.changed:
            self.webhooks.append(webhook)
            self.changed.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait_for(self, *types: str) -> list[Any]:
        """Wait until as many events of each of these types have come."""
        with self.changed:
            came = self.changed.wait_for(
                lambda: all(self.types.count(t) >= types.count(t) for t in types), PATIENCE
            )
        assert came, f"only {self.types} came"
        return self.events


class _Receive(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        webhook = Webhook(
            body=body,
            timestamp=self.headers["X-Carrier-Timestamp"],
            signature=self.headers["X-Carrier-Signature"],
        )
        self.send_response(self.server.take(webhook))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


class Carrier:
    """The process, and a plain HTTP client to it."""

    def __init__(
        self, program: Sequence[str], journal: Path, webhook_url: str, *flags: str
    ) -> None:
        self.journal = journal
        self.webhook_url = webhook_url
        common = ["--port", "0", "--journal", str(journal)]
        keys = ["--api-key", KEY, "--webhook-secret", SECRET]
        self.process = subprocess.Popen(
            [*program, *common, *keys, *flags], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.port = int(json.loads(self.process.stdout.readline())["listening"].split(":")[-1])

    def ask(self, method: str, path: str, body: object = None, *, key: str = KEY) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            payload = body if isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, payload, {"Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            return Answer(
                status=response.status,
                body=json.loads(response.read()),
                headers=dict(response.getheaders()),
            )
        finally:
            connection.close()

    def call(self, to: str, *, correlation_id: str = "c1", **fields: object) -> Answer:
        body = {
            "correlation_id": correlation_id,
            "to": to,
            "from": "+34910000000",
            "agent": "agent-1",
            "webhook_url": self.webhook_url,
            "ring_timeout_ms": 30_000,
            "max_duration_ms": 60_000,
            "prompt": None,
            "context": {},
        }
        return self.ask("POST", "/calls", body | fields)

    def calls(self, correlation_id: str = "c1") -> Any:
        return self.ask("GET", f"/calls?correlation_id={correlation_id}").body["calls"]

    def wait_for_call(self, status: str, correlation_id: str = "c1") -> Any:
        eventually(lambda: self.calls(correlation_id)[0]["status"] == status)
        return self.calls(correlation_id)[0]

    def set_faults(self, **faults: float) -> None:
        assert self.ask("PUT", "/faults", faults).status == 200

    def lines(self, event: str) -> list[Any]:
        lines = map(json.loads, self.journal.read_text().splitlines())
        return [line for line in lines if line["event"] == event]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()
        return status


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
