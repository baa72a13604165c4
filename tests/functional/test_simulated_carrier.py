"""The simulated carrier as its callers meet it: a process, its webhooks, its journal."""

import hashlib
import hmac
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.carrier.chance import seeded
from local.carrier.faults import Faults
from tests.functional import carrier_process
from tests.functional.carrier_process import PATIENCE, SECRET, Answer, Receiver, eventually

RULE = "55=completed"
FAST = (
    *("--ring", "0.02:0.04", "--talk", "0.03:0.06", "--analysis-delay", "0.05"),
    *("--webhook-retry-delays", "0.02,0.04", "--callback-in", "3"),
)
COMPLETED = "+34600000055"
BUSY = "+34600000001"
PROGRAM = (sys.executable, "-m", "local.carrier")

StartCarrier = Callable[..., "Carrier"]


class Carrier(carrier_process.Carrier):
    """The simulated one."""

    def call(self, to: str = COMPLETED, **fields: Any) -> Answer:
        return super().call(to, **fields)


@pytest.fixture
def start_carrier(tmp_path: Path, receiver: Receiver) -> Iterator[StartCarrier]:
    started: list[Carrier] = []

    def start(*flags: str) -> Carrier:
        rule = ("--rule", RULE)
        journal = tmp_path / "journal.jsonl"
        carrier = Carrier(PROGRAM, journal, receiver.url, *FAST, *rule, *flags)
        started.append(carrier)
        return carrier

    yield start
    for carrier in started:
        if carrier.process.poll() is None:
            carrier.stop()


@pytest.fixture
def carrier(start_carrier: StartCarrier) -> Carrier:
    return start_carrier()


def test_a_call_is_dialled_answered_and_ended(carrier: Carrier, receiver: Receiver) -> None:
    created = carrier.call()

    assert created.status == 201
    assert created.body["status"] == "queued"
    ringing, in_progress, ended = receiver.wait_for("ringing", "in_progress", "ended")
    for event in (ringing, in_progress, ended):
        assert event["call_id"] == created.body["id"]
        assert event["correlation_id"] == "c1"
    assert [e["type"] for e in (ringing, in_progress, ended)] == [
        "ringing",
        "in_progress",
        "ended",
    ]
    assert [e["sequence"] for e in (ringing, in_progress, ended)] == [1, 2, 3]
    assert ended["status"] == "completed"
    assert ended["permanent"] is False
    assert ended["duration_ms"] >= 30
    assert ended["cost"]["currency"] == "USD"
    assert ended["recording_url"].endswith(f"/recordings/{created.body['id']}.wav")
    assert ended["analysis_follows"] is False


def test_the_journal_tells_what_rang(carrier: Carrier, receiver: Receiver) -> None:
    created = carrier.call()
    receiver.wait_for("ended")
    eventually(lambda: len(carrier.lines("webhook")) == 3)

    events = ("requested", "dialled", "answered", "ended")
    requested, dialled, answered, ended = (carrier.lines(event)[0] for event in events)
    for line in (requested, dialled, answered, ended, *carrier.lines("webhook")):
        assert line["call"] == created.body["id"]
        assert line["correlation_id"] == "c1"
        assert (line["to"], line["from"]) == (COMPLETED, "+34910000000")
        assert line["agent"] == "agent-1"
    assert requested["t"] <= dialled["t"] < answered["t"] < ended["t"]
    assert requested["answer"] == "accepted"
    assert ended["status"] == "completed"
    webhooks = [(w["type"], w["manner"], w["http_status"]) for w in carrier.lines("webhook")]
    assert webhooks == [(t, "sent", 200) for t in ("ringing", "in_progress", "ended")]


def test_the_journal_tells_what_the_agent_was_told(carrier: Carrier) -> None:
    carrier.call(prompt=["You are Ana.", "Be brief."], voice={"speed": 1.15})
    carrier.call()

    told, untold = carrier.lines("requested")
    assert (told["prompt"], told["voice"]) == (["You are Ana.", "Be brief."], {"speed": 1.15})
    assert (untold["prompt"], untold["voice"]) == ([], {})


