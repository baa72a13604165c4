"""Agents and numbers are edited while campaigns go on; nobody overwrites what he did not see."""

from typing import Any
from urllib.parse import quote

import pytest

from chalicelibs.domain.agent import Agent
from tests.functional.product import CALLER_ID, Acme, Product

TRUNKLESS = "+34910000022"

# --- What an agent is told, and how it sounds ----------------------------------------------------


def test_an_agent_is_told_several_things(acme: Acme) -> None:
    messages = ["You are Ana.", "You call {{name}} of ${company}."]

    made = acme.made(
        "/agents", {"name": "Ana", "carrier": "simulated", "systemMessages": messages}
    )

    assert made["system_messages"] == messages
    assert made["prompt"] == "You are Ana.\n\nYou call {{name}} of ${company}."
    assert made["variables"] == ["name", "company"]
    assert acme.shown(f"/agents/{made['id']}") == made


def test_a_prompt_is_one_message(acme: Acme) -> None:
    shown = acme.shown(f"/agents/{acme.agent_id}")

    assert shown["system_messages"] == ["Say hello to {{name}}."]
    assert shown["prompt"] == "Say hello to {{name}}."


def test_the_carrier_gets_the_messages_filled_and_the_voice_untouched(
    product: Product, acme: Acme
) -> None:
    voice = {"id": "ana", "speed": 1.15, "fine": {"stability": 1e-7, "styles": ["calm", None]}}
    messages = ["You are Ana.", "You call {{name}}."]
    acme.patch(f"/agents/{acme.agent_id}", {"system_messages": messages, "voice": voice})

    acme.pushed(acme.campaign())
    product.run()

    (request,) = product.carrier.asked
    assert request.prompt == "You are Ana.\n\nYou call Eva."
    assert request.agent.voice == voice
    assert acme.shown(f"/agents/{acme.agent_id}")["voice"] == voice


# --- Editing an agent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [
        {"name": "Eva"},
        {"prompt": ""},
        {"system_messages": []},
        {"voice": {"id": 7}},
        {"custom_outcomes": ["b", "a"]},
        {"offers_callbacks": False},
        {"ring_timeout_s": 20.5},
        {"maxDurationS": 60},
        {"is_active": False},
        {},
    ],
    ids=str,
)
def test_an_edit_changes_what_it_names_and_nothing_else(acme: Acme, named: dict[str, Any]) -> None:
    path = f"/agents/{acme.agent_id}"
    before = acme.shown(path)

    status, after = acme.patch(path, named)

    assert status == 200
    assert acme.shown(path) == after
    told_otherwise = {"prompt", "system_messages", "variables"}
    may_differ = {
        *{"maxDurationS": {"max_duration_s"}}.get(next(iter(named), ""), set(named)),
        *(told_otherwise if told_otherwise & named.keys() else ()),
    }
    assert {name for name in before if before[name] != after[name]} == may_differ


def test_an_inactive_agent_dials_nobody_until_it_is_active_again(
    product: Product, acme: Acme
) -> None:
    path, campaign_id = f"/agents/{acme.agent_id}", acme.campaign()
    task_id = acme.pushed(campaign_id)

    acme.patch(path, {"is_active": False})
    product.run()

    assert product.carrier.asked == []
    (call,) = acme.shown(f"/tasks/{task_id}/calls")["calls"]
    assert (call["outcome"], call["reason"]) == ("init_failed", "agent_inactive")
    assert acme.post("/tasks", acme.task(campaign_id)).error["param"] == "agent"

    acme.patch(path, {"is_active": True})
    acme.pushed(campaign_id, phone="+34600000002")
    product.run()

    assert [request.phone for request in product.carrier.asked] == ["+34600000002"]


def test_an_outcome_that_a_campaign_retries_may_be_taken_from_its_agent(acme: Acme) -> None:
    path = f"/agents/{acme.agent_id}"
    acme.patch(path, {"custom_outcomes": ["undecided"]})
    campaign_id = acme.campaign(
        max_attempts=2, retry_intervals_ms=[1], retry_outcomes=["undecided"]
    )

    assert acme.patch(path, {"custom_outcomes": []}).status == 200

    assert acme.shown(f"/campaigns/{campaign_id}")["retry_outcomes"] == ["undecided"]


# --- The tag of a reading ------------------------------------------------------------------------


def test_every_answer_of_an_agent_carries_its_tag(acme: Acme) -> None:
    headers = {"Authorization": f"Bearer {acme.key}"}
    body = b'{"name": "Ana", "carrier": "simulated"}'

    made = acme.ask("POST", "/agents", body, headers)
    path = f"/agents/{made.body['id']}"
    edited = acme.ask("PATCH", path, b'{"name": "Eva"}', headers)

    assert made.headers["ETag"].startswith('"')
    assert made.headers["ETag"].endswith('"')
    assert edited.headers["ETag"] == acme.tag(path) != made.headers["ETag"]


def test_an_edit_of_what_was_read_goes_through(acme: Acme) -> None:
    path = f"/agents/{acme.agent_id}"
    acme.patch(path, {"max_duration_s": 60})

    for if_match in (acme.tag(path), "*", f'"another", {acme.tag(path)}', f"W/{acme.tag(path)}"):
        answer = acme.patch(path, {"max_duration_s": 60}, if_match=if_match)
        assert answer.status == 200, if_match


