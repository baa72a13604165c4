import pytest

from chalicelibs.domain.agent import Agent, Number, check_can_call
from chalicelibs.domain.errors import Invalid
from tests.builders import a_number, an_agent


def test_a_prompt_is_all_messages_with_a_blank_line_between() -> None:
    agent = an_agent(system_messages=("You are {{role}}.", "You call ${name}, {{role}}."))

    assert agent.prompt == "You are {{role}}.\n\nYou call ${name}, {{role}}."
    assert agent.needed_variables == ("role", "name")


def test_an_agent_that_is_told_nothing_needs_nothing() -> None:
    assert an_agent(system_messages=()).prompt == ""
    assert an_agent(system_messages=()).needed_variables == ()


def test_a_variable_does_not_reach_from_one_message_into_the_next() -> None:
    assert an_agent(system_messages=("{{na", "me}}")).needed_variables == ()


def test_an_active_agent_calls_from_a_number_that_lets_calls_out() -> None:
    assert check_can_call(an_agent(), a_number()) == an_agent()


@pytest.mark.parametrize(
    ("agent", "number", "param", "words"),
    [
        pytest.param(None, a_number(), "agent_id", "no such agent", id="no agent"),
        pytest.param(
            an_agent(is_active=False), a_number(), "agent_id", "not active", id="inactive"
        ),
        pytest.param(an_agent(), None, "caller_id", "not one of the workspace's", id="no number"),
        pytest.param(
            an_agent(),
            a_number(has_outbound_trunk=False),
            "caller_id",
            "no outbound trunk",
            id="no trunk",
        ),
    ],
)
def test_who_may_not_call_is_told_why(
    agent: Agent | None, number: Number | None, param: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        check_can_call(agent, number)

    assert refusal.value.param == param
