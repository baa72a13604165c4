"""Whoever dials: what they are told, what they answer, and what they report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chalicelibs.domain.agent import Agent
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRequest:
    """All that a carrier is told of a call."""

    call_id: str
    phone: str
    caller_id: str
    agent: Agent
    prompt: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the call."""

    carrier_call_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not place this call."""

    reason: str
    is_permanent: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """The carrier does not take our credentials, or there are none: nothing was dialled."""

    reason: str = "credentials_refused"


@dataclass(frozen=True, slots=True)
class Throttled:
    """The carrier is full: nothing was dialled, it may be asked again later."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There was no connection, so not a byte was sent: nothing was dialled."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The request was sent and no clear answer came: the phone may be ringing."""


PlaceAnswer = Accepted | Refused | Denied | Throttled | Unreachable | AnswerLost


@dataclass(frozen=True, slots=True)
class StillAlive:
    """The call is on its way or going on."""


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The carrier was never asked for this call."""


@dataclass(frozen=True, slots=True)
class CannotSay:
    """The carrier could not be asked, or does not keep such things."""


FetchAnswer = CallEvent | StillAlive | NeverSeen | CannotSay


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The call waited at the carrier, and will never be dialled."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """It does not wait, or this carrier makes none wait: it goes on, or is over."""


WithdrawAnswer = Withdrawn | TooLate | CannotSay


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A carrier's request to us."""

    headers: Mapping[str, str]  #: With names in lower case.
    body: bytes  #: As it came, before any parsing: that is what was signed.
    url: str = ""  #: As carriers are told it, by the configured address; some sign it, too.
    called_url: str = ""  #: As API Gateway was called, by any address of ours; it may be the same.
    call_id: str | None = None  #: The call that the address names.


class Carrier(Protocol):
    """Whoever dials."""

    def place(self, request: DialRequest) -> PlaceAnswer:
        """Ask for one call, once: one request, never repeated here."""

    def fetch(self, call: Call) -> FetchAnswer:
        """Ask what became of a call; the event of its end, if it has ended."""

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """Take a call back, if it still waits to be dialled; what rings is let go on."""

    def read(self, webhook: Webhook) -> CallEvent | None:
        """A webhook of this carrier as an event; None where it changes nothing.

        Raises:
            Forged: when the carrier did not send this, or not now.
        """


class Forged(Exception):
    """A webhook that its carrier did not send; says what does not fit, and nothing of the call."""


class Carriers(Protocol):
    """The carriers of the deployment, and those that each workspace brings."""

    def get(self, workspace_id: str | None, name: str) -> Carrier | None:
        """A carrier as this workspace knows it by name; None: one of the deployment's own."""

    def knows(self, workspace_id: str | None, name: str) -> bool:
        """Whether there is this carrier; its secrets are not read."""
