"""Agents and numbers."""

from datetime import timedelta

import pytest

from chalicelibs.domain.agent import Number
from chalicelibs.domain.errors import Stale
from tests.builders import AGENT, OTHER_WORKSPACE, WORKSPACE, a_number, an_agent, plain_id
from tests.contract.engines import Ports


def test_an_agent_comes_back_as_it_was_saved(ports: Ports) -> None:
    agent = an_agent(
        system_messages=("Hello {{name}}, ¿qué tal? 🙂", "", "Be brief."),
        voice={"id": "ñ", "speed": 1.15, "stability": 1e-7, "tags": ["", None, {}]},
        offers_callbacks=False,
        custom_outcomes=frozenset({"interested", "wrong_person"}),
        ring_timeout=timedelta(seconds=20),
        max_duration=timedelta(minutes=3),
        is_active=False,
    )

    ports.agents.save(agent)

    assert ports.agents.get(WORKSPACE, AGENT) == agent


def test_an_agent_may_be_told_nothing(ports: Ports) -> None:
    ports.agents.save(an_agent(system_messages=()))

    assert ports.agents.get(WORKSPACE, AGENT) == an_agent(system_messages=())


def test_an_edit_gives_the_next_version(ports: Ports) -> None:
    ports.agents.save(an_agent())

    edited = ports.agents.edit(an_agent(name="Eva"))

    assert edited == an_agent(name="Eva", version=1)
    assert ports.agents.get(WORKSPACE, AGENT) == edited
    assert ports.agents.edit(edited).version == 2


def test_of_two_edits_of_the_same_version_one_is_stale(ports: Ports) -> None:
    ports.agents.save(an_agent())
    ports.agents.edit(an_agent(name="Eva"))

    with pytest.raises(Stale):
        ports.agents.edit(an_agent(name="Bea"))

    assert ports.agents.get(WORKSPACE, AGENT) == an_agent(name="Eva", version=1)


def test_what_was_never_saved_cannot_be_edited(ports: Ports) -> None:
    with pytest.raises(Stale):
        ports.agents.edit(an_agent())
    with pytest.raises(Stale):
        ports.agents.edit_number(a_number())

    assert list(ports.agents.list(WORKSPACE)) == []
    assert list(ports.agents.numbers(WORKSPACE)) == []


@pytest.mark.parametrize(
    "number",
    [a_number(name="Sales ñ", has_outbound_trunk=False), a_number()],
    ids=["all that can be said", "as little as possible"],
)
def test_all_that_is_known_of_a_number_comes_back(ports: Ports, number: Number) -> None:
    ports.agents.save_number(number)

    assert ports.agents.number(WORKSPACE, number.phone) == number


def test_of_two_edits_of_a_number_one_is_stale(ports: Ports) -> None:
    ports.agents.save_number(a_number())
    edited = ports.agents.edit_number(a_number(has_outbound_trunk=False))

    with pytest.raises(Stale):
        ports.agents.edit_number(a_number(name="Late"))

    assert edited == a_number(has_outbound_trunk=False, version=1)
    assert ports.agents.number(WORKSPACE, a_number().phone) == edited


def test_saving_again_replaces(ports: Ports) -> None:
    ports.agents.save(an_agent(custom_outcomes=frozenset({"interested"})))
    ports.agents.save(an_agent(name="Eva"))

    assert list(ports.agents.list(WORKSPACE)) == [an_agent(name="Eva")]


def test_a_number_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.agents.save_number(a_number())

    assert ports.agents.number(WORKSPACE, a_number().phone) == a_number()
    assert list(ports.agents.numbers(WORKSPACE)) == [a_number()]


def test_lists_hold_all_of_a_workspace_and_nothing_else(ports: Ports) -> None:
    others = an_agent(workspace_id=OTHER_WORKSPACE)
    second = an_agent(agent_id=plain_id(2, "a"))
    for agent in (second, an_agent(), others):
        ports.agents.save(agent)
    ports.agents.save_number(a_number(workspace_id=OTHER_WORKSPACE))

    assert list(ports.agents.list(WORKSPACE)) == [an_agent(), second]
    assert list(ports.agents.numbers(WORKSPACE)) == []


def test_another_workspaces_agents_and_numbers_are_not_there(ports: Ports) -> None:
    ports.agents.save(an_agent())
    ports.agents.save_number(a_number())

    assert ports.agents.get(OTHER_WORKSPACE, AGENT) is None
    assert ports.agents.number(OTHER_WORKSPACE, a_number().phone) is None


@pytest.mark.parametrize(
    "made_up", ["x" * 3000, "ñ" * 600, "€\0"], ids=["long", "wide", "strange"]
)
def test_an_id_that_no_key_could_hold_is_nobodys(ports: Ports, made_up: str) -> None:
    assert ports.agents.get(WORKSPACE, made_up) is None
    assert ports.agents.number(WORKSPACE, made_up) is None
    assert ports.campaigns.get(WORKSPACE, made_up) is None
    assert ports.imports.get(WORKSPACE, made_up) is None
