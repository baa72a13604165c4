"""Requests that are answered once: those that come with an `Idempotency-Key`."""

import json
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Concatenate, ParamSpec, Protocol
from urllib.parse import urlencode

from chalice.app import Chalice, Response

from chalicelibs.api.http import Request, request
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.once import HEADER, Answered, Asked, seal, unseal
from chalicelibs.ports.surroundings import Ids as Ids

LONGEST_KEY = 255

#: What says that an answer was given before.
REPLAYED = {"Idempotency-Replayed": "true"}

Args = ParamSpec("Args")

#: A route that is given the ids to make things under.
Route = Callable[Concatenate[Ids, Args], Response]


class Answering(Protocol):
    """A service that answers requests once."""

    @property
    def ids(self) -> Ids:
        """Ids for requests that come without a key of their sender's."""

    @property
    def answer_once(self) -> Callable[[Asked, Callable[[Ids], Answered]], tuple[Answered, bool]]:
        """Gives the answer to a request, and whether it was given before."""


class Once:
    """What routes are marked with whose requests may be repeated."""

    def __init__(self, app: Chalice, service: Callable[[], Answering]) -> None:
        self._app = app
        self._service = service

    def __call__(self, route: Route[Args]) -> Callable[Args, Response]:
        """Answer a request that came with an `Idempotency-Key` once."""

        @wraps(route)
        def answer(*args: Args.args, **kwargs: Args.kwargs) -> Response:
            own = request(self._app)
            return self._answer(own, lambda ids: route(ids, *args, **kwargs), own.holder)

        return answer

    def telling_a_secret(self, route: Route[Args]) -> Callable[Args, Response]:
        """Like `once`, where the answer holds a secret: only who asked can read what is kept.

        It is sealed with what the caller signs with, an API key or the pass of a session, of which
        the table has but a hash. So another key of the same workspace is another sender here, and
        so is another session of the same key: it could not read what was kept.
        """

        @wraps(route)
        def answer(*args: Args.args, **kwargs: Args.kwargs) -> Response:
            own = request(self._app)
            sender = f"{own.holder}#{blake2b(own.token.encode(), digest_size=16).hexdigest()}"
            return self._answer(own, lambda ids: route(ids, *args, **kwargs), sender, own.token)

        return answer

    def _answer(
        self,
        own: Request,
        route: Callable[[Ids], Response],
        sender: str,
        token: str | None = None,
    ) -> Response:
        service = self._service()
        if own.idempotency_key is None:
            return route(service.ids)

        def answer(ids: Ids) -> Answered:
            given = answered(route(ids))
            return given if token is None else seal(given, token, nonce=ids.secret())

        given, is_replayed = service.answer_once(asked_of(own, sender), answer)
        shown = given if token is None else unseal(given, token)
        return response_of(shown, is_replayed=is_replayed)


def asked_of(own: Request, principal: str) -> Asked:
    """A request as it is told from others.

    Raises:
        Invalid: when its key is none.
    """
    key = own.idempotency_key or ""
    if not (1 <= len(key) <= LONGEST_KEY and all("!" <= letter <= "~" for letter in key)):
        raise Invalid(f"must be 1 to {LONGEST_KEY} visible ASCII characters", HEADER)
    target = own.path + (f"?{urlencode(sorted(own.query.items()))}" if own.query else "")
    line = f"{own.method} {len(target)} {target}\n"
    digest = blake2b(line.encode() + own.raw_body, digest_size=32).hexdigest()
    return Asked(principal=principal, key=key, request=digest)


def answered(response: Response) -> Answered:
    """A response as it is kept: with its headers, an ETag for instance."""
    kept = {"headers": dict(response.headers), "body": response.body}
    return Answered(status=response.status_code, body=json.dumps(kept).encode())


def response_of(given: Answered, *, is_replayed: bool) -> Response:
    """The response that was kept."""
    kept = json.loads(given.body)
    headers = kept["headers"] | (REPLAYED if is_replayed else {})
    return Response(body=kept["body"], status_code=given.status, headers=headers)
