"""The workspace, its limits and its keys."""

from chalicelibs.api import examples
from chalicelibs.api.keys import KeyChanges, KeysView, KeyView, NewKey, NewKeyView
from chalicelibs.api.operations.operation import Operation
from chalicelibs.api.workspaces import Limits, NewWorkspace, OpenedView, WorkspaceView

WORKSPACE = (
    Operation(
        name="open_workspace",
        method="POST",
        path="/workspaces",
        tag="Workspace",
        summary="Open a workspace",
        description="Only the operator's key opens one. The answer holds its first API key.",
        body=NewWorkspace,
        examples=examples.WORKSPACE,
        answers={201: (OpenedView,)},
    ),
    Operation(
        name="get_workspace",
        method="GET",
        path="/workspace",
        tag="Workspace",
        summary="Show the workspace of the key",
        answers={200: (WorkspaceView,)},
    ),
    Operation(
        name="set_limits",
        method="PUT",
        path="/workspace/limits",
        tag="Workspace",
        summary="Change the limits of the workspace",
        description="They count from the next call on; calls in flight go on.",
        body=Limits,
        examples=examples.LIMITS,
        answers={200: (WorkspaceView,)},
    ),
)

KEYS = (
    Operation(
        name="list_keys",
        method="GET",
        path="/keys",
        tag="Workspace",
        summary="List the keys of the workspace",
        answers={200: (KeysView,)},
    ),
    Operation(
        name="create_key",
        method="POST",
        path="/keys",
        tag="Workspace",
        summary="Make another key",
        description="What to send to use it is told only now.",
        body=NewKey,
        examples=examples.KEY,
        answers={201: (NewKeyView,)},
    ),
    Operation(
        name="change_key",
        method="PATCH",
        path="/keys/{key_id}",
        tag="Workspace",
        summary="Change the name of a key, what it may do, or how often it may ask",
        body=KeyChanges,
        examples=examples.KEY_CHANGES,
        answers={200: (KeyView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="revoke_key",
        method="DELETE",
        path="/keys/{key_id}",
        tag="Workspace",
        summary="Let a key open nothing any more",
        description="The last key that may manage a workspace stays: 409.",
        answers={200: (KeyView,)},
        also=frozenset({409}),
    ),
)
