"""The life of a real call, on lines that do what they are told."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from local.carrier.answers import Answer, Refused, Taken, Throttled
from local.carrier.calls import Call
from local.carrier.faults import Faults
from local.carrier.journal import Journal, read_lines, replay
from local.carrier.register import Register
from local.carrier.requests import CallRequest
from local.carrier.tasks import Tasks
from local.sip.legs import Leg, NotDialled, Stalled
from local.sip.switchboard import Manners, SipSwitchboard

REQUEST = CallRequest(
    correlation_id="c1-t1-1",
    to="+12025550123",
    caller_id="+12025550100",
    agent="a",
    webhook_url="http://receiver/events",
    ring_timeout_ms=60,
    max_duration_ms=200,
)

#: What happens to a call once its INVITE is out.
Course = Callable[[Leg], None]


def rings(leg: Leg) -> None:
    leg.ring()


def is_silent(_: Leg) -> None:
    pass


def answers(leg: Leg) -> None:
    leg.ring()
    leg.pick_up()


def is_over_at_once(leg: Leg) -> None:
    answers(leg)
    leg.close("Connection reset by peer [104]")


def is_busy(leg: Leg) -> None:
    leg.ring()
    leg.close("486 Busy Here")


@dataclass
class Wire:
    """A wire that is hung up when it is told to, or stalls."""

    leg: Leg
    is_stalled: bool = False
    hang_ups: int = 0
    said: bytes = b""

    async def hang_up(self) -> None:
        self.hang_ups += 1
        if self.is_stalled:
            raise Stalled("no answer")
        self.leg.close("Rejected by user")

    def say(self, sound: bytes | memoryview) -> int:
        self.said += bytes(sound)
        return len(sound)

    def hear(self) -> bytes:
        return b"\x01\x00" * 80


@dataclass
class Lines:
    """Lines on which every call takes the same course."""

    course: Course = answers
    error: Exception | None = None
    is_stalled: bool = False
    slow_s: float = 0
    invites: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    async def dial(self, *, caller_id: str, to: str, headers: Mapping[str, str]) -> Leg:
        assert caller_id != to
        self.invites.append(headers["X-Correlation-Id"])
        await asyncio.sleep(self.slow_s)
        if self.error:
            raise self.error
        leg = Leg()
        leg.wire = wire = Wire(leg, is_stalled=self.is_stalled)
        self.wires.append(wire)
        self.course(leg)
        return leg


class Reports:
    """Events as they were sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def send(self, _: Call, event: dict[str, Any]) -> None:
        self.events.append(event)

    def forget(self, _: Call) -> None:
        """It keeps what it has."""


class Exchange:
    """One carrier process, in this one."""

    def __init__(self, folder: Path, lines: Lines, *, most_calls: int = 5) -> None:
        self.path = folder / "journal.jsonl"
        self.lines = lines
        self.reports = Reports()
        self.tasks = Tasks()
        self._journal = Journal(self.path, now=lambda: 1_800_000_000_000)
        manners = Manners(
            most_calls=most_calls, listen_s=0.05, greeting=None, recordings=folder / "heard"
        )
        register = Register(
            replay(read_lines(self.path)),
            journal=self._journal,
            webhooks=self.reports,
            prefix="sip",
            recordings_url="http://carrier/recordings",
            is_paid=False,
        )
        self.board = SipSwitchboard(manners, register=register, lines=lines, tasks=self.tasks)

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.__exit__(None, None, None)

    def ask(self, request: CallRequest = REQUEST) -> Answer:
        return self.board.take(request, Faults())

    async def settled(self) -> None:
        """Wait until no call is in flight."""
        async with asyncio.timeout(60):
            while self.board.register.history.unfinished():
                await asyncio.sleep(0.005)

    @property
    def ends(self) -> list[tuple[str, str]]:
        """How calls ended: the carrier's word and why."""
        lines = [line for line in read_lines(self.path) if line["event"] == "ended"]
        return [(line["status"], line["reason"]) for line in lines]


def run(tale: Coroutine[Any, Any, None]) -> None:
    asyncio.run(tale)


@pytest.mark.parametrize(
    ("course", "end"),
    [
        (answers, ("completed", "hung up here")),
        (is_over_at_once, ("completed", "hung up there")),
        (is_busy, ("busy", "486 Busy Here")),
        (rings, ("no-answer", "ring timeout")),
        (is_silent, ("failed", "no reply")),
    ],
)
def test_a_call_ends_as_the_phone_had_it_and_is_over_at_the_phone_too(
    tmp_path: Path, course: Course, end: tuple[str, str]
) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(course)) as exchange:
            exchange.ask()
            await exchange.settled()

            assert exchange.ends == [end]
            assert [event["type"] for event in exchange.reports.events][-1] == "ended"
            (wire,) = exchange.lines.wires
            assert wire.leg.is_closed

    run(tale())


