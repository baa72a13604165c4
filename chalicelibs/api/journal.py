"""Decisions in the log: a line each; and the figures that are drawn from them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelibs.api.log import logger
from chalicelibs.api.metrics import FIGURES, KEPT
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.domain.outcome import BUILT_IN


class LoggedJournal:
    """Writes decisions into the log; their figures follow when the batch is done."""

    def tell(self, note: Note) -> None:
        """See the port."""
        drawn, by = figures_of(note)
        FIGURES.add(drawn, **by)
        facts = {name: value for name, value in drawn.items() if name.endswith(KEPT)}
        logger().info("decided", extra=fields_of(note) | facts)


def figures_of(note: Note) -> tuple[Mapping[str, float], Mapping[str, str | None]]:
    """What is measured by a decision, and by what it is told apart."""
    match note.what:
        case Happened.DISPATCHED:
            return {"calls_dispatched": 1, "wait_ms": ms(note.waited)}, {}
        case Happened.LET_GO:
            return {"calls_let_go": 1}, {"reason": note.reason}
        case Happened.DISPATCH:
            return {"dispatch_ms": ms(note.took), "slots_used": note.slots_used or 0}, {}
        case Happened.SETTLED:
            return {"attempts_settled": 1}, {"outcome": known(note.outcome)}
        case Happened.RESCUED:
            return {"calls_rescued": 1, "rescue_lag_ms": ms(note.waited)}, {}
        case Happened.BRAKED:
            return {"campaigns_braked": 1}, {}
        case Happened.COMPLETED:
            return {"campaigns_completed": 1}, {}


def fields_of(note: Note) -> dict[str, Any]:
    """A decision as fields of a line: what it does not say is left out.

    A call's id begins with those of its campaign and its task: they are not told again.
    """
    fields = {
        "decision": note.what.value,
        "workspace_id": note.workspace_id,
        "campaign_id": note.of_campaign,
        "call_id": note.call_id,
        "reason": note.reason,
        "outcome": known(note.outcome),
        "calls": note.calls,
        "slots": note.slots,
    }
    return {name: value for name, value in fields.items() if value is not None}


def known(outcome: str | None) -> str | None:
    """An outcome as the log tells it: one of an agent's own is whatever somebody said."""
    return outcome if outcome is None or outcome in BUILT_IN else "custom"


def ms(span: timedelta | None) -> int:
    """A span as a figure."""
    return 0 if span is None else span // MILLISECOND
