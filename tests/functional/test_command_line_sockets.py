"""The command line over real connections."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chalice.config import Config

import app
from client.transport import Sockets
from local.gateway import Gateway, GatewayServer
from local.gateway_errors import Refusals
from local.trial import free_port
from tests.functional.command_line import CommandLine
from tests.functional.product import TEMPLATE, Acme


@pytest.fixture
def served(acme: Acme) -> Iterator[CommandLine]:
    gateway = Gateway(app.app, Config(), Refusals(TEMPLATE["Resources"]))
    server = GatewayServer(gateway, free_port())
    server.begin()
    assert acme.key is not None
    yield CommandLine(acme.key, Sockets(), url=f"http://127.0.0.1:{server.server_address[1]}/")
    server.finish(5)


def test_a_campaign_is_created_and_watched(acme: Acme, served: CommandLine) -> None:
    shown = served.run("campaign", "create", "Leads", "--type", "realtime")

    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["id"] in shown
    assert "Leads" in served.run("watch", campaign["id"], "--once")


def test_a_server_that_is_not_there_is_one_line(served: CommandLine) -> None:
    served.environment["CARILLON_URL"] = f"http://127.0.0.1:{free_port()}"

    shown = served.run("agents", status=1)

    assert len(shown.strip().splitlines()) == 1
    assert "nobody answers at http://127.0.0.1" in shown


def test_a_key_that_no_header_can_carry_is_one_line(served: CommandLine) -> None:
    served.environment["CARILLON_API_KEY"] = "ключ"

    assert len(served.run("agents", status=1).strip().splitlines()) == 1


@dataclass
class Arrived:
    """What a bucket was sent."""

    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


@pytest.fixture
def contract() -> Iterator[tuple[str, Arrived]]:
    """An API and its bucket in one: the two routes of an upload, and an import that follows."""
    arrived = Arrived()

    class Connection(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked == {"file": "contacts.csv"}
            url = f"http://{self.headers['Host']}/bucket/contacts.csv?signature=s"
            target = {"method": "PUT", "url": url, "headers": {"Content-Type": "text/csv"}}
            self._answer(201, {"import": {"id": "i1"}, "upload": target})

        def do_PUT(self) -> None:
            arrived.headers = {name.lower(): value for name, value in self.headers.items()}
            arrived.content = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, {})

        def do_GET(self) -> None:
            rows = arrived.content.count(b"\n") - 1
            counts = {"rows": rows, "accepted": rows, "rejected": 0, "duplicates": 0}
            done = {"id": "i1", "status": "completed", "reason": None, **counts}
            self._answer(200, {**done, "options": {"dry_run": False}})

        def _answer(self, status: int, body: object) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", arrived
    server.shutdown()
    server.server_close()


def test_a_large_file_travels_in_pieces_of_known_length(
    contract: tuple[str, Arrived], tmp_path: Path
) -> None:
    url, arrived = contract
    content = b"phone,name\n" + b"+34600000001,Eva\n" * 50_000
    (tmp_path / "contacts.csv").write_bytes(content)

    shown = CommandLine("k", Sockets(), url=url).run("import", "c1", f"{tmp_path}/contacts.csv")

    assert "completed: 50000 rows" in shown
    assert arrived.content == content
    assert arrived.headers["content-length"] == str(len(content))
    assert arrived.headers["content-type"] == "text/csv"
    assert "transfer-encoding" not in arrived.headers
    assert "authorization" not in arrived.headers, "the key is not for the bucket"
