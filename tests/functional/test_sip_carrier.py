"""The `sip` carrier as its callers meet it: a process, real SIP, and phones that SIPp plays."""

import io
import signal
import socket
import subprocess
import wave
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from local.sip.network import HANGS_UP, RINGS_FOR_EVER
from local.sip.phones import Phones, free_udp_ports, ringing
from tests.functional.carrier_process import KEY, Carrier, Receiver, eventually
from tests.local.sip import PYTHON, rings

pytestmark = rings

PROGRAM = (str(PYTHON), "-m", "local.sip")

#: The digit of a phone that is busy.
BUSY = 2

StartCarrier = Callable[..., Carrier]


def number(digit: int) -> str:
    """One whose phone does what this digit says."""
    return f"+1202555010{digit}"


@pytest.fixture(scope="module")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    with ringing(tmp_path_factory.mktemp("phones") / "phones", ring_s=0.2) as phones:
        yield phones


@pytest.fixture
def start_carrier(tmp_path: Path, receiver: Receiver, phones: Phones) -> Iterator[StartCarrier]:
    started: list[Carrier] = []

    def start(*flags: str) -> Carrier:
        carrier = Carrier(
            PROGRAM,
            tmp_path / "journal.jsonl",
            receiver.url,
            *("--trunk", phones.address, "--address", f"127.0.0.1:{free_udp_ports()[0]}"),
            *("--listen", "0.3", *flags),
        )
        started.append(carrier)
        return carrier

    yield start
    for carrier in started:
        if carrier.process.poll() is None:
            carrier.stop()


@pytest.fixture
def carrier(start_carrier: StartCarrier) -> Carrier:
    return start_carrier()


def call(carrier: Carrier, digit: int, name: str, **fields: Any) -> Any:
    """Ask for a call that rings for a second at most."""
    fields = {"ring_timeout_ms": 1000, "prompt": ["hello there"], **fields}
    answer = carrier.call(number(digit), correlation_id=name, **{"from": "+12025550100", **fields})
    assert answer.status == 201, answer
    return answer.body


