"""Sessions of the console: a key becomes a cookie that no script can read, and a pass.

The cookie goes to `/console/session` alone, which gives the page its pass; the page keeps that in
its memory and sends it where a program sends its key. So no other request is let in by a cookie,
and none can be forged from another site.
"""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from pydantic import Field

from chalicelibs.api.bodies import At, Body, View, parse
from chalicelibs.api.errors import Forbidden
from chalicelibs.api.http import Request
from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.session import LENGTH, PASS_PREFIX, Ticket
from chalicelibs.domain.workspace import OPERATOR
from chalicelibs.use_cases.sign_in import SignedIn

COOKIE = "carillon_session"

#: What the console's own page sends along. Another site cannot, unless the API allows it to.
OWN_HEADER = "x-carillon-console"

#: Where a page is served from without HTTPS: on its own machine.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class NewSession(Body):
    """The body of `POST /console/session`."""

    api_key: str = Field(max_length=200, description="A key of the workspace, or the operator's.")


class SessionView(View):
    """Who is signed in."""

    workspace_id: str | None = Field(description="null: the operator.")
    key_id: str
    scope: Scope
    access_token: str = Field(
        description="What to send as `Authorization: Bearer`; it ends with the session."
    )
    expires_at: At


class SessionsView(View):
    """The session of a browser."""

    session: SessionView | None = Field(description="null: nobody is signed in.")


def key_in(asked: Request) -> str:
    """The key that somebody signs in with."""
    check_own_page(asked)
    return parse(NewSession, asked.body).api_key.strip()


def cookie_in(asked: Request) -> Ticket | None:
    """The cookie of a session; None when there is none, or it is no such cookie."""
    check_own_page(asked)
    cookies = SimpleCookie()
    try:
        cookies.load(asked.headers.get("cookie", ""))
    except CookieError:
        return None
    found = cookies.get(COOKIE)
    return None if found is None else Ticket.read(found.value)


def check_own_page(asked: Request) -> None:
    """Let nobody but the console's own page ask.

    Raises:
        Forbidden: when another site, or no page of ours, does.
    """
    site = asked.headers.get("sec-fetch-site", "same-origin")
    if asked.headers.get(OWN_HEADER) != "1" or site != "same-origin":
        raise Forbidden("only the console's own page asks for this: programs send their key")


def view(signed_in: SignedIn | None) -> SessionsView:
    """The session of a browser."""
    if signed_in is None:
        return SessionsView(session=None)
    holder, session, cookie = signed_in
    shown = SessionView(
        workspace_id=None if holder.principal == OPERATOR else holder.principal,
        key_id=holder.key_id,
        scope=holder.scope,
        access_token=f"{PASS_PREFIX}{cookie.derived.text}",
        expires_at=session.expires_at,
    )
    return SessionsView(session=shown)


def kept(asked: Request, signed_in: SignedIn) -> Mapping[str, str]:
    """What has a browser keep the cookie for as long as the session lasts."""
    return cookie(asked, signed_in.cookie.text, LENGTH // SECOND)


def dropped(asked: Request) -> Mapping[str, str]:
    """What has a browser forget the cookie."""
    return cookie(asked, "", 0)


def cookie(asked: Request, value: str, seconds: int) -> Mapping[str, str]:
    """The header that sets the cookie, for this address alone."""
    host = asked.headers.get("host", "")
    is_local = host.startswith(tuple(f"{one}:" for one in LOOPBACK)) or host in LOOPBACK
    parts = [f"{COOKIE}={value}", f"Path={asked.address}", f"Max-Age={seconds}"]
    parts += ["HttpOnly", "SameSite=Strict", *([] if is_local else ["Secure"])]
    return {"Set-Cookie": "; ".join(parts)}
