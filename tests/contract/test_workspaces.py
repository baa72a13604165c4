"""Workspaces and keys."""

from dataclasses import replace

import pytest

from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE, a_key, a_workspace
from tests.contract.engines import Ports


def test_a_workspace_is_stored_with_its_key(ports: Ports) -> None:
    workspace = a_workspace(concurrency_limit=7, calls_per_second=3)

    ports.workspaces.add(workspace, a_key())

    assert ports.workspaces.get(WORKSPACE) == workspace
    assert ports.workspaces.key(a_key().key_id) == a_key()


def test_what_was_never_stored_is_not_there(ports: Ports) -> None:
    assert ports.workspaces.get(WORKSPACE) is None
    assert ports.workspaces.key("k000000000000009") is None
    assert list(ports.workspaces.ids()) == []


def test_all_workspaces_are_listed(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.workspaces.add(
        a_workspace(workspace_id=OTHER_WORKSPACE),
        a_key(key_id="k000000000000002", workspace_id=OTHER_WORKSPACE),
    )

    assert sorted(ports.workspaces.ids()) == [WORKSPACE, OTHER_WORKSPACE]


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None), (5, 6)])
def test_limits_change(ports: Ports, before: int | None, after: int | None) -> None:
    workspace = a_workspace(calls_per_second=before)
    ports.workspaces.add(workspace, a_key())
    changed = replace(workspace, concurrency_limit=99, calls_per_second=after)

    ports.workspaces.set_limits(changed)

    assert ports.workspaces.get(WORKSPACE) == changed


def test_an_instant_keeps_its_microseconds(ports: Ports) -> None:
    workspace = a_workspace(created_at=NOON.replace(microsecond=123_456))
    ports.workspaces.add(workspace, a_key())

    assert ports.workspaces.get(WORKSPACE) == workspace