def test_every_webhook_is_signed(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call()
    receiver.wait_for("ringing", "in_progress", "ended")

    for webhook in receiver.webhooks:
        signed = webhook.timestamp.encode() + b"." + webhook.body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert webhook.signature == f"sha256={digest}"
        assert abs(int(webhook.timestamp) - webhook.event["at"]) < 30_000


def test_one_correlation_id_asked_for_twice_rings_twice(
    carrier: Carrier, receiver: Receiver
) -> None:
    first, second = carrier.call().body["id"], carrier.call().body["id"]
    receiver.wait_for("ended", "ended")

    assert first != second
    assert [call["id"] for call in carrier.calls()] == [first, second]
    assert [line["call"] for line in carrier.lines("dialled")] == [first, second]
    assert carrier.ask("GET", "/stats").body == {"in_flight": 0, "dialled": 2}


@pytest.mark.parametrize(
    ("to", "status", "permanent", "types"),
    [
        ("+34600000001", "busy", False, ["ringing", "ended"]),
        ("+34600000002", "no-answer", False, ["ringing", "ended"]),
        ("+34600000003", "voicemail", False, ["ringing", "in_progress", "ended"]),
        ("+34600000004", "failed", False, ["ringing", "ended"]),
        ("+34600000005", "no-response", False, ["ringing", "in_progress", "ended"]),
        ("+34600000009", "failed", True, ["ringing", "ended"]),
    ],
)
def test_a_number_of_the_table_ends_as_it_says(
    carrier: Carrier, receiver: Receiver, to: str, status: str, permanent: bool, types: list[str]
) -> None:
    carrier.call(to)
    ended = receiver.wait_for(*types)[-1]

    assert receiver.types == types
    assert (ended["status"], ended["permanent"]) == (status, permanent)
    call = carrier.calls()[0]
    assert (call["outcome"], call["permanent"]) == (status, permanent)


def test_busy_first_is_completed_at_the_second_call(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call("+34600000007")
    receiver.wait_for("ended")
    carrier.call("+34600000007")
    events = receiver.wait_for("ended", "ended")

    assert [e["status"] for e in events if e["type"] == "ended"] == ["busy", "completed"]


def test_an_analysis_follows_the_end(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call("+34600000006")
    *_, ended, analysed = receiver.wait_for("analysis")

    assert ended["analysis_follows"] is True
    assert analysed["sequence"] == ended["sequence"] + 1
    assert analysed["analysis"]["outcome"] == "interested"
    assert "callback_at" not in analysed["analysis"]
    assert analysed["at"] >= ended["at"] + 50
    assert carrier.calls()[0]["analysis"] == analysed["analysis"]


def test_who_said_what_comes_with_the_end_or_with_the_analysis(
    carrier: Carrier, receiver: Receiver
) -> None:
    carrier.call()
    carrier.call("+34600000006", correlation_id="c2")
    events = receiver.wait_for("ended", "ended", "analysis")

    by_kind = {(event["correlation_id"], event["type"]): event for event in events}
    said = by_kind["c1", "ended"]["transcript"]
    assert [one["role"] for one in said] == ["agent", "contact", "agent"]
    assert 0 == said[0]["at_ms"] < said[2]["at_ms"] < by_kind["c1", "ended"]["duration_ms"]
    assert by_kind["c2", "ended"]["transcript"] is None
    assert by_kind["c2", "analysis"]["transcript"] == carrier.calls("c2")[0]["transcript"]
    assert carrier.lines("ended")[0]["transcript"]


def test_a_call_that_nobody_answered_has_no_words(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call(BUSY)

    assert receiver.wait_for("ringing", "ended")[-1]["transcript"] == []


def test_a_callback_may_be_asked_for_in_local_time(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    carrier = start_carrier("--callback-timezone", "Asia/Kolkata")
    carrier.call("+34600000008")
    *_, ended, analysed = receiver.wait_for("analysis")

    asked = analysed["analysis"]["callback"]
    assert asked["timezone"] == "Asia/Kolkata"
    at = datetime.fromisoformat(f"{asked['local']}+05:30")
    assert at.timestamp() * 1000 - ended["at"] == pytest.approx(3_000, abs=1_050)
    assert "callback_at" not in analysed["analysis"]


def test_who_is_busy_asks_for_a_callback(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call("+34600000008")
    *_, ended, analysed = receiver.wait_for("analysis")

    assert ended["status"] == "completed"
    assert analysed["analysis"]["outcome"] == "busy_callback"
    callback_at = datetime.fromisoformat(analysed["analysis"]["callback_at"])
    assert callback_at.timestamp() * 1000 - ended["at"] == pytest.approx(3_000, abs=50)


@pytest.mark.parametrize("to", ["+34600000000", "12345"])
def test_an_invalid_number_is_refused_for_good(carrier: Carrier, to: str) -> None:
    refused = carrier.call(to)

    assert refused.status == 422
    assert refused.body["error"]["code"] == "invalid_number"
    assert refused.body["error"]["permanent"] is True
    assert carrier.calls() == []
    assert [line["answer"] for line in carrier.lines("requested")] == ["refused"]
    assert carrier.lines("dialled") == []


def test_a_call_rings_no_longer_than_the_ring_timeout(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    carrier = start_carrier("--ring", "5:9")
    carrier.call("+34600000002", ring_timeout_ms=50)

    ringing, ended = receiver.wait_for("ringing", "ended")

    assert 50 <= ended["at"] - ringing["at"] < 5_000, "it would have rung for five seconds"


def test_a_wrong_key_is_turned_away_and_nothing_rings(carrier: Carrier) -> None:
    answers = [
        carrier.ask("POST", "/calls", {}, key="another"),
        carrier.ask("GET", "/calls?correlation_id=c1", key="another"),
        carrier.ask("GET", "/calls/sim_1", key=""),
        carrier.ask("POST", "/calls/sim_1/cancel", key="ñ"),
    ]

    assert [answer.status for answer in answers] == [401] * 4
    assert [line["code"] for line in carrier.lines("requested")] == ["unauthorized"]


@pytest.mark.parametrize("body", [b"{", b"\xff", [], {"correlation_id": "c1"}])
def test_a_malformed_body_is_turned_away(carrier: Carrier, body: object) -> None:
    assert carrier.ask("POST", "/calls", body).status == 400
    assert [line["code"] for line in carrier.lines("requested")] == ["malformed"]


def test_what_it_never_heard_of(carrier: Carrier) -> None:
    assert carrier.calls("never") == []
    assert carrier.ask("GET", "/calls/never").status == 404
    assert carrier.ask("POST", "/calls/never/cancel").status == 404
    assert carrier.ask("GET", "/calls").status == 400


def test_a_cancelled_call_stops_ringing(start_carrier: StartCarrier, receiver: Receiver) -> None:
    carrier = start_carrier("--ring", "60")
    call_id = carrier.call().body["id"]
    receiver.wait_for("ringing")

    cancelled = carrier.ask("POST", f"/calls/{call_id}/cancel").body
    again = carrier.ask("POST", f"/calls/{call_id}/cancel").body

    assert (cancelled["status"], cancelled["outcome"]) == ("ended", "failed")
    assert again == cancelled
    assert receiver.wait_for("ended")[-1]["status"] == "failed"
    assert [line["reason"] for line in carrier.lines("ended")] == ["cancelled"]
    assert carrier.ask("GET", "/stats").body["in_flight"] == 0


def test_a_conversation_cut_short_is_completed(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    carrier = start_carrier("--talk", "60")
    call_id = carrier.call().body["id"]
    receiver.wait_for("in_progress")

    cancelled = carrier.ask("POST", f"/calls/{call_id}/cancel").body

    assert cancelled["outcome"] == "completed"
    assert cancelled["duration_ms"] < 60_000


def test_a_queued_call_that_is_cancelled_never_rings(start_carrier: StartCarrier) -> None:
    carrier = start_carrier("--queue", "60")
    call_id = carrier.call().body["id"]

    assert carrier.calls()[0]["status"] == "queued"
    assert carrier.ask("POST", f"/calls/{call_id}/cancel").body["outcome"] == "failed"
    assert carrier.lines("dialled") == []
    assert carrier.ask("GET", "/stats").body == {"in_flight": 0, "dialled": 0}


@pytest.mark.parametrize(
    ("fault", "status", "answer"),
    [
        ("create_500", 500, "error"),
        ("create_429", 429, "throttled"),
        ("create_refused", 422, "refused"),
    ],
)
def test_a_request_that_fails_rings_nobody(
    carrier: Carrier, fault: str, status: int, answer: str
) -> None:
    carrier.set_faults(**{fault: 1}, retry_after_s=4)

    failed = carrier.call()

    assert failed.status == status
    assert failed.body["error"]["permanent"] is False
    assert failed.headers.get("Retry-After") == ("4" if status == 429 else None)
    assert [line["answer"] for line in carrier.lines("requested")] == [answer]
    assert carrier.calls() == []


def test_a_hung_request_rings_and_is_never_answered(carrier: Carrier, receiver: Receiver) -> None:
    carrier.set_faults(create_hangs=1, hang_ms=100)

    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        carrier.call()

    receiver.wait_for("ended")
    assert carrier.calls()[0]["outcome"] == "completed"
    assert [line["answer"] for line in carrier.lines("requested")] == ["hung"]
    assert len(carrier.lines("dialled")) == 1


def test_a_lost_webhook_is_never_sent(carrier: Carrier, receiver: Receiver) -> None:
    carrier.set_faults(webhook_lost=1)
    carrier.call()
    carrier.wait_for_call("ended")

    assert receiver.webhooks == []
    lost = [(w["type"], w["manner"], w["http_status"]) for w in carrier.lines("webhook")]
    assert lost == [(t, "lost", None) for t in ("ringing", "in_progress", "ended")]


def test_a_doubled_webhook_comes_twice(carrier: Carrier, receiver: Receiver) -> None:
    carrier.set_faults(webhook_doubled=1)
    carrier.call(BUSY)
    events = receiver.wait_for("ringing", "ringing", "ended", "ended")

    assert [event["type"] for event in events] == ["ringing", "ringing", "ended", "ended"]
    assert len({event["event_id"] for event in events}) == 2


def test_a_late_webhook_comes_late(carrier: Carrier, receiver: Receiver) -> None:
    carrier.set_faults(webhook_late=1, late_ms=300)
    carrier.call(BUSY)
    receiver.wait_for("ringing", "ended")

    for webhook in receiver.webhooks:
        assert int(webhook.timestamp) - webhook.event["at"] >= 300


def test_a_reordered_webhook_is_overtaken(carrier: Carrier, receiver: Receiver) -> None:
    carrier.set_faults(webhook_reordered=0.5, late_ms=60_000)
    carrier.call(a_number_whose_first_event_only_is_reordered())
    ended, ringing = receiver.wait_for("ringing", "ended")

    assert (ended["type"], ended["sequence"]) == ("ended", 2)
    assert (ringing["type"], ringing["sequence"]) == ("ringing", 1)


def test_a_reordered_webhook_that_nothing_overtakes_still_comes(
    carrier: Carrier, receiver: Receiver
) -> None:
    carrier.set_faults(webhook_reordered=1, late_ms=100)
    carrier.call(BUSY)

    receiver.wait_for("ringing", "ended")


def test_a_webhook_that_fails_is_tried_again(carrier: Carrier, receiver: Receiver) -> None:
    receiver.statuses = [503, 404]
    carrier.call(BUSY)
    receiver.wait_for("ringing", "ringing", "ended")
    eventually(lambda: len(carrier.lines("webhook")) == 4)

    statuses = sorted(line["http_status"] for line in carrier.lines("webhook"))
    assert statuses == [200, 200, 404, 503]


def test_a_webhook_is_given_up_after_the_last_try(carrier: Carrier, receiver: Receiver) -> None:
    carrier.call(BUSY, webhook_url=a_url_where_nobody_listens())
    eventually(lambda: sum(line["given_up"] for line in carrier.lines("webhook")) == 2)

    tries = [line for line in carrier.lines("webhook") if line["type"] == "ringing"]
    assert [line["tried"] for line in tries] == [1, 2, 3]
    assert {line["error"] for line in tries} == {"ClientConnectorError"}
    assert receiver.webhooks == []


def test_faults_change_one_by_one_and_wrong_ones_not_at_all(start_carrier: StartCarrier) -> None:
    carrier = start_carrier("--webhook-lost", "0.25")
    carrier.set_faults(create_500=0.5)
    wrong = carrier.ask("PUT", "/faults", {"create_429": 0.1, "nonsense": 1})

    faults = carrier.ask("GET", "/faults").body
    assert wrong.status == 400
    assert (faults["webhook_lost"], faults["create_500"]) == (0.25, 0.5)
    assert faults["create_429"] == 0


def test_the_same_seed_brings_the_same_outcomes(tmp_path: Path, receiver: Receiver) -> None:
    numbers = [f"+346000{n:03d}77" for n in range(30)]

    def outcomes(journal: str, order: list[str]) -> dict[str, Any]:
        with running(Carrier(PROGRAM, tmp_path / journal, receiver.url, *FAST)) as carrier:
            for to in order:
                carrier.call(to, correlation_id=to[1:])
            return {to: carrier.wait_for_call("ended", to[1:])["outcome"] for to in numbers}

    assert outcomes("1.jsonl", numbers) == outcomes("2.jsonl", numbers[::-1])


def test_after_a_crash_it_knows_its_calls_and_ends_those_that_were_cut_off(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    crashed = start_carrier("--talk", "60")
    crashed.call("+34600000006", correlation_id="cut")
    crashed.call(BUSY, correlation_id="done")
    receiver.wait_for("in_progress", "ended")
    crashed.stop(signal.SIGKILL)

    carrier = start_carrier()
    ended = receiver.wait_for("ended", "ended")[-1]

    assert carrier.calls("done")[0]["outcome"] == "busy"
    assert carrier.calls("cut")[0]["outcome"] == "failed"
    assert (ended["correlation_id"], ended["status"], ended["sequence"]) == ("cut", "failed", 3)
    assert ended["permanent"] is False
    reasons = {line["correlation_id"]: line["reason"] for line in carrier.lines("ended")}
    assert reasons == {"done": None, "cut": "carrier_restarted"}
    assert carrier.ask("GET", "/stats").body == {"in_flight": 0, "dialled": 2}


def test_scripts_go_on_after_a_crash(start_carrier: StartCarrier, receiver: Receiver) -> None:
    crashed = start_carrier()
    crashed.call("+34600000007")
    receiver.wait_for("ended")
    crashed.stop(signal.SIGKILL)

    start_carrier().call("+34600000007")

    assert receiver.wait_for("ended", "ended")[-1]["status"] == "completed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_whatever_hangs(
    start_carrier: StartCarrier, receiver: Receiver, number: signal.Signals
) -> None:
    carrier = start_carrier("--talk", "60", "--create-hangs", "1")
    caller = Thread(target=_call_and_be_cut_off, args=(carrier,))
    caller.start()
    receiver.wait_for("in_progress")

    begun = time.monotonic()
    status = carrier.stop(number)

    assert status == 0
    assert time.monotonic() - begun < 55, "what hangs does so for a minute"
    assert carrier.journal.read_text().endswith("\n")
    caller.join()


def test_a_second_carrier_leaves_the_journal_alone(carrier: Carrier) -> None:
    command = [sys.executable, "-m", "local.carrier", "--port", "0"]

    second = subprocess.run(
        [*command, "--journal", str(carrier.journal)], capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert "JournalInUse" in second.stderr


def test_health_and_recordings_need_no_key(carrier: Carrier) -> None:
    assert carrier.ask("GET", "/health", key="").body == {"status": "ok"}
    connection = HTTPConnection("127.0.0.1", carrier.port, timeout=PATIENCE)
    connection.request("GET", "/recordings/sim_1.wav")
    sound = connection.getresponse().read()
    connection.close()
    assert sound.startswith(b"RIFF")


@contextmanager
def running(carrier: Carrier) -> Iterator[Carrier]:
    try:
        yield carrier
    finally:
        carrier.stop()


def a_url_where_nobody_listens() -> str:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}/events"


def a_number_whose_first_event_only_is_reordered() -> str:
    """Find, among the busy ones, a number of this luck under the default seed."""
    faults = Faults(webhook_reordered=0.5)
    for n in range(1_000):
        to = f"+346{n:06d}01"
        first, second = (faults.of_webhook(seeded(7, "webhook", to, 0, k)) for k in (1, 2))
        if first and not second:
            return to
    raise AssertionError("no such number")


def _call_and_be_cut_off(carrier: Carrier) -> None:
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        carrier.call()
