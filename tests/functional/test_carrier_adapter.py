"""The client of the simulated carrier against a server that answers whatever a test wants."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from urllib3 import PoolManager

from chalicelibs.adapters.carriers.simulated import SimulatedCarrier
from chalicelibs.config import SimulatedCarrierSettings
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    CannotSay,
    DialRequest,
    FetchAnswer,
    NeverSeen,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
    Unreachable,
)
from tests.builders import NOON, a_call, an_agent

SECONDS = timedelta(seconds=1)
HTML = b"<html><body>Bad Gateway</body></html>"

REQUEST = DialRequest(
    call_id="c-t-1",
    phone="+34600000001",
    caller_id="+34910000000",
    agent=an_agent(
        ring_timeout=30 * SECONDS,
        max_duration=600 * SECONDS,
        voice={"id": "ana", "speed": 1.15},
    ),
    prompt="Say hello to José.",
    context={"name": "José"},
)


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server(ThreadingHTTPServer):
    """Gives one answer to all, or none, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.status, self.body, self.headers = 200, b"", dict[str, str]()
        self.manner = "answer"
        self.is_over = Event()

    def answers(self, status: int, body: Any = b"", **headers: str) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append(Seen(self.command, self.path, headers, body))
        if self.server.manner == "hang":
            self.server.is_over.wait(30)
        if self.server.manner != "answer":
            self.close_connection = True
            return
        self.send_response(self.server.status)
        length = str(len(self.server.body))
        for name, value in {"Content-Length": length, **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.is_over.set()
    server.shutdown()
    server.server_close()


def carrier_at(port: int) -> SimulatedCarrier:
    settings = SimulatedCarrierSettings(url=f"http://127.0.0.1:{port}", key="k1", secret="s1")
    url = "https://api.example/webhooks/simulated"
    return SimulatedCarrier(settings, webhook_url=url, http=PoolManager(), now=lambda: NOON)


@pytest.fixture
def carrier(server: Server) -> SimulatedCarrier:
    return carrier_at(server.server_port)


def test_a_call_is_asked_for_with_all_that_the_carrier_needs(
    server: Server, carrier: SimulatedCarrier
) -> None:
    server.answers(201, {"id": "sim-7", "status": "queued"})

    assert carrier.place(REQUEST) == Accepted("sim-7")

    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/calls")
    assert seen.headers["authorization"] == "Bearer k1"
    assert seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {
        "correlation_id": "c-t-1",
        "to": "+34600000001",
        "from": "+34910000000",
        "agent": REQUEST.agent.agent_id,
        "webhook_url": "https://api.example/webhooks/simulated",
        "ring_timeout_ms": 30_000,
        "max_duration_ms": 600_000,
        "prompt": ["Say hello to José."],
        "voice": {"id": "ana", "speed": 1.15},
        "context": {"name": "José"},
    }


def error(code: object, **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": "No.", **more}}


PLACED: list[tuple[int, Any, PlaceAnswer]] = [
    (422, error("invalid_number", permanent=True), Refused("invalid_number", is_permanent=True)),
    (422, error("not_accepted", permanent=False), Refused("not_accepted")),
    (422, error("not_accepted"), Refused("not_accepted")),
    (400, error("malformed"), Refused("malformed")),
    (401, error("unauthorized"), Refused("unauthorized")),
    (422, error("busy", permanent="no"), AnswerLost()),
    (422, error(7), AnswerLost()),
    (422, {"error": "no"}, AnswerLost()),
    (422, {"error": None}, AnswerLost()),
    (422, [], AnswerLost()),
    (422, "no", AnswerLost()),
    (403, HTML, AnswerLost()),
    (500, error("internal"), AnswerLost()),
    (500, b"", AnswerLost()),
    (502, HTML, AnswerLost()),
    (503, error("busy"), AnswerLost()),
    (504, b"\xff\xfe", AnswerLost()),
    (201, HTML, AnswerLost()),
    (201, b"", AnswerLost()),
    (201, {}, AnswerLost()),
    (201, [], AnswerLost()),
    (201, {"id": 7}, AnswerLost()),
    (201, b"[" * 100_000, AnswerLost()),
    (200, {"id": "sim-7"}, AnswerLost()),
    (301, HTML, AnswerLost()),
]


@pytest.mark.parametrize(("status", "body", "expected"), PLACED, ids=lambda value: str(value)[:40])
def test_only_a_clear_answer_is_one(
    server: Server, carrier: SimulatedCarrier, status: int, body: Any, expected: PlaceAnswer
) -> None:
    server.answers(status, body, Location="/elsewhere")

    assert carrier.place(REQUEST) == expected

    assert len(server.seen) == 1, "one request, never repeated, no redirect followed"


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        (None, 5),
        ("7", 7),
        ("0.5", 0.5),
        ("0", 0),
        ("", 5),
        ("soon", 5),
        ("-3", 0),
        ("nan", 5),
        ("inf", 5),
        ("1e300", 5),
        ("86400", 3600),
        ("Fri, 05 Mar 2027 12:02:00 GMT", 120),
        ("Fri, 05 Mar 2027 11:00:00 GMT", 0),
        ("Fri, 05 Mar 2027 12:02:00 -0000", 5),
        ("Fri, 99 Mar 2027 12:02:00 GMT", 5),
    ],
    ids=str,
)
def test_a_full_carrier_is_left_alone_for_as_long_as_it_says(
    server: Server, carrier: SimulatedCarrier, retry_after: str | None, pause: float
) -> None:
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    server.answers(429, HTML, **headers)

    assert carrier.place(REQUEST) == Throttled(pause * SECONDS)

    assert len(server.seen) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        carrier = carrier_at(taken.getsockname()[1])

        assert carrier.place(REQUEST) == Unreachable()
        assert carrier.fetch(a_call()) == CannotSay()