def test_a_call_id_is_dialled_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(slow_s=0.02)) as exchange:
            first, again = exchange.ask(), exchange.ask()
            await exchange.settled()
            late = exchange.ask()
            await asyncio.sleep(0.03)

            assert isinstance(first, Taken)
            assert first == again == late
            assert exchange.lines.invites == [REQUEST.correlation_id]

    run(tale())


def test_a_call_id_is_not_dialled_again_after_a_crash(tmp_path: Path) -> None:
    async def crash() -> None:
        with Exchange(tmp_path, Lines(rings)) as exchange:
            exchange.ask()
            await asyncio.sleep(0.01)
            await exchange.tasks.stop()

    async def again() -> None:
        with Exchange(tmp_path, Lines()) as exchange:
            exchange.board.end_interrupted()
            assert isinstance(exchange.ask(), Taken)
            await asyncio.sleep(0.03)

            assert exchange.lines.invites == []
            assert exchange.ends[-1] == ("failed", "carrier_restarted")

    run(crash())
    run(again())


@pytest.mark.parametrize("course", [rings, is_silent])
@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04])
def test_a_cancelled_call_is_hung_up_whenever_the_cancel_comes(
    tmp_path: Path, course: Course, after_s: float
) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(course, slow_s=0.02)) as exchange:
            answer = exchange.ask(replace(REQUEST, ring_timeout_ms=60_000))
            assert isinstance(answer, Taken)
            await asyncio.sleep(after_s)
            exchange.board.cancel(answer.call)
            await exchange.settled()

            assert exchange.ends == [("failed", "cancelled")]
            assert exchange.lines.wires[0].hang_ups

    run(tale())


def test_when_the_process_stops_it_hangs_up(tmp_path: Path) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(rings)) as exchange:
            for number in range(3):
                exchange.ask(
                    replace(REQUEST, correlation_id=f"c-{number}", ring_timeout_ms=60_000)
                )
            await asyncio.sleep(0.01)
            await exchange.board.hang_up_all(within_s=2)

            assert exchange.ends == [("failed", "cancelled")] * 3

    run(tale())


def test_what_was_never_dialled_failed(tmp_path: Path) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(error=NotDialled("no way there"))) as exchange:
            exchange.ask()
            await exchange.settled()

            assert exchange.ends == [("failed", "not dialled: no way there")]

    run(tale())


@pytest.mark.parametrize(
    "lines", [Lines(error=Stalled("no answer")), Lines(rings, is_stalled=True)]
)
def test_a_stack_that_stalls_ends_the_process_and_not_the_call(
    tmp_path: Path, lines: Lines
) -> None:
    """Nobody knows whether it rings: the next process says that it failed."""

    async def tale() -> None:
        with Exchange(tmp_path, lines) as exchange:
            exchange.ask()
            async with asyncio.timeout(60):
                await exchange.board.stalled.wait()

            assert exchange.ends == []

    run(tale())


def test_beyond_its_lines_it_says_so_and_the_attempt_is_nobodys(tmp_path: Path) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines(rings), most_calls=1) as exchange:
            exchange.ask()
            full = exchange.ask(replace(REQUEST, correlation_id="c1-t2-1"))
            await exchange.settled()
            later = exchange.ask(replace(REQUEST, correlation_id="c1-t2-1"))
            await exchange.settled()

            assert isinstance(full, Throttled)
            assert isinstance(later, Taken)
            assert exchange.lines.invites == ["c1-t1-1", "c1-t2-1"]

    run(tale())


@pytest.mark.parametrize(
    ("change", "code", "is_permanent"),
    [
        ({"to": "+1202;transport=tcp"}, "invalid_number", True),
        ({"caller_id": "Ada"}, "invalid_caller_id", False),
        ({"correlation_id": "c1\r\nX-Evil: 1"}, "invalid_correlation_id", False),
        ({"correlation_id": "ĉ1"}, "invalid_correlation_id", False),
    ],
)
def test_what_cannot_stand_in_an_invite_is_refused(
    tmp_path: Path, change: dict[str, Any], code: str, is_permanent: bool
) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines()) as exchange:
            answer = exchange.ask(replace(REQUEST, **change))

            assert isinstance(answer, Refused)
            assert (answer.code, answer.is_permanent) == (code, is_permanent)
            assert exchange.lines.invites == []

    run(tale())


def test_a_full_disk_costs_the_recording_and_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "heard").write_text("in the way of the folder")

    async def tale() -> None:
        with Exchange(tmp_path, Lines()) as exchange:
            exchange.ask()
            await exchange.settled()

            assert exchange.ends[0][0] == "completed"

    run(tale())


def test_the_whole_prompt_is_said_and_no_longer_than_a_conversation_may_last(
    tmp_path: Path,
) -> None:
    async def tale() -> None:
        with Exchange(tmp_path, Lines()) as exchange:
            exchange.ask(replace(REQUEST, prompt=("one two",)))
            await exchange.settled()
            (wire,) = exchange.lines.wires
            assert len(wire.said) == int(0.24 * 16_000)

    run(tale())
