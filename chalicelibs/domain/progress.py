"""Counts of a campaign's tasks and calls, kept in the transaction that changes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelibs.domain.instants import MILLISECOND, from_epoch_ms

#: What a change adds to the counters, by name; `SETTLED_AT` is not added up: the latest counts.
Tally = Mapping[str, int]

TASKS = "tasks"
COMPLETED = "completed"
ARCHIVED = "archived"
PAUSED = "paused"
CALLS = "calls"

#: When a task was finished last, in milliseconds since 1970.
SETTLED_AT = "settled_at"

#: Milliseconds of conversation.
TALKED = "talked_ms"

#: Prefix of the counters of money, in millionths, by currency.
COST = "cost:"

#: Prefix of the counters of calls by outcome.
OUTCOME = "outcome:"

#: Prefix of the counters of calls by attempt and outcome, like `try1:busy`.
TRY = "try"


def of_try(attempt_no: int, outcome: str | None) -> str:
    """The counter of the calls that were this attempt of their task, and ended so."""
    return f"{TRY}{attempt_no}:{outcome}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a campaign has come."""

    tasks: int = 0  #: All that were ever accepted.
    completed: int = 0  #: Finished: reached, or given up.
    archived: int = 0  #: Ended one by one, without being finished.
    paused: int = 0  #: Open, but stopped one by one.
    calls: int = 0  #: Attempts that have ended.
    outcomes: Mapping[str, int] = field(default_factory=dict)  #: Ended attempts by outcome.
    tries: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  #: The same by attempt.
    talked: timedelta = timedelta(0)  #: All conversations together.
    cost_micros: Mapping[str, int] = field(default_factory=dict)  #: Of all calls, by currency.
    settled_at: datetime | None = None  #: When a task was finished last.

    @property
    def open_tasks(self) -> int:
        """Tasks that may still be called."""
        return self.tasks - self.completed - self.archived

    @property
    def are_all_finished(self) -> bool:
        """Whether there were tasks, and none is open."""
        return self.tasks > 0 and self.open_tasks == 0

    @classmethod
    def of(cls, tally: Tally) -> "Progress":
        """The counters read as progress."""
        return cls(
            tasks=tally.get(TASKS, 0),
            completed=tally.get(COMPLETED, 0),
            archived=tally.get(ARCHIVED, 0),
            paused=tally.get(PAUSED, 0),
            calls=tally.get(CALLS, 0),
            outcomes=named(tally, OUTCOME),
            tries=tries_in(tally),
            talked=tally.get(TALKED, 0) * MILLISECOND,
            cost_micros=named(tally, COST),
            settled_at=from_epoch_ms(tally[SETTLED_AT]) if SETTLED_AT in tally else None,
        )


def named(tally: Tally, prefix: str) -> dict[str, int]:
    """The counters with this prefix, by what follows it."""
    return {
        name.removeprefix(prefix): count
        for name, count in sorted(tally.items())
        if name.startswith(prefix) and count
    }


def tries_in(tally: Tally) -> dict[int, dict[str, int]]:
    """The ended attempts by their number, then by outcome."""
    found: dict[int, dict[str, int]] = {}
    for name, count in named(tally, TRY).items():
        number, _, outcome = name.partition(":")
        found.setdefault(int(number), {})[outcome] = count
    return dict(sorted(found.items()))


def added(first: Tally, second: Tally) -> dict[str, int]:
    """The sum of two tallies."""
    total = {
        name: first.get(name, 0) + second.get(name, 0) for name in first.keys() | second.keys()
    }
    if SETTLED_AT in total:
        total[SETTLED_AT] = max(first.get(SETTLED_AT, 0), second.get(SETTLED_AT, 0))
    return total