def test_where_nobody_takes_the_connection_nothing_was_sent() -> None:
    with socket.socket() as listening, socket.socket() as first:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        first.connect(("127.0.0.1", port))  # and fills the line of those who wait

        assert carrier_at(port).place(REQUEST) == Unreachable()


def test_a_connection_that_breaks_leaves_the_call_unknown(
    server: Server, carrier: SimulatedCarrier
) -> None:
    server.manner = "break"

    assert carrier.place(REQUEST) == AnswerLost()
    assert carrier.fetch(a_call()) == CannotSay()

    assert len(server.seen) == 2


def test_a_carrier_that_hangs_is_not_waited_for_long(
    server: Server, carrier: SimulatedCarrier
) -> None:
    server.manner = "hang"

    assert carrier.place(REQUEST) == AnswerLost()

    assert len(server.seen) == 1
    assert not server.is_over.is_set(), "it hangs still"


def test_an_answer_cut_short_leaves_the_call_unknown(
    server: Server, carrier: SimulatedCarrier
) -> None:
    server.answers(201, b'{"id": "sim', Content_Length="99", Connection="close")

    assert carrier.place(REQUEST) == AnswerLost()

    assert len(server.seen) == 1


# --- Asking what became of a call ---------------------------------------------------------------

CALL = a_call()


def ended(**changes: Any) -> dict[str, Any]:
    """An ended call as `local/carrier` shows it."""
    call = {
        "id": "sim-7",
        "correlation_id": CALL.call_id,
        "status": "ended",
        "outcome": "no-answer",
        "permanent": False,
        "duration_ms": 0,
        "ended_at": epoch_ms(NOON),
        "analysis": None,
    }
    return {**call, **changes}


FETCHED: list[tuple[int, Any, FetchAnswer]] = [
    (200, {"calls": []}, NeverSeen()),
    (200, {"calls": [{"status": "ringing"}]}, StillAlive()),
    (200, {"calls": [{"status": "in_progress"}]}, StillAlive()),
    (200, HTML, CannotSay()),
    (200, b"", CannotSay()),
    (200, [], CannotSay()),
    (200, {}, CannotSay()),
    (200, {"calls": [7]}, CannotSay()),
    (200, {"calls": [{}]}, CannotSay()),
    (200, {"calls": [ended(ended_at=None)]}, CannotSay()),
    (200, {"calls": [ended(ended_at="noon")]}, CannotSay()),
    (200, {"calls": [ended(ended_at=10**30)]}, CannotSay()),
    (200, {"calls": [ended(outcome=["busy"])]}, CannotSay()),
    (200, {"calls": [ended(analysis="none")]}, CannotSay()),
    (404, error("not_found"), CannotSay()),
    (429, b"", CannotSay()),
    (401, error("unauthorized"), CannotSay()),
    (500, HTML, CannotSay()),
    (502, HTML, CannotSay()),
    (301, {"calls": []}, CannotSay()),
]


@pytest.mark.parametrize(
    ("status", "body", "expected"), FETCHED, ids=lambda value: str(value)[:60]
)
def test_what_became_of_a_call(
    server: Server, carrier: SimulatedCarrier, status: int, body: Any, expected: FetchAnswer
) -> None:
    server.answers(status, body, Location="/elsewhere")

    assert carrier.fetch(CALL) == expected

    (seen,) = server.seen
    assert (seen.method, seen.path) == ("GET", f"/calls?correlation_id={CALL.call_id}")
    assert seen.headers["authorization"] == "Bearer k1"


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("completed", "completed"),
        ("no-answer", "no_answer"),
        ("busy", "busy"),
        ("voicemail", "voicemail"),
        ("no-response", "no_response"),
        ("failed", "failed"),
        ("a new word", "failed"),
    ],
)
def test_a_call_that_has_ended_is_told_as_its_webhook_would(
    server: Server, carrier: SimulatedCarrier, word: str, outcome: str
) -> None:
    server.answers(200, {"calls": [ended(outcome=word, duration_ms=1500, permanent=True)]})

    event = carrier.fetch(CALL)

    assert isinstance(event, CallEvent)
    assert (event.call_id, event.carrier_call_id) == (CALL.call_id, "sim-7")
    assert (event.kind, event.at, event.outcome) == ("ended", NOON, outcome)
    assert (event.is_permanent, event.duration) == (True, 1.5 * SECONDS)


def test_a_fetched_call_brings_who_said_what(server: Server, carrier: SimulatedCarrier) -> None:
    said = [{"role": "agent", "text": "Hello.", "at_ms": 1500}, {"role": "contact", "text": "?"}]
    server.answers(200, {"calls": [ended(outcome="completed", transcript=said)]})

    event = carrier.fetch(CALL)

    assert isinstance(event, CallEvent)
    assert event.transcript == (
        Utterance("agent", "Hello.", 1.5 * SECONDS),
        Utterance("contact", "?"),
    )


def test_a_fetched_call_brings_its_analysis(server: Server, carrier: SimulatedCarrier) -> None:
    told = {"summary": "Yes.", "outcome": "will_pay", "callback_at": "2027-03-05T14:00:00Z"}
    server.answers(200, {"calls": [ended(outcome="completed", analysis=told)]})

    event = carrier.fetch(CALL)

    assert isinstance(event, CallEvent)
    assert (event.outcome, event.analysis) == ("will_pay", told)
    assert event.callback_at == NOON + 7200 * SECONDS
