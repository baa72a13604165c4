"""API keys as JSON."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from chalicelibs.api.bodies import At, Body, Name, View, Whole, parse, unnamed
from chalicelibs.domain.quota import DEFAULT_PER_MINUTE, MOST_PER_MINUTE
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.workspace import ApiKey

#: What a key may do.
SCOPE = "`read`: look, phone numbers masked; `push`: bring tasks, too; `manage`: everything."

PerMinute = Annotated[Whole, Field(ge=1, le=MOST_PER_MINUTE)]


class NewKey(Body):
    """The body of `POST /keys`."""

    name: Name
    scope: Scope = Field(Scope.MANAGE, description=SCOPE)
    requests_per_minute: PerMinute = DEFAULT_PER_MINUTE


class KeyChanges(Body):
    """The body of `PATCH /keys/{key_id}`: what is left out stays as it is."""

    name: Name = unnamed()
    scope: Scope = unnamed()
    requests_per_minute: PerMinute = unnamed()


class KeyView(View):
    """A key as its workspace sees it; its secret is not kept."""

    id: str
    name: str
    scope: Scope = Field(description=SCOPE)
    requests_per_minute: int
    created_at: At


class KeysView(View):
    """All keys of a workspace, oldest first."""

    keys: list[KeyView]


class NewKeyView(View):
    """A new key, and what to send to use it, which is shown only now."""

    key: KeyView
    api_key: str


def new(raw: bytes) -> NewKey:
    """A new key."""
    return parse(NewKey, raw)


def changes(raw: bytes) -> dict[str, Any]:
    """What is to be changed, and to what."""
    return parse(KeyChanges, raw).model_dump(exclude_unset=True)


def view(key: ApiKey) -> KeyView:
    """A key."""
    return KeyView(
        id=key.key_id,
        name=key.name,
        scope=key.scope,
        requests_per_minute=key.requests_per_minute,
        created_at=key.created_at,
    )


def list_view(keys: Iterable[ApiKey]) -> KeysView:
    """Keys."""
    return KeysView(keys=[view(key) for key in keys])


def made(key: ApiKey, api_key: str) -> NewKeyView:
    """A new key and its secret form."""
    return NewKeyView(key=view(key), api_key=api_key)
