"""Agents and numbers."""

from datetime import timedelta

from tests.builders import AGENT, OTHER_WORKSPACE, WORKSPACE, a_number, an_agent, plain_id
from tests.contract.engines import Ports


def test_an_agent_comes_back_as_it_was_saved(ports: Ports) -> None:
    agent = an_agent(
        prompt="Hello {{name}}, ¿qué tal? 🙂",
        custom_outcomes=frozenset({"interested", "wrong_person"}),
        ring_timeout=timedelta(seconds=20),
        max_duration=timedelta(minutes=3),
        is_active=False,
    )

    ports.agents.save(agent)

    assert ports.agents.get(WORKSPACE, AGENT) == agent


def test_an_agent_may_have_an_empty_prompt(ports: Ports) -> None:
    ports.agents.save(an_agent(prompt=""))

    assert ports.agents.get(WORKSPACE, AGENT) == an_agent(prompt="")


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
