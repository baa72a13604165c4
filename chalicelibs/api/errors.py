"""The one shape of an error: `{"error": {"code", "message", "param", "type"}}`."""

from datetime import timedelta
from math import ceil
from typing import NamedTuple

from chalice.app import Response

from chalicelibs.domain.errors import CarillonError, Invalid, NotAllowed, NotFound, Stale
from chalicelibs.domain.instants import SECOND
from chalicelibs.domain.once import InProgress, KeyReused
from chalicelibs.domain.phone import InvalidPhone
from chalicelibs.domain.quota import RateLimitExceeded
from chalicelibs.domain.session import NotSignedIn
from chalicelibs.domain.template import MissingVariables
from chalicelibs.ports.carriers import Forged


class Malformed(Invalid):
    """The body is not what it says it is; nothing in it could be read."""


class TooLarge(Invalid):
    """The body is over the limit."""


class Forbidden(CarillonError):
    """The key is good, but not for this."""


class EditedMeanwhile(CarillonError):
    """The edit is meant for what was read, and that is not what is there now."""

    param = "If-Match"

    def __init__(self) -> None:
        super().__init__("it was edited since you read it: read it again, and send the new ETag")


class ErrorKind(NamedTuple):
    """How a kind of error is answered."""

    status: int
    code: str
    type: str


INTERNAL = ErrorKind(500, "internal_error", "api_error")

#: From the particular to the general: the first that fits answers.
KINDS: tuple[tuple[type[Exception], ErrorKind], ...] = (
    (Malformed, ErrorKind(400, "malformed", "invalid_request_error")),
    (TooLarge, ErrorKind(413, "too_large", "invalid_request_error")),
    (InvalidPhone, ErrorKind(422, "invalid_phone", "invalid_request_error")),
    (MissingVariables, ErrorKind(422, "missing_variables", "invalid_request_error")),
    (Invalid, ErrorKind(422, "invalid", "invalid_request_error")),
    (NotFound, ErrorKind(404, "not_found", "invalid_request_error")),
    (NotAllowed, ErrorKind(409, "not_allowed", "conflict_error")),
    (Stale, ErrorKind(409, "edited_meanwhile", "conflict_error")),
    (EditedMeanwhile, ErrorKind(412, "edited_meanwhile", "conflict_error")),
    (KeyReused, ErrorKind(409, "idempotency_key_reused", "conflict_error")),
    (InProgress, ErrorKind(409, "in_progress", "conflict_error")),
    (RateLimitExceeded, ErrorKind(429, "rate_limit_exceeded", "rate_limit_error")),
    (Forbidden, ErrorKind(403, "forbidden", "permission_error")),
    (NotSignedIn, ErrorKind(401, "unauthorized", "authentication_error")),
    (Forged, ErrorKind(401, "forged", "authentication_error")),
)


def kind_of(error: Exception) -> ErrorKind:
    """How an error is answered."""
    return next((kind for cls, kind in KINDS if isinstance(error, cls)), INTERNAL)


def param_of(error: Exception) -> str | None:
    """Which field, or which part of the path, an error is about."""
    param: str | None = getattr(error, "param", None)
    if param is None and isinstance(error, NotFound):
        return "carrier" if error.kind == "carrier" else f"{error.kind}_id"
    return param


def body_of(error: Exception) -> dict[str, object]:
    """An error as the API shows it; an unexpected one keeps its secrets."""
    kind = kind_of(error)
    message = "something went wrong on our side" if kind is INTERNAL else str(error)
    return {
        "error": {
            "code": kind.code,
            "message": message,
            "param": param_of(error),
            "type": kind.type,
        }
    }


def answer_to(error: Exception) -> Response:
    """The response for an error."""
    return Response(
        body=body_of(error), status_code=kind_of(error).status, headers=headers_of(error)
    )


def headers_of(error: Exception) -> dict[str, str | list[str]]:
    """When to try again, in whole seconds, where waiting helps."""
    wait: timedelta | None = getattr(error, "retry_after", None)
    return {} if wait is None else {"Retry-After": str(ceil(wait / SECOND))}
