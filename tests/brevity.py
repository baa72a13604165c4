"""What a failure says, short enough that the end of a log tells why."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

#: Longer lines are cut: one line of the service's log may hold a document.
LONGEST = 300

#: Of what a test printed and logged, so many lines are shown.
LOGGED = 20

#: Of a frame of the stack and what its assertion says, so many of either end.
TOLD = 25

#: Lines of an assertion that are told once more at the very end.
FIRST = 10


def shorten(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Cut what a report shows, and most of all what it shows beside its assertion."""
    report.sections = [(name, "\n".join(last(text))) for name, text in report.sections]
    for trace, place, _ in getattr(report.longrepr, "chain", ()):
        for frame in trace.reprentries:
            frame.lines = both_ends(frame.lines)
        if place is not None:  # where it crashed, and the whole of what that said
            place.message = beginning(place.message)


def last(text: str) -> list[str]:
    lines = text.splitlines()
    return [*left_out(len(lines) - LOGGED), *map(cut, lines[-LOGGED:])]


def both_ends(lines: Sequence[str]) -> list[str]:
    head, tail = lines[:TOLD], lines[TOLD:]
    return [*map(cut, head), *left_out(len(tail) - TOLD), *map(cut, tail[-TOLD:])]


def beginning(text: str) -> str:
    lines = text.splitlines()
    return "\n".join([*map(cut, lines[:FIRST]), *left_out(len(lines) - FIRST)])


def left_out(count: int) -> list[str]:
    return [f"... {count} lines ..."] if count > 0 else []


def cut(line: str) -> str:
    more = len(line) - LONGEST
    return f"{line[:LONGEST]}... {more} characters" if more > 0 else line


def reasons(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> Iterator[str]:
    """Each failure with the beginning of what it says."""
    for report in reports:
        crash: Any = getattr(report.longrepr, "reprcrash", None)
        yield report.nodeid
        said = crash.message if crash else beginning(report.longreprtext)
        yield from (f"    {line}" for line in said.splitlines())
