"""Workspaces as JSON."""

from pydantic import Field

from chalicelibs.api.bodies import At, Body, Name, View, Whole, parse
from chalicelibs.domain.workspace import DEFAULT_CONCURRENCY, Workspace

#: More in flight at once is a matter of arrangement with carriers, not of a field.
MOST_CONCURRENT = 10_000


class NewWorkspace(Body):
    """A new workspace."""

    name: Name
    concurrency_limit: Whole = Field(
        DEFAULT_CONCURRENCY,
        ge=1,
        le=MOST_CONCURRENT,
        description="Calls that may be in flight at once.",
    )


class Limits(Body):
    """What a workspace may have in flight, and start."""

    concurrency_limit: Whole = Field(
        ge=1, le=MOST_CONCURRENT, description="Calls that may be in flight at once."
    )
    calls_per_second: Whole | None = Field(
        None,
        ge=1,
        le=1000,
        description="Calls that may start in one second; null: as many as the limit lets.",
    )


def new(raw: bytes) -> NewWorkspace:
    """A new workspace."""
    return parse(NewWorkspace, raw)


def limits(raw: bytes) -> Limits:
    """New limits."""
    return parse(Limits, raw)


class RestView(View):
    """A carrier that could not be reached, and until when it is left alone."""

    carrier: str
    until: At = Field(description="Then it is asked again; in the past, it was.")


class WorkspaceView(View):
    """An account: its limits."""

    id: str
    name: str
    concurrency_limit: int = Field(description="Calls that may be in flight at once.")
    calls_per_second: int | None = Field(
        description="Calls that may start in one second; null: as many as the limit lets."
    )
    carrier_rests: list[RestView] = Field(description="Of carriers that were not reached lately.")
    created_at: At


class OpenedView(View):
    """A new workspace and its first key."""

    workspace: WorkspaceView
    api_key: str = Field(description="The key. It is shown only now: only a hash is kept.")


def view(workspace: Workspace) -> WorkspaceView:
    """A workspace."""
    return WorkspaceView(
        id=workspace.workspace_id,
        name=workspace.name,
        concurrency_limit=workspace.concurrency_limit,
        calls_per_second=workspace.calls_per_second,
        carrier_rests=[
            RestView(carrier=carrier, until=rest.until)
            for carrier, rest in sorted(workspace.rests.items())
        ],
        created_at=workspace.created_at,
    )


def opened(workspace: Workspace, api_key: str) -> OpenedView:
    """A new workspace and its key, which is shown only now."""
    return OpenedView(workspace=view(workspace), api_key=api_key)
