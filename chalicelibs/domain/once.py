"""What makes a repeated request safe: one key, one request, one answer.

A key remembers when it was first used for as long as it is known. Ids that are made for a request
begin with that time and follow from the request, so that whoever answers it again, because the
first died on its way, makes the same things under the same ids.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b, shake_256

from chalicelibs.domain.errors import CarillonError
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.naming import CHANCE_DIGITS, TIME_DIGITS, base32

#: How long a request may take; whoever has not answered by then is dead. Longer than a function
#: runs, so that two never answer the same request at the same time.
LONGEST_ANSWER = timedelta(seconds=60)

#: How long an answer is given again.
KEPT_FOR = timedelta(hours=24)

#: Bytes of the salt of a sealed answer.
SALT = 32

#: The header that brings the key.
HEADER = "Idempotency-Key"


class KeyReused(CarillonError):
    """The key was sent with another request before: a new request needs a new key."""

    param = HEADER

    def __init__(self) -> None:
        super().__init__("this key came with another request: send a new request with a new key")


class InProgress(CarillonError):
    """The same request is being answered: ask again in a moment."""

    param = HEADER

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("the first request with this key is still being answered: try again soon")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is to be answered once."""

    principal: str  #: Whose it is: a key of one means nothing to another.
    key: str
    request: str  #: A hash of method, path, query and body.


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer as it was sent."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to answer a request, until an instant."""

    asked: Asked
    first_at: datetime  #: When the key was first used.
    until: datetime
    expires_at: datetime  #: When what is known of the key is forgotten.

    def id(self, number: int) -> str:
        """The id with this number, of those that the request makes.

        The first follows from the request, the others count on from it: no two are alike, and
        later ones sort after earlier ones, as new ids do.
        """
        asked = "\0".join((self.asked.principal, self.asked.key, self.asked.request))
        first = int.from_bytes(blake2b(asked.encode(), digest_size=8).digest())
        time = base32(epoch_ms(self.first_at), TIME_DIGITS)
        return time + base32(first + number, CHANCE_DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a key that was used before."""

    first_at: datetime
    expires_at: datetime
    request: str | None = None  #: None: it was not answered for good, the key is free.
    until: datetime | None = None  #: Until when somebody is answering it.
    answer: Answered | None = None

    def answer_to(self, asked: Asked, now: datetime) -> Answered | None:
        """The answer that was given; None when it is the asker's turn to answer.

        Raises:
            KeyReused: when it came with another request.
            InProgress: when somebody else is answering.
        """
        if self.request not in {None, asked.request}:
            raise KeyReused
        if self.answer is None and self.until is not None and now < self.until:
            raise InProgress(self.until - now)
        return self.answer


def turn(asked: Asked, now: datetime, *, first_at: datetime | None = None) -> Turn:
    """A turn that begins now."""
    return Turn(
        asked=asked,
        first_at=first_at or now,
        until=now + LONGEST_ANSWER,
        expires_at=now + KEPT_FOR,
    )


def seal(answer: Answered, token: str, *, nonce: str) -> Answered:
    """An answer that only who holds the token can read; the nonce must be new each time."""
    salt = shake_256(nonce.encode()).digest(SALT)
    return replace(answer, body=salt + _padded(answer.body, token, salt))


def unseal(sealed: Answered, token: str) -> Answered:
    """The answer that `seal` was given."""
    salt, body = sealed.body[:SALT], sealed.body[SALT:]
    return replace(sealed, body=_padded(body, token, salt))


def _padded(body: bytes, token: str, salt: bytes) -> bytes:
    """The body under a pad that nobody can work out without the token; twice, it is itself."""
    pad = shake_256(salt + token.encode()).digest(len(body))
    return bytes(one ^ other for one, other in zip(body, pad, strict=True))
