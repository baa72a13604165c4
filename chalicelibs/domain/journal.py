"""What was decided without anybody asking, one by one, for whoever watches the service."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Happened(StrEnum):
    """What was decided, as the log says it."""

    DISPATCHED = "call dispatched"  #: A task was claimed, has a slot and goes to be placed.
    LET_GO = "call let go"  #: Somebody else has it, or there was no slot.
    DISPATCH = "dispatch done"  #: A workspace was looked at.
    SETTLED = "attempt settled"
    RESCUED = "call rescued"  #: Its deadline had passed.
    BRAKED = "campaign braked"
    COMPLETED = "campaign completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One decision, by ids and in fixed words: nothing of a person."""

    what: Happened
    workspace_id: str
    of_campaign: str | None = None  #: Where no call says it.
    call_id: str | None = None
    reason: str | None = None  #: Why, or what follows.
    outcome: str | None = None
    waited: timedelta | None = None  #: Since it might have been.
    took: timedelta | None = None
    calls: int | None = None
    slots_used: int | None = None
    slots: int | None = None
