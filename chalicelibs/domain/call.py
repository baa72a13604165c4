"""One attempt, from the reservation of its slot to its end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Self

from chalicelibs.domain.transcript import Transcript


class CallStatus(StrEnum):
    """How far a call has come."""

    RESERVED = "reserved"  #: Claimed and queued; nothing was asked of the carrier.
    DIALING = "dialing"  #: The request to the carrier is on its way, once.
    UNKNOWN = "unknown"  #: The request was sent, its answer was lost. Never dialled again blindly.
    PLACED = "placed"  #: The carrier took it.
    IN_PROGRESS = "in_progress"  #: Somebody, or something, picked up.
    ENDED = "ended"  #: Hung up; the outcome may still wait for an analysis.


#: A currency as ISO 4217 writes it.
CURRENCY = re.compile(r"[A-Z]{3}")

#: Money is counted in millionths of its unit. No call costs a million.
MICROS = 1_000_000
MOST_MICROS = 1_000_000 * MICROS

#: The reason of a call of whose end nobody could tell.
LOST = "lost"

#: What a carrier calls a call, where that is an id and no more: no address, no number of anybody.
OPAQUE = re.compile(r"(?!(?:[A-Za-z]+:)?[0-9]{7,}\Z)[A-Za-z0-9:._-]+")

#: Progress only moves forward; an unknown call may turn out to be anywhere.
NEXT: Mapping[CallStatus, frozenset[CallStatus]] = {
    CallStatus.RESERVED: frozenset({CallStatus.DIALING}),
    CallStatus.DIALING: frozenset(
        {CallStatus.PLACED, CallStatus.UNKNOWN, CallStatus.IN_PROGRESS, CallStatus.ENDED}
    ),
    CallStatus.UNKNOWN: frozenset({CallStatus.PLACED, CallStatus.IN_PROGRESS, CallStatus.ENDED}),
    CallStatus.PLACED: frozenset({CallStatus.IN_PROGRESS, CallStatus.ENDED}),
    CallStatus.IN_PROGRESS: frozenset({CallStatus.ENDED}),
    CallStatus.ENDED: frozenset(),
}


class Dialed(NamedTuple):
    """What leads to a call that has ended: its task knows both."""

    call_id: str
    dialed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPages:
    """On which pages the slots of a call are written."""

    workspace: int
    campaign: int | None = None  #: None: the campaign has no limit of its own.


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of one attempt."""

    call_id: str
    status: CallStatus = CallStatus.RESERVED
    attempt_no: int = 0  #: Counted when it is dialled; 0 before.
    deadline: datetime  #: When rescue looks at it, unless something happens first.
    slots: SlotPages | None = None  #: None: look through all pages.
    reserved_at: datetime
    dialed_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    phone: str | None = None
    caller_id: str | None = None
    agent_id: str | None = None
    carrier: str | None = None
    carrier_call_id: str | None = None
    is_withdrawn: bool = False  #: Its carrier was asked not to dial it any more.
    takes_callbacks: bool = True  #: Whether its agent offers to call back at a time asked for.
    longest: timedelta = timedelta(0)  #: From the dial to the latest possible hang-up.
    outcome: str | None = None
    is_permanent: bool = False
    opts_out: bool = False  #: The person asked not to be called again.
    reason: str | None = None  #: Why it failed, in a word.
    duration: timedelta | None = None
    callback_at: datetime | None = None
    cost: str | None = None  #: Amount and currency, e.g. `0.0123 USD`.
    recording_url: str | None = None
    transcript: Transcript = ()
    analysis: Mapping[str, object] = field(default_factory=dict)
    is_erased: bool = False  #: Nothing of the person is kept.
    is_abridged: bool = False  #: Only the beginnings of its transcript and analysis are here.
    revision: int = 0  #: How often more was told of it since it ended.

    @property
    def as_dialed(self) -> Dialed:
        """What leads to it once it has ended."""
        assert self.dialed_at is not None, "only a dialled call ends"
        return Dialed(self.call_id, self.dialed_at)

    @property
    def price(self) -> tuple[int, str] | None:
        """Its cost in millionths, and the currency; None where it cannot be read."""
        return price_in(self.cost)

    def is_told_of_by(self, carrier: str | None) -> bool:
        """Whether a report may be believed that came by this carrier's webhook; None: our own.

        What one carrier signs says nothing of a call that another one dials, or nobody yet.
        """
        return carrier is None or carrier == self.carrier

    def can_become(self, status: CallStatus) -> bool:
        """Whether this would be progress."""
        return status in NEXT[self.status]

    def erased(self) -> Self:
        """The call without the person; what it cost and how it ended stays.

        Of what a carrier wrote as it liked, only what can be read stays. Its id of the call is
        needed as it is for as long as the call goes on.
        """
        is_over = self.status is CallStatus.ENDED
        is_id = OPAQUE.fullmatch(self.carrier_call_id or "") is not None
        return replace(
            self,
            phone=None,
            carrier_call_id=None if is_over and not is_id else self.carrier_call_id,
            reason=self.reason if self.reason == LOST else None,
            cost=None if self.price is None else self.cost,
            callback_at=None,
            recording_url=None,
            transcript=(),
            analysis={},
            is_erased=True,
            is_abridged=False,
        )

    def because(self, status: CallStatus, **known: object) -> Self:
        """The call one step further, with what became known by it; but for a person erased."""
        further = replace(self, status=status, **known)  # type: ignore[arg-type]
        return further.erased() if self.is_erased else further


def price_in(cost: str | None) -> tuple[int, str] | None:
    """A cost in millionths, and the currency; None where it cannot be read."""
    amount, _, currency = (cost or "").partition(" ")
    try:
        micros = Decimal(amount) * MICROS
        is_price = 0 <= micros <= MOST_MICROS and CURRENCY.fullmatch(currency)
    except (ArithmeticError, ValueError):
        return None
    return (int(micros), currency) if is_price else None
