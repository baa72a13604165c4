"""A scenario: what is done, what is expected, and what was seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ALWAYS = "--weights=completed=1"
NEVER = "--weights=no-answer=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a scenario; it has passed when nothing is wrong."""

    seen: str
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario in its full size."""

    key: str
    name: str
    action: str
    expected: str
    play: Callable[[Path], Verdict]
    is_light: bool = False  #: It mostly waits, so that others may run beside it.


def verdict(seen: str, *wrong: Iterable[str]) -> Verdict:
    """What was seen, and all that is wrong with it."""
    return Verdict(seen=seen, wrong=[line for lines in wrong for line in lines])


def carrier(*flags: str) -> tuple[str, ...]:
    """A carrier that knows no special numbers."""
    return ("-m", "local.carrier", "--no-rules", *flags)