def recording(carrier: Carrier, path: str, key: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", carrier.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    response = connection.getresponse()
    return response.status, response.read()


def test_each_phone_is_heard_as_it_is_and_each_call_rings_once(
    carrier: Carrier, receiver: Receiver, phones: Phones
) -> None:
    for digit in range(10):
        call(carrier, digit, f"each-{digit}")
    receiver.wait_for(*["ended"] * 10)

    ended = [event for event in receiver.events if event["type"] == "ended"]
    ends = {event["correlation_id"]: event for event in ended}
    words = [ends[f"each-{digit}"]["status"] for digit in range(10)]
    assert words == [
        *("completed", "completed", "busy", "busy", "failed"),
        *("failed", "no-answer", "no-answer", "completed", "completed"),
    ]
    assert [name for name, event in ends.items() if event["permanent"]] == ["each-4"]
    assert all(event["duration_ms"] > 200 for event in ends.values() if event["recording_url"])
    assert [phones.invites()[name] for name in ends] == [1] * 10


def test_what_was_heard_is_recorded_for_those_who_bear_the_key(
    carrier: Carrier, receiver: Receiver
) -> None:
    """The phones send back what they hear."""
    made = call(carrier, 0, "heard-1")
    receiver.wait_for("ended")

    path = f"/recordings/{made['id']}.wav"
    status, content = recording(carrier, path, KEY)
    with wave.open(io.BytesIO(content)) as file:
        heard = array("h", file.readframes(file.getnframes()))
    assert status == 200
    assert 0.2 < len(heard) / 8000 < 15
    assert max(heard) > 1000
    assert recording(carrier, path, "wrong")[0] == 401
    assert recording(carrier, "/recordings/..%2fjournal.wav", KEY)[0] == 404


def test_a_request_repeated_after_a_kill_rings_nobody(
    start_carrier: StartCarrier, receiver: Receiver, phones: Phones
) -> None:
    carrier = start_carrier()
    made = call(carrier, RINGS_FOR_EVER, "killed-1", ring_timeout_ms=60_000)
    eventually(lambda: phones.invites()["killed-1"] == 1)
    carrier.stop(signal.SIGKILL)

    carrier = start_carrier()
    assert call(carrier, RINGS_FOR_EVER, "killed-1")["id"] == made["id"]
    receiver.wait_for("ended")

    assert carrier.calls("killed-1")[0]["outcome"] == "failed"
    assert phones.invites()["killed-1"] == 1


def test_a_cancelled_call_stops_ringing(carrier: Carrier, receiver: Receiver) -> None:
    made = call(carrier, RINGS_FOR_EVER, "cancelled-1", ring_timeout_ms=60_000)
    receiver.wait_for("ringing")
    carrier.ask("POST", f"/calls/{made['id']}/cancel")

    receiver.wait_for("ended")
    assert carrier.lines("ended")[0]["reason"] == "cancelled"


def test_a_carrier_that_is_stopped_hangs_up_first(carrier: Carrier, receiver: Receiver) -> None:
    call(carrier, 0, "stopped-1", prompt=["so much to say"] * 100)
    call(carrier, RINGS_FOR_EVER, "stopped-2", ring_timeout_ms=60_000)
    receiver.wait_for("in_progress")

    assert carrier.stop() == 0
    ends = {line["correlation_id"]: line["status"] for line in carrier.lines("ended")}
    assert ends == {"stopped-1": "completed", "stopped-2": "failed"}


def test_both_sides_may_hang_up_in_the_same_moment(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    """The phone hangs up half a second after it was answered, and so do we, more or less."""
    carrier = start_carrier("--listen", "0")
    for turn in range(20):
        most = {"prompt": ["x " * 60], "max_duration_ms": 500 + turn * 5}
        call(carrier, HANGS_UP, f"both-{turn}", **most)
    receiver.wait_for(*["ended"] * 20)

    ends = carrier.lines("ended")
    assert {line["status"] for line in ends} == {"completed"}
    reasons = Counter(line["reason"] for line in ends)
    assert reasons.total() == 20
    assert reasons.keys() <= {"hung up here", "hung up there"}, reasons


def test_behind_a_proxy_recordings_are_named_as_the_proxy_has_them(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    carrier = start_carrier("--public-url", "https://sip.example.com")
    made = call(carrier, HANGS_UP, "proxy-1")
    receiver.wait_for("ended")

    ended = receiver.events[-1]
    assert ended["recording_url"] == f"https://sip.example.com/recordings/{made['id']}.wav"


INVITE = """\
INVITE sip:{to} SIP/2.0
Via: SIP/2.0/UDP {here};branch=z9hG4bK1
From: <sip:+12025550177@{here}>;tag=1
To: <sip:{to}>
Call-ID: 1@{here}
CSeq: 1 INVITE
Contact: <sip:+12025550177@{here}>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: {length}

{sound}"""
SOUND = """\
v=0
o=x 1 1 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=audio 29998 RTP/AVP 0
"""


def test_who_calls_back_the_number_is_not_left_ringing(
    start_carrier: StartCarrier, receiver: Receiver
) -> None:
    address = f"127.0.0.1:{free_udp_ports()[0]}"
    carrier = start_carrier("--address", address)
    call(carrier, BUSY, "back-1")
    receiver.wait_for("ended")
    host, port = address.split(":")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(60)
        here = f"127.0.0.1:{phone.getsockname()[1]}"
        wanted = {"to": f"+12025550100@{address}", "here": here}
        invite = INVITE.format(**wanted, sound=SOUND, length=len(SOUND) + SOUND.count("\n"))
        phone.sendto(invite.replace("\n", "\r\n").encode(), (host, int(port)))
        answer = b"SIP/2.0 1"
        while answer.startswith(b"SIP/2.0 1"):
            answer = phone.recv(4096)

    assert answer.startswith(b"SIP/2.0 486")


def test_a_full_carrier_asks_to_wait(start_carrier: StartCarrier) -> None:
    carrier = start_carrier("--most-calls", "1")
    call(carrier, RINGS_FOR_EVER, "full-1")

    full = carrier.call(number(0), correlation_id="full-2", **{"from": "+12025550100"})

    assert (full.status, full.headers["Retry-After"]) == (429, "1")


def test_an_address_that_is_taken_is_said_at_the_start(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [*PROGRAM, "--port", "0", "--journal", str(tmp_path / "j"), "--address", here]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 1
    assert f"no SIP at {here}" in done.stderr
    assert "already in use" in done.stderr
