"""What carriers' answers and endings mean: a few rules that all of them share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.asking import (
    NoAnswer,
    NotAllowedAddress,
    NotConnected,
    Reply,
)
from chalicelibs.adapters.carriers.reading import UNREADABLE, pause_of, plain
from chalicelibs.domain.call import Call
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    Denied,
    PlaceAnswer,
    Refused,
    Throttled,
    TooLate,
    Unreachable,
    WithdrawAnswer,
)

#: Statuses of the 300s and 400s after which a call may have been placed all the same: somebody in
#: between lost patience, the answer is elsewhere, or it is there already.
DOUBTFUL = frozenset(
    {
        HTTPStatus.SEE_OTHER,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        499,
    }
)


class Ending(NamedTuple):
    """How a call ended, in our words."""

    outcome: str
    is_permanent: bool = False  #: The number itself is bad.
    opts_out: bool = False  #: The person asked not to be called again.


COMPLETED, BUSY = Ending(Outcome.COMPLETED), Ending(Outcome.BUSY)
NO_ANSWER, NO_RESPONSE = Ending(Outcome.NO_ANSWER), Ending(Outcome.NO_RESPONSE)
VOICEMAIL = Ending(Outcome.VOICEMAIL)
FAILED, INIT_FAILED = Ending(Outcome.FAILED), Ending(Outcome.INIT_FAILED)
BAD_NUMBER = Ending(Outcome.FAILED, is_permanent=True)

#: The final status of SIP where it tells more than the carrier's own word.
SIP: Mapping[int, Ending] = {
    **dict.fromkeys((404, 410, 484, 604), BAD_NUMBER),
    **dict.fromkeys((408, 480, 487), NO_ANSWER),
    **dict.fromkeys((486, 600, 603), BUSY),
}


def all_of(words: str, ending: Ending) -> dict[str, Ending]:
    """One ending for many words."""
    return dict.fromkeys(words.split(), ending)


class Refusal(NamedTuple):
    """Why a carrier will not place a call."""

    reason: str
    is_permanent: bool = False
    is_full: bool = False  #: It may be asked again soon.


class NotPlaced(Exception):
    """An answer that looks well, and says that there is no call."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class LetsNoneWait:
    """A carrier that dials at once or refuses: there is nothing to take back."""

    def withdraw(self, call: Call) -> WithdrawAnswer:  # noqa: ARG002
        """See the port."""
        return TooLate()


def ask_to_place(
    access: Access,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    id_in: Callable[[Any], str],
    refusal_in: Callable[[Reply], Refusal],
) -> PlaceAnswer:
    """Ask for a call, once, and say what the answer means for it."""
    try:
        reply = access.line.ask("POST", url, headers=headers, body=body)
    except NotAllowedAddress:
        return Refused("address_not_allowed")
    except NotConnected:
        return Unreachable()
    except NoAnswer:
        return AnswerLost()
    return placed(reply, now=access.now(), id_in=id_in, refusal_in=refusal_in)


def placed(
    reply: Reply,
    *,
    now: datetime,
    id_in: Callable[[Any], str],
    refusal_in: Callable[[Reply], Refusal],
) -> PlaceAnswer:
    """What the answer to a request for a call says: only what is certain is taken for certain."""
    match reply.status // 100:
        case 2:
            try:
                return Accepted(id_in(plain(reply.body)))
            except NotPlaced as error:
                return refused(error.refusal, reply, now)
            except UNREADABLE:
                return AnswerLost()
        case 3 | 4 if reply.status not in DOUBTFUL:
            return not_placed(reply, refusal_in, now)
        case _:
            return AnswerLost()


def not_placed(reply: Reply, refusal_in: Callable[[Reply], Refusal], now: datetime) -> PlaceAnswer:
    """Why a carrier placed no call, by its status; by its body where that is its own."""
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(pause_of(reply.headers.get("retry-after", ""), now=now))
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return Denied()
    try:
        refusal = refusal_in(reply)
    except UNREADABLE:
        refusal = Refusal(f"http_{reply.status}")
    return refused(refusal, reply, now)


def refused(refusal: Refusal, reply: Reply, now: datetime) -> PlaceAnswer:
    """A refusal: for good, or for now."""
    if refusal.is_full:
        return Throttled(pause_of(reply.headers.get("retry-after", ""), now=now))
    return Refused(refusal.reason[:LONGEST_REASON], is_permanent=refusal.is_permanent)


#: Longer ones are no words; a carrier's message may repeat the number that was called.
LONGEST_REASON = 60


def by_status(reply: Reply) -> Refusal:
    """A refusal of which only the status can be told."""
    return Refusal(f"http_{reply.status}")


def asked(access: Access, url: str, *, headers: Mapping[str, str]) -> Reply | None:
    """The good answer to a question that changes nothing; None where there is none."""
    reply = replied(access, "GET", url, headers=headers)
    return reply if reply is not None and reply.status == HTTPStatus.OK else None


def replied(
    access: Access,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> Reply | None:
    """What is answered, whatever it is; None where nothing is."""
    try:
        return access.line.ask(method, url, headers=headers, body=body)
    except (NotAllowedAddress, NotConnected, NoAnswer):
        return None
