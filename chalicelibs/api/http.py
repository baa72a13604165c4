"""Requests as routes need them: who asks, for what, with which body; and errors as answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from chalice.app import AuthResponse, Chalice, Response

from chalicelibs.api.errors import INTERNAL, Forbidden, TooLarge, answer_to, kind_of
from chalicelibs.api.log import logger
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.workspace import OPERATOR
from chalicelibs.ports import Paging

#: Larger bodies are refused; longer lists of contacts come as CSV.
MOST_BYTES = 1024 * 1024

DEFAULT_PAGE, LARGEST_PAGE = 50, 200

#: Bodies are read as what they are, whatever they call themselves.
ANY_TYPE = ["application/json", "application/x-www-form-urlencoded", "text/plain"]

Args = ParamSpec("Args")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request."""

    principal: str  #: The workspace that the key opens; empty where no key is asked for.
    headers: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: bytes

    @property
    def body(self) -> bytes:
        """The body.

        Raises:
            TooLarge: when it is over the limit.
        """
        if len(self.raw_body) > MOST_BYTES:
            raise TooLarge(f"send at most {MOST_BYTES} bytes; longer lists come as CSV")
        return self.raw_body

    @property
    def paging(self) -> Paging:
        """Which part of a list is asked for.

        Raises:
            Invalid: when the limit is no number between 1 and `LARGEST_PAGE`.
        """
        text = self.query.get("limit", str(DEFAULT_PAGE))
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
            raise Invalid(f"must be a number from 1 to {LARGEST_PAGE}", "limit")
        return Paging(self.query.get("cursor"), int(text))

    def require_operator(self) -> None:
        """Let only the operator of the deployment pass.

        Raises:
            Forbidden: when somebody else asks.
        """
        if self.principal != OPERATOR:
            raise Forbidden("only the operator's key opens this")


def request(app: Chalice) -> Request:
    """The request that is being answered."""
    current = app.current_request
    assert current is not None, "only routes have a request"
    raw = current.raw_body or b""
    authorizer = current.context.get("authorizer") or {}
    return Request(
        principal=authorizer.get("principalId", ""),
        headers={name.lower(): value for name, value in current.headers.items()},
        query=current.query_params or {},
        raw_body=raw if isinstance(raw, bytes) else raw.encode(),
    )


def answering(view: Callable[Args, Response]) -> Callable[Args, Response]:
    """Let a route answer errors in the one shape."""

    @wraps(view)
    def answer(*args: Args.args, **kwargs: Args.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost line: nothing may escape
            if kind_of(error) is INTERNAL:
                logger().exception("request failed", extra={"route": view.__name__})
            return answer_to(error)

    return answer


def ok(body: Mapping[str, object], *, status: int = 200) -> Response:
    """An answer."""
    return Response(body=body, status_code=status)


def admit(principal: str | None) -> AuthResponse:
    """What API Gateway is told of a key: whose it is, or that it opens nothing."""
    if principal is None:
        return AuthResponse(routes=[], principal_id="nobody")
    return AuthResponse(routes=["*"], principal_id=principal)


def bearer(token: str) -> str:
    """The key in an `Authorization` header."""
    scheme, _, key = token.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
