"""Agents, numbers, and what reaches the carrier of a contact's context."""

from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, TWICE, Scene

VOICE = {"provider": "acme-tts", "voiceId": "ana", "speed": 1.1, "fine": {"stability": 0.25}}

# --- An agent ------------------------------------------------------------------------------------


def test_an_agent_has_an_id_and_a_name(scene: Scene) -> None:
    made = scene.acme.made("/agents", {"name": "Ana of sales", "carrier": "simulated"})

    shown = scene.acme.shown(f"/agents/{made['id']}")
    assert (shown["id"], shown["name"]) == (made["id"], "Ana of sales")
    assert made["id"] in [one["id"] for one in scene.acme.shown("/agents")["agents"]]


def test_an_agent_has_a_carrier(scene: Scene) -> None:
    scene.push(scene.realtime(agent_id=scene.agent(carrier="simulated")))
    scene.rings()

    (call,) = scene.acme.shown("/calls/current")["calls"]
    assert call["carrier"] == "simulated"
    unknown = scene.acme.post("/agents", {"name": "Bea", "carrier": "pigeon"})
    assert (unknown.status, unknown.error["param"]) == (422, "carrier")


def test_an_agent_has_system_messages(scene: Scene) -> None:
    body = {"name": "Bea", "carrier": "simulated", "system_messages": ["You are Bea.", "Be kind."]}
    agent = scene.acme.made("/agents", body)

    scene.push(scene.realtime(agent_id=agent["id"]))
    scene.rings()

    assert agent["system_messages"] == ["You are Bea.", "Be kind."]
    assert scene.asked(EVA).prompt == "You are Bea.\n\nBe kind."


def test_the_voice_settings_of_an_agent_are_passed_through(scene: Scene) -> None:
    scene.push(scene.realtime(agent_id=scene.agent(voice=VOICE)))

    scene.rings()

    assert scene.asked(EVA).agent.voice == VOICE


def test_an_agent_that_is_not_active_calls_nobody(scene: Scene) -> None:
    agent = scene.agent()
    campaign_id = scene.realtime(agent_id=agent)
    scene.push(campaign_id, startAfter=scene.ms("13:00"))

    scene.acme.patch(f"/agents/{agent}", {"is_active": False})

    assert scene.at("13:00") == []
    refused = scene.acme.post("/campaigns", scene.acme.realtime(agent_id=agent))
    assert (refused.status, refused.error["param"]) == (422, "agent_id")


def test_an_agent_has_the_custom_outcomes_that_its_analysis_may_give(scene: Scene) -> None:
    agent = scene.agent(custom_outcomes=["interested", "wrong_person"])
    task_id = scene.push(scene.realtime(agent_id=agent))
    scene.rings()

    scene.ends_with(EVA, outcome="interested")

    assert scene.task(task_id)["outcome"] == "interested"
    assert scene.acme.shown(f"/agents/{agent}")["custom_outcomes"] == [
        "interested",
        "wrong_person",
    ]


@pytest.mark.parametrize("offers", [True, False])
def test_an_agent_offers_callbacks_or_does_not(scene: Scene, offers: bool) -> None:
    scene.push(scene.realtime(agent_id=scene.agent(offers_callbacks=offers)))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T13:00:00Z")

    assert scene.at("13:00") == ([EVA] if offers else [])


# --- A number ------------------------------------------------------------------------------------


def test_a_number_is_e164(scene: Scene) -> None:
    body = {"phone": "+34 910 00 00 09", "carrier": "simulated"}

    assert scene.acme.made("/numbers", body)["phone"] == "+34910000009"
    national = scene.acme.post("/numbers", {**body, "phone": "910000009"})
    assert (national.status, national.error["param"]) == (422, "phone")


def test_a_number_has_a_carrier(scene: Scene) -> None:
    scene.number("+34910000009")

    assert scene.acme.shown("/numbers/+34910000009")["carrier"] == "simulated"


def test_a_number_without_an_outbound_trunk_calls_nobody(scene: Scene) -> None:
    number = scene.number(has_outbound_trunk=False)

    campaign = scene.acme.post("/campaigns", scene.acme.realtime(caller_id=number))
    task = scene.acme.post("/tasks", scene.acme.task(scene.realtime(), **{"from": number}))

    assert (campaign.status, campaign.error["param"]) == (422, "caller_id")
    assert (task.status, task.error["param"]) == (422, "from")
    assert scene.rings() == []


