"""Figures for CloudWatch inside lines of the log: its embedded metric format, by hand.

A library for a few counters would be loaded at every cold start, and would write lines of its own.
"""

from collections.abc import Mapping
from typing import Any

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports import Clock

NAMESPACE = "Carillon"

#: By the end of a metric's name; everything else is counted.
UNITS = {"_ms": "Milliseconds"}


def measured(figures: Mapping[str, float], *, clock: Clock, **by: str | None) -> dict[str, Any]:
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
