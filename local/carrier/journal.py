"""The journal: what really rang, one JSON line per event, appended and never changed."""

import fcntl
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from local.carrier.calls import Call, History

Line = Mapping[str, Any]

#: Answers to a create request after which the carrier dials.
TAKEN: Final = frozenset({"accepted", "hung"})


class JournalInUse(RuntimeError):
    """Another carrier writes this journal: stop that one, or name another file."""


class Journal:
    """The file, open for appending by this process alone."""

    def __init__(self, path: Path, *, now: Callable[[], int]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise JournalInUse(str(path)) from error
        self._mend_torn_line(path)

    def __enter__(self) -> Self:
        """Open already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file and let the next carrier have it."""
        self._file.close()

    def write(self, event: str, call: Line, **more: Any) -> int:
        """Append one line, hand it to the system and tell the instant it carries."""
        now = self._now()
        line = {"t": now, "event": event, **call, **more}
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()
        return now

    def _mend_torn_line(self, path: Path) -> None:
        """End the line that a crash may have left half written."""
        with path.open("rb") as file:
            if not file.seek(0, 2):
                return
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                self._file.write("\n")
                self._file.flush()


def line_of(call: Call) -> Line:
    """Say what every line about a call carries."""
    return {
        "call": call.call_id,
        "correlation_id": call.correlation_id,
        "to": call.to,
        "from": call.caller_id,
        "agent": call.agent,
    }


def read_lines(path: Path) -> Iterator[Line]:
    """Read a journal, line by line; what a crash left half written is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def replay(lines: Iterable[Line]) -> History:
    """Work out what a carrier that wrote these lines knows."""
    history = History()
    for line in lines:
        if line["event"] == "requested":
            _replay_request(history, line)
            continue
        call = history.get(line["call"])
        change = _CHANGES.get(line["event"])
        if call and change:
            change(call, line)
    return history


def _replay_request(history: History, line: Line) -> None:
    if line["to"]:
        history.requests_by_number[line["to"]] += 1
    if line["answer"] in TAKEN:
        history.add(
            Call(
                call_id=line["call"],
                correlation_id=line["correlation_id"],
                to=line["to"],
                caller_id=line["from"],
                agent=line["agent"],
                webhook_url=line["webhook_url"],
                earlier_calls=history.calls_by_number[line["to"]],
            )
        )


def _dialled(call: Call, line: Line) -> None:
    call.status, call.dialled_at, call.events = "ringing", line["t"], call.events + 1


def _answered(call: Call, line: Line) -> None:
    call.status, call.answered_at, call.events = "in_progress", line["t"], call.events + 1


def _ended(call: Call, line: Line) -> None:
    call.status, call.ended_at, call.events = "ended", line["t"], call.events + 1
    call.outcome, call.is_permanent = line["status"], line["permanent"]
    call.duration_ms, call.analysis = line["duration_ms"], line["analysis"]
    call.transcript = line.get("transcript", ())


_CHANGES: Final[Mapping[str, Callable[[Call, Line], None]]] = {
    "dialled": _dialled,
    "answered": _answered,
    "ended": _ended,
}
