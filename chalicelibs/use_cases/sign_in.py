"""Let people into the console with an API key, and out again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.session import (
    LENGTH,
    PASS_PREFIX,
    NotSignedIn,
    Session,
    Ticket,
    digest,
)
from chalicelibs.domain.workspace import Holder
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.workspaces import Sessions

#: Whose key it is, and the hash of its secret; None when it opens nothing.
KnownKey = tuple[Holder, str]


class SignedIn(NamedTuple):
    """A session as its browser sees it."""

    holder: Holder
    session: Session
    cookie: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Sessions: opened with a key, found by their cookie, ended by hand, by time or by the key."""

    by_token: Callable[[str], KnownKey | None]
    by_id: Callable[[str], KnownKey | None]
    sessions: Sessions
    clock: Clock
    ids: Ids

    def open(self, token: str) -> SignedIn:
        """Open a session with a key.

        Raises:
            NotSignedIn: when the key opens nothing.
        """
        known = self.by_token(token)
        if known is None:
            raise NotSignedIn("this key opens nothing: copy all of it, or ask for another one")
        holder, key_hash = known
        cookie = Ticket(holder.key_id, self.ids.new(), self.ids.secret())
        session = Session(
            key_id=holder.key_id,
            session_id=cookie.session_id,
            key_hash=key_hash,
            cookie_hash=digest(cookie.secret),
            pass_hash=digest(cookie.derived.secret),
            expires_at=self.clock.now() + LENGTH,
        )
        self.sessions.add(session)
        return SignedIn(holder, session, cookie)

    def find(self, cookie: Ticket | None) -> SignedIn | None:
        """The session of a cookie; None when there is none, or it is over."""
        session = None if cookie is None else self._load(cookie)
        if session is None or cookie is None or not session.has_cookie(cookie):
            return None
        holder = self._holder(session)
        return None if holder is None else SignedIn(holder, session, cookie)

    def close(self, cookie: Ticket | None) -> None:
        """End the session of a cookie, and with it the pass; once more changes nothing."""
        session = None if cookie is None else self._load(cookie)
        if session is not None and cookie is not None and session.has_cookie(cookie):
            self.sessions.end(session.key_id, session.session_id)

    def admit(self, text: str) -> Holder | None:
        """Who sends a pass; None when it opens nothing."""
        ticket = Ticket.read(text)
        session = None if ticket is None else self._load(ticket)
        if session is None or ticket is None or not session.has_pass(ticket):
            return None
        return self._holder(session)

    def _load(self, ticket: Ticket) -> Session | None:
        session = self.sessions.get(ticket.key_id, ticket.session_id)
        return session if session is not None and session.is_open(self.clock.now()) else None

    def _holder(self, session: Session) -> Holder | None:
        """Who holds the key of a session as it is now; a key that was revoked ends it."""
        known = self.by_id(session.key_id)
        return known[0] if known is not None and session.is_of(known[1]) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Find out who asks: with a key, or with the pass of a session."""

    by_key: Callable[[str], Holder | None]
    by_pass: Callable[[str], Holder | None]

    def __call__(self, token: str) -> Holder | None:
        """Who sends this; None when it opens nothing."""
        if token.startswith(PASS_PREFIX):
            return self.by_pass(token.removeprefix(PASS_PREFIX))
        return self.by_key(token)
