"""Workspaces and keys."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelibs.domain.errors import NotFound, Stale
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.workspace import MOST_KEYS
from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE, a_key, a_workspace, plain_id
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


# --- Keys ----------------------------------------------------------------------------------------

SECOND_KEY = a_key(key_id="k000000000000002", name="jobs", requests_per_minute=9)


@pytest.fixture
def opened(ports: Ports) -> Ports:
    ports.workspaces.add(a_workspace(), a_key())
    ports.workspaces.add(
        a_workspace(workspace_id=OTHER_WORKSPACE),
        a_key(key_id="k00000000000000f", workspace_id=OTHER_WORKSPACE),
    )
    return ports


def test_keys_are_listed_oldest_first_the_first_of_the_workspace_too(opened: Ports) -> None:
    assert opened.workspaces.add_key(SECOND_KEY)

    assert list(opened.workspaces.keys(WORKSPACE)) == [a_key(), SECOND_KEY]
    assert opened.workspaces.key(SECOND_KEY.key_id) == SECOND_KEY
    assert list(opened.workspaces.keys("w00000000000000f")) == []


def test_a_key_is_not_added_twice(opened: Ports) -> None:
    opened.workspaces.add_key(SECOND_KEY)

    with pytest.raises(Stale):
        opened.workspaces.add_key(replace(SECOND_KEY, name="again"))

    assert opened.workspaces.key(SECOND_KEY.key_id) == SECOND_KEY


def test_a_workspace_has_only_so_many_keys(opened: Ports) -> None:
    for number in range(1, MOST_KEYS):
        assert opened.workspaces.add_key(a_key(key_id=plain_id(number, "m")))

    assert not opened.workspaces.add_key(SECOND_KEY)

    assert opened.workspaces.key(SECOND_KEY.key_id) is None
    assert len(opened.workspaces.keys(WORKSPACE)) == MOST_KEYS


@pytest.mark.parametrize("scope", Scope)
def test_a_key_changes_its_name_secret_scope_and_limit(opened: Ports, scope: Scope) -> None:
    opened.workspaces.add_key(SECOND_KEY)
    changed = replace(
        a_key(), name="dialer", secret_hash="0ther", scope=scope, requests_per_minute=5
    )

    assert opened.workspaces.save_key(changed)

    assert opened.workspaces.key(changed.key_id) == changed


def test_a_revoked_key_is_gone(opened: Ports) -> None:
    opened.workspaces.add_key(SECOND_KEY)

    assert opened.workspaces.revoke(WORKSPACE, a_key().key_id)

    assert opened.workspaces.key(a_key().key_id) is None
    assert list(opened.workspaces.keys(WORKSPACE)) == [SECOND_KEY]
    with pytest.raises(NotFound):
        opened.workspaces.revoke(WORKSPACE, a_key().key_id)
    with pytest.raises(NotFound):
        opened.workspaces.save_key(a_key())


def test_the_last_key_stays(opened: Ports) -> None:
    assert not opened.workspaces.revoke(WORKSPACE, a_key().key_id)

    assert list(opened.workspaces.keys(WORKSPACE)) == [a_key()]


def test_the_last_key_that_manages_stays_and_goes_on_managing(opened: Ports) -> None:
    reader = replace(SECOND_KEY, scope=Scope.READ)
    opened.workspaces.add_key(reader)

    assert not opened.workspaces.revoke(WORKSPACE, a_key().key_id)
    assert not opened.workspaces.save_key(replace(a_key(), scope=Scope.PUSH))

    assert list(opened.workspaces.keys(WORKSPACE)) == [a_key(), reader]
    assert opened.workspaces.revoke(WORKSPACE, reader.key_id)


def test_a_key_that_was_narrowed_does_not_count_as_one_that_manages(opened: Ports) -> None:
    opened.workspaces.add_key(SECOND_KEY)
    assert opened.workspaces.save_key(replace(SECOND_KEY, scope=Scope.PUSH))

    assert not opened.workspaces.revoke(WORKSPACE, a_key().key_id)

    assert opened.workspaces.save_key(SECOND_KEY), "it manages again"
    assert opened.workspaces.revoke(WORKSPACE, a_key().key_id)


def test_the_key_of_another_workspace_is_neither_changed_nor_revoked(opened: Ports) -> None:
    opened.workspaces.add_key(SECOND_KEY)

    with pytest.raises(NotFound):
        opened.workspaces.revoke(OTHER_WORKSPACE, SECOND_KEY.key_id)
    with pytest.raises(NotFound):
        opened.workspaces.save_key(replace(SECOND_KEY, workspace_id=OTHER_WORKSPACE))

    assert list(opened.workspaces.keys(WORKSPACE)) == [a_key(), SECOND_KEY]


def test_two_who_revoke_the_last_two_keys_at_once_leave_one(parallel_ports: Ports) -> None:
    workspaces = parallel_ports.workspaces
    workspaces.add(a_workspace(), a_key())
    workspaces.add_key(SECOND_KEY)
    both = [a_key().key_id, SECOND_KEY.key_id]

    with ThreadPoolExecutor(2) as threads:
        revoked = list(threads.map(lambda key_id: workspaces.revoke(WORKSPACE, key_id), both))

    assert sorted(revoked) == [False, True]
    assert len(workspaces.keys(WORKSPACE)) == 1


def test_changed_limits_of_a_workspace_leave_its_keys(opened: Ports) -> None:
    opened.workspaces.set_limits(a_workspace(concurrency_limit=3))

    assert list(opened.workspaces.keys(WORKSPACE)) == [a_key()]
