import pytest

from chalicelibs.domain.prompt import needed_variables, template_for
from tests.builders import a_campaign, an_agent


@pytest.mark.parametrize(
    ("own", "campaigns", "prompt"),
    [
        pytest.param("I am Ana.", "Sell.", "I am Ana.\n\nSell.", id="the campaign's follows"),
        pytest.param("I am Ana.", "", "I am Ana.", id="the agent's alone"),
        pytest.param("", "Sell.", "Sell.", id="the campaign's alone"),
        pytest.param("", "", "", id="neither"),
    ],
)
def test_what_an_agent_is_told(own: str, campaigns: str, prompt: str) -> None:
    agent = an_agent(system_messages=(own,) if own else ())

    assert template_for(agent, a_campaign(prompt=campaigns)) == prompt


def test_a_context_must_hold_what_either_of_both_needs() -> None:
    agent = an_agent(system_messages=("Hi {{name}}.",))
    campaign = a_campaign(prompt="{{name}}, {{city}}.")

    assert set(needed_variables(agent, campaign)) == {"name", "city"}
