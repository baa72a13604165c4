"""What is told of an operation, and what is worked out for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelibs.api.bodies import Body, View
from chalicelibs.api.dialects import PREFIX
from chalicelibs.api.examples import Examples
from chalicelibs.api.scopes import OPERATORS, needed_for
from chalicelibs.domain.scope import Scope

Json = dict[str, Any]


class StatusView(View):
    """What became of a request that gives nothing back."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a request may carry besides its body."""

    name: str
    description: str
    schema: Json
    place: str = "query"
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an answer carries besides its body."""

    name: str
    description: str
    schema: Json = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A body of one, or of a list of at most so many."""

    model: type[Body]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBody:
    """Text that may be sent in place of JSON."""

    media_type: str
    description: str
    examples: Mapping[str, str]
    status: int  #: With which it is answered.


#: What a request may carry: one of these.
Bodies = type[Body] | ListOf | tuple[type[Body] | ListOf, ...] | None

#: Where a model is described in the document.
SCHEMAS = "#/components/schemas/{model}"

#: An answer is one of these models, or text of a media type.
Answers = tuple[type[View], ...] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route with one method."""

    name: str  #: That of its function in app.py.
    method: str
    path: str
    tag: str
    summary: str
    description: str = ""
    body: Bodies = None
    examples: Examples = field(default_factory=dict)  #: Bodies that work, by name.
    text: TextBody | None = None
    answers: Mapping[int, Answers]
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[Header, ...] = ()
    also: frozenset[int] = frozenset()  #: Errors besides those that are worked out.
    needs_key: bool = True

    @property
    def id(self) -> str:
        """Its name in the description: one function may answer under two paths."""
        return f"{self.name}_v1" if self.path.startswith(PREFIX) else self.name

    @property
    def scope(self) -> Scope | None:
        """What its key must be for; None where no key is asked for, or the operator's."""
        is_operators = f"{self.method} {self.path}" in OPERATORS
        return needed_for(self.method, self.path) if self.needs_key and not is_operators else None

    @property
    def about(self) -> str:
        """What there is to say beyond its summary."""
        needed = "" if self.scope is None else f"Needs a key with the scope `{self.scope}`."
        return " ".join(filter(None, (self.description, needed)))

    @property
    def is_repeatable(self) -> bool:
        """Whether a request may be sent again under the same `Idempotency-Key`."""
        return self.needs_key and self.method == "POST"

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Its own parameters, and those that many operations take."""
        return (*self.parameters, *((IDEMPOTENCY_KEY,) if self.is_repeatable else ()))

    @property
    def all_headers(self) -> tuple[Header, ...]:
        """Its own headers, and those that many answers carry."""
        replayed = (REPLAYED,) if self.is_repeatable else ()
        return (*self.headers, *replayed, *(RATES if self.needs_key else ()))

    @property
    def errors(self) -> frozenset[int]:
        """The statuses with which it may refuse."""
        found = {400, 429, 500, *self.also}
        found |= {401, 403} if self.needs_key else set()
        found |= {404} if "{" in self.path else set()
        found |= {409, 422} if self.is_repeatable else set()
        found |= {413, 415} if self.method != "GET" else set()
        found |= {422} if self.body is not None or self.parameters else set()
        return frozenset(found)


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    description="For 24 hours the same request under the same key has the same answer.",
    schema={"type": "string", "pattern": "^[!-~]{1,255}$"},
    place="header",
)

REPLAYED = Header(
    name="Idempotency-Replayed", description="`true`: this was answered before, to the same key."
)

WHOLE: Json = {"type": "integer"}

RATES = (
    Header(
        name="X-RateLimit-Limit", description="Requests a minute that the key has.", schema=WHOLE
    ),
    Header(name="X-RateLimit-Remaining", description="What is left of them.", schema=WHOLE),
    Header(
        name="X-RateLimit-Reset",
        description="The epoch second at which the next minute begins.",
        schema=WHOLE,
    ),
)
