"""A failing seed as a short story: with as little of its world as it takes, and only what matters.

Parts of the world are left out, many at once at first, as long as a promise is still broken in the
same way: kinds of faults, outages, users and what they do, campaigns, contacts.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

from tests.simulation.audit import violations
from tests.simulation.history import History
from tests.simulation.run import run
from tests.simulation.violation import Violation

#: A story is not worth more attempts at making it shorter than this.
MOST_RUNS = 200

#: Lines of a tale: how it began, and how it came to its end.
BEGINNING, ENDING = 6, 28

ID = re.compile(r"0{12}cmp(\d)(?:-([0-9a-z]{16})(-\d+)?)?")

Plant = Callable[[History], None]


@dataclass(kw_only=True)
class Tale:
    """The shortest history that was found in which a promise is still broken the same way."""

    seed: int
    violation: Violation
    history: History
    without: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Write it down."""
        left = [one for one in self.history.world.parts if one not in self.without]
        return "\n".join(
            [
                f"seed {self.seed}: {self._shortly(str(self.violation))}",
                f"  with nothing but {', '.join(left) or 'an ordinary day'}",
                *(f"  {line}" for line in self._lines()),
            ]
        )

    def _lines(self) -> Sequence[str]:
        told = [
            f"{at:%d %H:%M:%S}.{at.microsecond // 100_000}  {self._shortly(line)}"
            for at, line in self.history.world.story
            if at <= self.violation.at and matters(line, self.violation)
        ]
        hidden = len(told) - BEGINNING - ENDING
        if hidden <= 1:
            return told
        return [*told[:BEGINNING], f"… {hidden} lines …", *told[-ENDING:]]

    def _shortly(self, line: str) -> str:
        return ID.sub(self._name, line).replace("campaign campaign", "campaign")[:150]

    def _name(self, found: re.Match[str]) -> str:
        campaign, task, claim = found.groups()
        if task is None:
            return f"campaign {campaign}"
        number = len(self.names)
        letters = ascii_uppercase[number % 26] * (number // 26 + 1)
        return self.names.setdefault(task, letters) + (claim or "")


def matters(line: str, violation: Violation) -> bool:
    """Whether a line has to do with what was broken."""
    if line.startswith(("limit", "from here on")):
        return True
    about = set(ID.findall(f"{violation.about} {violation.detail}"))
    campaigns = {campaign for campaign, _, _ in about}
    tasks = {task for _, task, _ in about if task}
    if violation.promise in {"P2", "P4"} and line.startswith(("RING", "claim", "no slot")):
        return True
    for campaign, task, _ in ID.findall(line):
        if task in tasks or (campaign in campaigns and not (tasks and task)):
            return True
    return False


def tell(seed: int, *, sabotage: Plant | None = None) -> Tale | None:
    """The tale of a seed; None when it breaks no promise."""
    history = run(seed, sabotage=sabotage)
    found = violations(history)
    if not found:
        return None
    return shrink(
        Tale(seed=seed, violation=found[0], history=history, without=frozenset()), sabotage
    )


def shrink(tale: Tale, sabotage: Plant | None) -> Tale:
    """The tale with as few parts as it takes."""
    runs, size = 0, max(1, len(parts_of(tale)) // 2)
    while True:
        has_shrunk = False
        for some in handfuls(parts_of(tale), size):
            if runs >= MOST_RUNS:
                return tale
            runs += 1
            shorter = retell(tale, some, sabotage)
            if shorter is not None:
                tale, has_shrunk = shorter, True
        if size == 1 and not has_shrunk:
            return tale
        size = size if has_shrunk and size == 1 else max(1, size // 2)


def parts_of(tale: Tale) -> list[str]:
    """What could still be left out."""
    return [one for one in tale.history.world.parts if one not in tale.without]


def handfuls(parts: Sequence[str], size: int) -> Iterator[frozenset[str]]:
    """Parts that lie side by side, so many at a time."""
    for start in range(0, len(parts), size):
        yield frozenset(parts[start : start + size])


def retell(tale: Tale, some: frozenset[str], sabotage: Plant | None) -> Tale | None:
    """The tale without some parts; None if it has another end then."""
    without = tale.without | some
    history = run(tale.seed, sabotage=sabotage, without=without)
    same = (tale.violation.promise, tale.violation.kind)
    found = [one for one in violations(history) if (one.promise, one.kind) == same]
    if not found:
        return None
    return Tale(seed=tale.seed, violation=found[0], history=history, without=without)
