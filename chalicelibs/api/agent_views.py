"""How agents and numbers are shown, for the description of the API."""

from chalicelibs.api.bodies import View


class AgentView(View):
    """The voice and prompt at the other end."""

    id: str
    name: str
    carrier: str
    prompt: str
    variables: list[str]
    custom_outcomes: list[str]
    ring_timeout_s: float
    max_duration_s: float
    is_active: bool


class NumberView(View):
    """A number to call from."""

    phone: str
    carrier: str


class AgentsView(View):
    """The agents of a workspace."""

    agents: list[AgentView]


class NumbersView(View):
    """The numbers of a workspace."""

    numbers: list[NumberView]
