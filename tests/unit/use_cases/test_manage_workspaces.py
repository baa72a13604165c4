from dataclasses import replace

import pytest

from chalicelibs.domain.errors import Invalid, NotFound
from chalicelibs.domain.workspace import OPERATOR
from chalicelibs.use_cases.manage_workspaces import KEY_PREFIX, Authorize, hash_of
from tests.builders import AGENT, NOON, OTHER_WORKSPACE, WORKSPACE, a_number, an_agent, plain_id
from tests.unit.use_cases.bench import NO_DELAY, Bench


def secret_of(token: str) -> str:
    """The secret in a key; it may hold a `_` of its own."""
    return token.split("_", 2)[2]


def principal_of(authorize: Authorize, token: str) -> str | None:
    """Whose key this is."""
    holder = authorize(token)
    return None if holder is None else holder.principal


# --- Opening a workspace -------------------------------------------------------------------------


def test_a_new_workspace_comes_with_the_key_that_opens_it(bench: Bench) -> None:
    workspace, token = bench.manage_workspaces.create("Acme", concurrency_limit=7)

    assert bench.manage_workspaces.get(workspace.workspace_id) == workspace
    assert (workspace.name, workspace.concurrency_limit) == ("Acme", 7)
    assert (workspace.calls_per_second, workspace.created_at) == (None, NOON)
    assert principal_of(bench.authorize, token) == workspace.workspace_id


def test_of_a_secret_only_a_hash_is_kept(bench: Bench) -> None:
    _, token = bench.manage_workspaces.create("Acme", concurrency_limit=7)

    _, key_id, secret = token.split("_", 2)
    assert bench.store.keys[key_id].secret_hash == hash_of(secret)
    assert secret not in repr(bench.store.keys)


def test_limits_change_at_once_and_nothing_else_does(bench: Bench) -> None:
    before = bench.manage_workspaces.get(WORKSPACE)

    changed = bench.manage_workspaces.set_limits(
        WORKSPACE, concurrency_limit=3, calls_per_second=2
    )

    assert changed == replace(before, concurrency_limit=3, calls_per_second=2)
    assert bench.manage_workspaces.get(WORKSPACE) == changed
    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)], "what may start now, starts now"


def test_a_workspace_that_does_not_exist_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.manage_workspaces.get(OTHER_WORKSPACE)
    with pytest.raises(NotFound):
        bench.manage_workspaces.set_limits(
            OTHER_WORKSPACE, concurrency_limit=1, calls_per_second=None
        )


# --- Letting in ----------------------------------------------------------------------------------


@pytest.fixture
def token(bench: Bench) -> str:
    return bench.manage_workspaces.create("Acme", concurrency_limit=7)[1]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda token: token + "x", id="a letter more"),
        pytest.param(lambda token: token[:-1], id="a letter less"),
        pytest.param(lambda token: token.upper(), id="capitals"),
        pytest.param(lambda token: " " + token, id="a blank before"),
        pytest.param(lambda token: token.replace(KEY_PREFIX, "other"), id="another prefix"),
        pytest.param(lambda token: token.removeprefix(KEY_PREFIX + "_"), id="no prefix"),
        pytest.param(lambda token: token.removesuffix("_" + secret_of(token)), id="no secret"),
        pytest.param(lambda token: token.removesuffix(secret_of(token)), id="an empty secret"),
        pytest.param(lambda _: f"{KEY_PREFIX}_{plain_id(99, 'n')}_secret", id="no such key"),
        pytest.param(lambda _: f"{KEY_PREFIX}_x_secret", id="a malformed key id"),
        pytest.param(lambda _: f"{KEY_PREFIX}__", id="nothing but the form"),
        pytest.param(lambda _: "", id="nothing"),
        pytest.param(lambda _: "clé_ünïcode_☎", id="letters beyond ASCII"),
        pytest.param(lambda _: OPERATOR, id="the word operator"),
        pytest.param(lambda _: WORKSPACE, id="the workspace's id"),
    ],
)
def test_any_other_key_opens_nothing(bench: Bench, token: str, spoil: object) -> None:
    assert callable(spoil)

    assert bench.authorize(spoil(token)) is None


def test_the_secret_of_one_workspace_does_not_open_another(bench: Bench) -> None:
    _, one = bench.manage_workspaces.create("One", concurrency_limit=1)
    _, two = bench.manage_workspaces.create("Two", concurrency_limit=1)
    prefix, key_id, _ = one.split("_", 2)

    assert bench.authorize(f"{prefix}_{key_id}_{two.split('_', 2)[2]}") is None


def test_the_bootstrap_key_is_the_operators(bench: Bench, token: str) -> None:
    authorize = replace(bench.authorize, bootstrap_key_hash=hash_of("let me in"))

    assert principal_of(authorize, "let me in") == OPERATOR
    assert authorize("let me") is None
    assert principal_of(authorize, token) not in {None, OPERATOR}


def test_without_a_bootstrap_key_there_is_no_operator(bench: Bench) -> None:
    assert bench.authorize("") is None
    assert bench.authorize("let me in") is None


# --- Agents and numbers --------------------------------------------------------------------------


def test_agents_and_numbers_are_kept(bench: Bench) -> None:
    other = an_agent(agent_id=plain_id(2, "a"), name="Ben")

    bench.manage_agents.save(other)
    bench.manage_agents.save_number(a_number(phone="+34910000009"))

    assert bench.manage_agents.get(WORKSPACE, other.agent_id) == other
    assert bench.manage_agents.list(WORKSPACE) == [an_agent(), other]
    assert len(bench.manage_agents.numbers(WORKSPACE)) == 2


def test_an_agent_or_number_of_an_unknown_carrier_is_refused(bench: Bench) -> None:
    with pytest.raises(Invalid) as refusal:
        bench.manage_agents.save(an_agent(carrier="nobody"))
    with pytest.raises(Invalid):
        bench.manage_agents.save_number(a_number(carrier="nobody"))

    assert refusal.value.param == "carrier"
    assert bench.manage_agents.get(WORKSPACE, AGENT).carrier == "simulated"


def test_another_workspaces_agents_and_numbers_are_not_seen(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.manage_agents.get(OTHER_WORKSPACE, AGENT)

    assert bench.manage_agents.list(OTHER_WORKSPACE) == []
    assert bench.manage_agents.numbers(OTHER_WORKSPACE) == []