@pytest.mark.parametrize("if_match", ['"another"', "", "nonsense", '""'])
def test_an_edit_of_what_was_never_read_is_refused(
    product: Product, acme: Acme, if_match: str
) -> None:
    before = product.everything()

    answer = acme.patch(f"/agents/{acme.agent_id}", {"name": "Eva"}, if_match=if_match)

    assert answer.status == 412
    assert (answer.error["code"], answer.error["param"]) == ("edited_meanwhile", "If-Match")
    assert "read it again" in answer.error["message"]
    assert product.everything() == before


def test_of_two_who_read_the_same_agent_the_second_does_not_overwrite_the_first(
    acme: Acme,
) -> None:
    path = f"/agents/{acme.agent_id}"
    read = acme.tag(path)

    first = acme.patch(path, {"prompt": "Hello."}, if_match=read)
    second = acme.patch(path, {"prompt": "Goodbye."}, if_match=read)

    assert (first.status, second.status) == (200, 412)
    assert acme.shown(path)["prompt"] == "Hello."


def test_an_edit_at_the_very_same_moment_is_not_lost(
    product: Product, acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, agents = f"/agents/{acme.agent_id}", product.service.agents.agents
    edit = type(agents).edit

    def overtaken(agent: Agent) -> Agent:
        monkeypatch.setattr(type(agents), "edit", edit)
        acme.patch(path, {"name": "Eva"})
        return edit(agents, agent)

    monkeypatch.setattr(type(agents), "edit", lambda _, agent: overtaken(agent))
    acme.patch(path, {"max_duration_s": 60})

    shown = acme.shown(path)
    assert (shown["name"], shown["max_duration_s"]) == ("Eva", 60)


def test_an_edit_that_was_overtaken_between_reading_and_saving_is_refused(
    product: Product, acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, agents = f"/agents/{acme.agent_id}", product.service.agents.agents
    read, edit = acme.tag(path), type(agents).edit

    def overtaken(agent: Agent) -> Agent:
        monkeypatch.setattr(type(agents), "edit", edit)
        acme.patch(path, {"name": "Eva"})
        return edit(agents, agent)

    monkeypatch.setattr(type(agents), "edit", lambda _, agent: overtaken(agent))
    answer = acme.patch(path, {"name": "Bea"}, if_match=read)

    assert answer.status == 412
    assert acme.shown(path)["name"] == "Eva"


# --- Numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [CALLER_ID, quote(CALLER_ID), quote("+34 910 00 00 00")])
def test_a_number_is_found_with_its_plus_encoded_or_not(acme: Acme, phone: str) -> None:
    assert acme.shown(f"/numbers/{phone}")["phone"] == CALLER_ID


@pytest.mark.parametrize("phone", ["910000000", "+34910000099", "x", "%2B", "%00", "+" * 99])
def test_a_number_that_is_not_there_is_not_found(acme: Acme, phone: str) -> None:
    answer = acme.get(f"/numbers/{phone}")

    assert (answer.status, answer.error["param"]) == (404, "phone")


def test_a_number_is_edited_by_name(acme: Acme) -> None:
    path = f"/numbers/{quote(CALLER_ID)}"

    acme.patch(path, {"name": "Sales"})
    status, shown = acme.patch(path, {"hasOutboundTrunk": False})

    assert status == 200
    assert shown == {
        "phone": CALLER_ID,
        "carrier": "simulated",
        "name": "Sales",
        "has_outbound_trunk": False,
    }
    assert acme.shown(path) == shown
    assert acme.patch(path, {"name": None}).body["name"] is None


def test_a_number_registered_again_is_what_was_said_last(acme: Acme) -> None:
    acme.patch(f"/numbers/{CALLER_ID}", {"name": "Sales"})

    acme.made("/numbers", {"phone": CALLER_ID, "carrier": "simulated", "name": "Support"})

    assert [number["name"] for number in acme.shown("/numbers")["numbers"]] == ["Support"]


def test_a_number_without_an_outbound_trunk_is_no_caller_id(product: Product, acme: Acme) -> None:
    number = {"phone": TRUNKLESS, "carrier": "simulated", "has_outbound_trunk": False}
    acme.made("/numbers", number)
    campaign_id = acme.campaign()
    before = product.everything()

    campaign = acme.post("/campaigns", acme.batch(caller_id=TRUNKLESS))
    task = acme.post("/tasks", acme.task(campaign_id, **{"from": TRUNKLESS}))

    assert (campaign.status, campaign.error["param"]) == (422, "caller_id")
    assert (task.status, task.error["param"]) == (422, "from")
    assert "outbound trunk" in campaign.error["message"]
    assert product.everything() == before


def test_what_was_accepted_is_still_dialled_when_its_number_loses_the_trunk(
    product: Product, acme: Acme
) -> None:
    acme.pushed(acme.campaign())

    acme.patch(f"/numbers/{CALLER_ID}", {"has_outbound_trunk": False})
    product.run()

    assert len(product.carrier.asked) == 1
