"""What the console signs in with: a session that a key opened, and that ends with the key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, new
from typing import NamedTuple, Self

from chalicelibs.domain.errors import CarillonError

#: How long a session lasts; then the key is asked for again.
LENGTH = timedelta(hours=12)

#: What a pass begins with: what a page sends in the place of a key.
PASS_PREFIX = "carillonpass_"

#: What a pass is derived for.
PURPOSE = b"pass"


class NotSignedIn(CarillonError):
    """There is no such key, or the session is over: sign in."""


class Ticket(NamedTuple):
    """What proves a session: its cookie or its pass, taken apart."""

    key_id: str
    session_id: str
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The ticket in a text; None when it is none."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == len(cls._fields) and all(parts) else None

    @property
    def text(self) -> str:
        """The ticket as it travels."""
        return ".".join(self)

    @property
    def derived(self) -> "Ticket":
        """The pass that this cookie lets a page have; it does not lead back to the cookie."""
        secret = new(self.secret.encode(), PURPOSE, sha256).hexdigest()
        return self._replace(secret=secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A key that somebody signed in with; only hashes of what proves it are kept."""

    key_id: str
    session_id: str
    key_hash: str  #: Of the key's secret: another secret, another session.
    cookie_hash: str
    pass_hash: str
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now < self.expires_at

    def is_of(self, key_hash: str) -> bool:
        """Whether it was opened with the key that has this hash."""
        return compare_digest(self.key_hash, key_hash)

    def has_cookie(self, ticket: Ticket) -> bool:
        """Whether this is its cookie."""
        return compare_digest(self.cookie_hash, digest(ticket.secret))

    def has_pass(self, ticket: Ticket) -> bool:
        """Whether this is its pass."""
        return compare_digest(self.pass_hash, digest(ticket.secret))


def digest(secret: str) -> str:
    """What is stored of a secret. Secrets are random and long: no salt, no slow hash needed."""
    return sha256(secret.encode()).hexdigest()
