"""Requests as routes need them: who asks, for what, with which body; and errors as answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, Protocol
from urllib.parse import quote, urlencode

from chalice.app import AuthResponse, Chalice, MultiDict, Response

from chalicelibs.api.errors import INTERNAL, Forbidden, TooLarge, answer_to, kind_of
from chalicelibs.api.log import logger
from chalicelibs.domain.erasing import PLACE
from chalicelibs.domain.errors import Invalid, NotFound
from chalicelibs.domain.naming import ALPHABET, LENGTH
from chalicelibs.domain.workspace import OPERATOR, Holder
from chalicelibs.ports.carriers import Webhook
from chalicelibs.ports.pages import Paging

#: Larger bodies are refused; longer lists of contacts come as CSV.
MOST_BYTES = 1024 * 1024

DEFAULT_PAGE, LARGEST_PAGE = 50, 200

#: Bodies are read as what they are, whatever they call themselves.
ANY_TYPE = ["application/json", "application/x-www-form-urlencoded", "text/plain"]

#: A file of contacts as it is.
CSV = "text/csv"

#: Ids are much shorter; the table refuses keys that are much longer.
LONGEST_ID = 100


#: What a sensible whole number is written like.
COUNT = "[0-9]{1,10}"

PLAIN_ID = f"[{ALPHABET}]{{{LENGTH}}}"
TASK_ID = f"{PLAIN_ID}-{PLAIN_ID}"

#: What the cursors of each list look like: each is the key of the last item on a page.
CURSORS = {
    "campaigns": PLAIN_ID,
    "tasks": TASK_ID,
    "rows": COUNT,
    "calls": rf"[0-9]{{14}}\.{TASK_ID}-{COUNT}",
    "contacts": PLACE,
}

#: What goes with an answer: it may hold a contact's data, or a key that is told once.
PRIVATE: Mapping[str, str] = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

#: What every list takes.
PAGING = frozenset(Paging._fields)

Args = ParamSpec("Args")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request."""

    holder: str  #: Whose key it is; empty where no key is asked for.
    key_id: str
    method: str
    path: str
    address: str  #: The path as its sender wrote it, a stage before it included.
    host: str  #: The one of ours that API Gateway was called by; empty where it does not say.
    headers: Mapping[str, str]
    values_by_parameter: Mapping[str, Sequence[str]]
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
    def media_type(self) -> str:
        """What the body says it is."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters after the `?`.

        Raises:
            Invalid: when one comes twice: whichever counted, the other would be dropped.
        """
        for name, values in self.values_by_parameter.items():
            if len(values) > 1:
                raise Invalid("must be sent once", name)
        return {name: value for name, (value,) in self.values_by_parameter.items()}

    @property
    def idempotency_key(self) -> str | None:
        """What the sender knows this request by; None: it does not mean to repeat it."""
        return self.headers.get("idempotency-key")

    @property
    def token(self) -> str:
        """The API key as it was sent."""
        return bearer(self.headers.get("authorization", ""))

    @property
    def principal(self) -> str:
        """The workspace that the key opens.

        Raises:
            Forbidden: when it is the operator's, which opens no workspace.
        """
        if self.holder == OPERATOR:
            raise Forbidden("the operator's key only opens new workspaces: use a workspace's key")
        return self.holder

    def page(self, items: str, *besides: str) -> Paging:
        """Which part of a list is asked for that takes nothing but this besides.

        Raises:
            Invalid: as `paging`, and when something else is asked.
        """
        for name in self.query.keys() - PAGING - set(besides):
            raise Invalid("there is no such parameter", name)
        return self.paging(items)

    def paging(self, items: str) -> Paging:
        """Which part of a list of campaigns, tasks or rows is asked for.

        Raises:
            Invalid: when the limit is no number between 1 and `LARGEST_PAGE`, or the cursor none
                that such a list gave.
        """
        limit, cursor = self.query.get("limit", str(DEFAULT_PAGE)), self.query.get("cursor")
        if not re.fullmatch(COUNT, limit) or not 1 <= int(limit) <= LARGEST_PAGE:
            raise Invalid(f"must be a number from 1 to {LARGEST_PAGE}", "limit")
        if cursor is not None and not re.fullmatch(CURSORS[items], cursor):
            raise Invalid("is no cursor of this list: send `next_cursor` back as it is", "cursor")
        return Paging(cursor, int(limit))

    def require_operator(self) -> None:
        """Let only the operator of the deployment pass.

        Raises:
            Forbidden: when somebody else asks.
        """
        if self.holder != OPERATOR:
            raise Forbidden("only the operator's key opens this")


