"""Figures for CloudWatch inside lines of the log: its embedded metric format, by hand.

A library for a few counters would be loaded at every cold start, and would write lines of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.surroundings import Clock

NAMESPACE = "Carillon"

#: By the end of a metric's name; everything else is counted.
UNITS = {"_ms": "Milliseconds"}

#: How names of figures end that are kept one by one; all others count, and are summed up.
KEPT = ("_ms", "slots_used")

#: Values of a metric that CloudWatch takes from one line.
MOST_VALUES = 100

Values = float | Sequence[float]


class Figures:
    """Figures of a batch, held back until it is done: those of a kind share a line of the log."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held = defaultdict[tuple[tuple[str, str], ...], dict[str, list[float]]](dict)

    def add(self, figures: Mapping[str, float], **by: str | None) -> None:
        """Hold figures back, told apart by what is named besides."""
        told = tuple(sorted((name, value) for name, value in by.items() if value is not None))
        with self._lock:
            for name, value in figures.items():
                self._held[told].setdefault(name, []).append(value)

    def take(self, clock: Clock) -> Iterator[dict[str, Any]]:
        """The fields of each line that tells of what was held back."""
        with self._lock:
            held, self._held = self._held, defaultdict(dict)
        for by, values in held.items():
            for start in range(0, max(map(len, values.values())), MOST_VALUES):
                some = {name: own[start : start + MOST_VALUES] for name, own in values.items()}
                yield measured(summed(some), clock=clock, **dict(by))


#: Those of the function that runs. Made here and not by whoever has the first figure: in the local
#: stack that may be several threads at once.
FIGURES = Figures()


def summed(values: Mapping[str, Sequence[float]]) -> dict[str, Values]:
    """What is kept one by one, and the sums of all else."""
    return {name: own if name.endswith(KEPT) else sum(own) for name, own in values.items() if own}


def measured(figures: Mapping[str, Values], *, clock: Clock, **by: str | None) -> dict[str, Any]:
    """Fields that make CloudWatch keep these figures, by stage and by what is named besides.

    The stage stands in every line, see `log.tell_stage`.
    """
    told = {name: value for name, value in sorted(by.items()) if value is not None}
    metric = {
        "Namespace": NAMESPACE,
        "Dimensions": [["stage", *told]],
        "Metrics": [{"Name": name, "Unit": unit_of(name)} for name in figures],
    }
    aws = {"Timestamp": epoch_ms(clock.now()), "CloudWatchMetrics": [metric]}
    return {"_aws": aws, **told, **figures}


def unit_of(name: str) -> str:
    """The unit of a metric."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "Count")
