"""Workspaces as JSON."""

from pydantic import Field

from chalicelibs.api.bodies import Body, iso, parse
from chalicelibs.domain.workspace import DEFAULT_CONCURRENCY, Workspace

#: More in flight at once is a matter of arrangement with carriers, not of a field.
MOST_CONCURRENT = 10_000


class NewWorkspace(Body):
    """The body of `POST /workspaces`."""

    name: str = Field(min_length=1, max_length=200)
    concurrency_limit: int = Field(DEFAULT_CONCURRENCY, ge=1, le=MOST_CONCURRENT)


class Limits(Body):
    """The body of `PUT /workspace/limits`."""

    concurrency_limit: int = Field(ge=1, le=MOST_CONCURRENT)
    calls_per_second: int | None = Field(None, ge=1, le=1000)


def new(raw: bytes) -> NewWorkspace:
    """A new workspace."""
    return parse(NewWorkspace, raw)


def limits(raw: bytes) -> Limits:
    """New limits."""
    return parse(Limits, raw)


def view(workspace: Workspace) -> dict[str, object]:
    """A workspace."""
    return {
        "id": workspace.workspace_id,
        "name": workspace.name,
        "concurrency_limit": workspace.concurrency_limit,
        "calls_per_second": workspace.calls_per_second,
        "created_at": iso(workspace.created_at),
    }


def opened(workspace: Workspace, api_key: str) -> dict[str, object]:
    """A new workspace and its key, which is shown only now."""
    return {"workspace": view(workspace), "api_key": api_key}