def request(app: Chalice) -> Request:
    """The request that is being answered."""
    current = app.current_request
    assert current is not None, "only routes have a request"
    raw = current.raw_body or b""
    authorizer = current.context.get("authorizer") or {}
    query = current.query_params or MultiDict(None)
    return Request(
        holder=authorizer.get("principalId", ""),
        key_id=authorizer.get("key_id", ""),
        method=current.method,
        path=(path := current.path.format(**(current.uri_params or {}))),
        address=str(current.context.get("path") or path),
        host=str(current.context.get("domainName") or ""),
        headers={name.lower(): value for name, value in current.headers.items()},
        values_by_parameter={name: query.getlist(name) for name in query},
        raw_body=raw if isinstance(raw, bytes) else raw.encode(),
    )


def webhook(asked: Request, public_url: str = "", call_id: str | None = None) -> Webhook:
    """A carrier's request, with its address as the carrier may know it.

    That is the configured one; or, where it was told another of ours before, the one that API
    Gateway was called by. What headers say of the host is whatever somebody sent.
    """
    pairs = [(name, one) for name, many in asked.values_by_parameter.items() for one in many]
    query = f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
    return Webhook(
        headers=asked.headers,
        body=asked.body,
        url=f"{public_url}{asked.path}{query}",
        called_url=f"https://{asked.host}{asked.address}{query}" if asked.host else "",
        call_id=call_id,
    )


def answering(view: Callable[Args, Response]) -> Callable[Args, Response]:
    """Let a route answer errors in the one shape."""

    @wraps(view)
    def answer(*args: Args.args, **kwargs: Args.kwargs) -> Response:
        try:
            check_path(kwargs)
            return view(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost line: nothing may escape
            tell(error, view.__name__)
            return answer_to(error)

    return answer


def check_path(values: Mapping[str, object]) -> None:
    """Let no id reach the table that is longer than a key may be.

    Raises:
        NotFound: as for any other id that does not exist.
    """
    for name, value in values.items():
        if len(str(value)) > LONGEST_ID:
            raise NotFound(name.removesuffix("_id"), str(value), name)


def tell(error: Exception, route: str) -> None:
    """Log why a request was not answered as asked; messages may repeat what was sent: left out."""
    kind = kind_of(error)
    if kind is INTERNAL:
        logger().exception("request failed", extra={"route": route})
    else:
        logger().info("request refused", extra={"route": route, "code": kind.code})


class View(Protocol):
    """What can be answered. The views themselves are pydantic's, which few functions load."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""


def ok(
    body: View | Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer."""
    shown = body if isinstance(body, Mapping) else body.to_json()
    return Response(body=shown, status_code=status, headers=dict(headers or {}))


def in_one_shape(response: Response) -> Response:
    """A response; where Chalice refused a request by itself, in the shape of all errors."""
    own = response.body
    if response.status_code < HTTPStatus.BAD_REQUEST or not isinstance(own, dict):
        return response
    if "error" not in own:
        is_ours = response.status_code >= INTERNAL.status
        response.body = {
            "error": {
                "code": words_of(own.get("Code", "Refused")),
                "message": own.get("Message", "the request was refused"),
                "param": None,
                "type": INTERNAL.type if is_ours else "invalid_request_error",
            }
        }
    return response


def unshared(response: Response) -> Response:
    """A response that nobody keeps or takes for a page, unless it says so itself."""
    response.headers = {**PRIVATE, **response.headers}
    return response


def words_of(name: str) -> str:
    """`UnsupportedMediaType` as our codes are written."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def admit(holder: Holder | None) -> AuthResponse:
    """What API Gateway is told of a key: whose it is, what it may and how often, or nothing.

    It keeps what it was told for a while, and hands it to every route as text.
    """
    if holder is None:
        return AuthResponse(routes=[], principal_id="nobody")
    limit = str(holder.requests_per_minute)
    context = {"key_id": holder.key_id, "scope": holder.scope, "requests_per_minute": limit}
    return AuthResponse(routes=["*"], principal_id=holder.principal, context=context)


def bearer(token: str) -> str:
    """The key in an `Authorization` header."""
    scheme, _, key = token.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
