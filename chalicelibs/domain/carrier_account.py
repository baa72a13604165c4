"""What a workspace has with a carrier: which one, how it is set up, where its secrets are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

#: How many a workspace may have.
MOST_ACCOUNTS = 20

#: So many refusals of our credentials, one after the other, are no accident.
MOST_DENIALS = 3

#: A denial so long after the last one begins a new count.
FORGETS_DENIALS_AFTER = timedelta(hours=1)

#: How long a task waits that comes to the gate of a paused carrier; then it may ask again.
PAUSED_FOR = timedelta(minutes=1)

#: What a report says of a call that its carrier took back because we asked.
CANCELLED = "cancelled"


class CarrierKind(StrEnum):
    """Whose language an account is spoken to in."""

    TWILIO = "twilio"
    SIGNALWIRE = "signalwire"
    TELNYX = "telnyx"
    RETELL = "retell"
    VAPI = "vapi"
    HTTP = "http"  #: Anybody who takes and sends JSON as docs/carriers.md says.


#: Those that may hold a call back before they dial it, and can be told not to.
QUEUEING = frozenset({CarrierKind.TWILIO, CarrierKind.SIGNALWIRE, CarrierKind.HTTP})


class CarrierState(StrEnum):
    """Whether calls are asked of a carrier now."""

    READY = "ready"
    RESTING = "resting"  #: It was not reached, or is full: it is left alone for a while.
    PAUSED = "paused"  #: It refused our credentials again and again: somebody must look at it.


@dataclass(frozen=True, slots=True)
class Denials:
    """How often a carrier refused our credentials, one time after the other."""

    times: int
    last_at: datetime
    reason: str  #: In a word, like `credentials_refused`.

    @property
    def are_too_many(self) -> bool:
        """Whether the carrier is paused by them."""
        return self.times >= MOST_DENIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierAccount:
    """A carrier as one workspace uses it; agents and numbers name it."""

    workspace_id: str
    name: str
    kind: CarrierKind
    settings: Mapping[str, object] = field(default_factory=dict)  #: As its kind wants them.
    secrets: Mapping[str, str] = field(default_factory=dict)  #: What each is kept under.