# --- Context -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("You call {{name}} of {{company}}.", "You call Maria Jansen of LogiFlow BV."),
        ("You call ${name} of ${company}.", "You call Maria Jansen of LogiFlow BV."),
        ("You call {{ name }} of ${company}.", "You call Maria Jansen of LogiFlow BV."),
        ("{{name}}, {{name}}!", "Maria Jansen, Maria Jansen!"),
        ("It costs $5 {now}.", "It costs $5 {now}."),
    ],
)
def test_both_template_syntaxes_are_filled_from_the_context(
    scene: Scene, template: str, prompt: str
) -> None:
    context = {"name": "Maria Jansen", "company": "LogiFlow BV"}
    task_id = scene.push(scene.realtime(agent_id=scene.agent(prompt=template)), context=context)

    scene.rings()

    assert scene.asked(EVA).prompt == scene.task(task_id)["prompt"] == prompt


@pytest.mark.parametrize("value", ["{{secret}}", "${secret}", "$", "{{", "\\1", "{{name}}"])
def test_a_value_is_never_expanded_again(scene: Scene, value: str) -> None:
    agent = scene.agent(prompt="Hello {{name}}, ${secret}.")
    context = {"name": value, "secret": "1234"}

    scene.push(scene.realtime(agent_id=agent), context=context)
    scene.rings()

    assert scene.asked(EVA).prompt == f"Hello {value}, 1234."


@pytest.mark.parametrize("context", [{}, {"Name": "Eva"}, {"name ": "Eva"}])
def test_a_variable_that_is_missing_is_refused_by_name(
    scene: Scene, context: dict[str, str]
) -> None:
    body = scene.acme.task(scene.realtime(), context=context)

    answer = scene.acme.post("/tasks", body)

    assert (answer.status, answer.error["code"]) == (422, "missing_variables")
    assert (answer.error["param"], "name" in answer.error["message"]) == ("context", True)
    assert scene.rings() == []


def test_the_campaigns_prompt_follows_the_agents_and_is_filled_too(scene: Scene) -> None:
    campaign_id = scene.realtime(prompt="Mention the order {{orderId}}.")

    scene.push(campaign_id, context={"name": "Eva", "orderId": "A-17"})
    scene.rings()

    assert scene.asked(EVA).prompt == "Say hello to Eva.\n\nMention the order A-17."


def test_on_every_attempt_the_carrier_gets_the_filled_prompt(scene: Scene) -> None:
    scene.push(scene.realtime(max_attempts=3, retry_interval_ms=60_000))
    scene.rings()
    for _ in range(2):
        scene.ends(EVA, "no-answer")
        assert scene.after(minutes=1) == [EVA]

    asked = scene.product.carrier.asked
    assert [one.prompt for one in asked] == ["Say hello to Eva."] * 3
    assert len({one.call_id for one in asked}) == 3


def test_each_attempt_gets_the_prompt_as_it_is_then(scene: Scene) -> None:
    agent = scene.agent(prompt="Hello {{name}}.")
    scene.push(scene.realtime(agent_id=agent, **TWICE))
    scene.rings()
    first = scene.asked(EVA).prompt
    scene.ends(EVA, "no-answer")

    scene.acme.patch(f"/agents/{agent}", {"prompt": "Good day, {{name}}."})

    assert scene.at("12:10") == [EVA]
    assert (first, scene.asked(EVA).prompt) == ("Hello Eva.", "Good day, Eva.")


def test_the_filled_prompt_is_visible_on_the_task(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), context={"name": "Tarun"})

    assert scene.task(task_id)["prompt"] == "Say hello to Tarun."


def test_each_contact_is_spoken_to_by_its_own_context(scene: Scene) -> None:
    campaign_id = scene.realtime()
    names: dict[str, Any] = {EVA: "Eva", ANA: "Ana", LEO: "Leo"}
    for phone, name in names.items():
        scene.push(campaign_id, phone, context={"name": name})

    scene.rings()

    assert {phone: scene.asked(phone).prompt for phone in names} == {
        phone: f"Say hello to {name}." for phone, name in names.items()
    }
