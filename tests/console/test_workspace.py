"""Agents, numbers, limits, keys and carriers."""

import pytest
from playwright.sync_api import expect

from chalicelibs.domain.carrier_account import Denials
from tests.console.scene import tell_of_a_rest
from tests.console.visitor import Visitor
from tests.functional.product import Acme, Api, Product


def test_limits_are_changed_while_calls_go_on(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    campaign = acme.campaign()
    for number in range(12):
        acme.pushed(campaign, phone=f"+346000000{number:02}")
    product.run()
    visitor.come().go("/workspace")
    visitor.sees("10 of 10 in flight")
    visitor.fill("Calls at once", "4")
    visitor.sees("none is cut off")
    visitor.fill("Calls at once", "12")
    visitor.press("Save")
    visitor.sees("10 of 12 in flight")

    product.tick()
    product.run()

    visitor.sees("12 of 12 in flight")


def test_a_key_is_made_shown_once_narrowed_and_revoked(acme: Acme, visitor: Visitor) -> None:
    visitor.come().go("/workspace")
    visitor.press("Make a key")
    visitor.fill("Name", "Nightly job")
    visitor.press("Make it")
    key = visitor.page.get_by_label("API key", exact=True).inner_text()
    assert Api(key).get("/workspace").status == 200
    visitor.press("I have it")
    assert key not in visitor.page.content()

    visitor.choose("What Nightly job may do", "read")
    visitor.sees("It may then: Read: numbers masked")
    visitor.confirm("Change")
    visitor.sees("Nightly job: read")
    visitor.press("Revoke Nightly job")
    visitor.sees("This cannot be undone")
    visitor.confirm("Revoke")

    expect(visitor.page.get_by_label("What Nightly job may do")).to_have_count(0)
    assert len(acme.shown("/keys")["keys"]) == 1
    assert Api(key).get("/workspace").status == 403


def test_the_last_key_that_manages_stays(acme: Acme, visitor: Visitor) -> None:
    visitor.come().go("/workspace")

    visitor.press("Revoke first")
    visitor.sees("you will be signed out")
    visitor.confirm("Revoke")

    visitor.sees("this is the last key that may manage the workspace")
    assert acme.get("/workspace").status == 200


def test_a_carrier_that_is_not_reached_is_told(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    visitor.come().go("/workspace")
    visitor.sees("Answers")

    tell_of_a_rest(product, acme)

    visitor.sees("Not reached")
    visitor.sees("asked again at 13:00:30 CET")


def test_a_carrier_that_refused_our_credentials_is_told_and_resumed(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    secrets = {"auth_token": "twilio-token"}
    settings = {"kind": "twilio", "account_sid": "AC" + "a" * 32, "twiml": "<Response/>"}
    acme.put("/workspace/carriers/my-twilio", {**settings, "secrets": secrets})
    visitor.come().go("/workspace")
    visitor.sees("Ready")

    refused = Denials(3, product.clock.at, "credentials_refused")
    pacing = product.service.place_call.pacing
    pacing.deny(acme.workspace_id, "my-twilio", refused, since=product.clock.at)

    visitor.sees("Credentials refused: nobody is called by it")
    visitor.press("Resume my-twilio")
    visitor.sees("Calls that wait for it are placed at once")
    visitor.confirm("Resume")
    visitor.sees("Ready")
    assert acme.shown("/workspace/carriers/my-twilio")["state"] == "ready"


@pytest.mark.parametrize("what", ["agent", "number"])
def test_what_calls_is_added_and_edited(acme: Acme, visitor: Visitor, what: str) -> None:
    visitor.come().go("/agents")
    if what == "agent":
        visitor.press("Add an agent")
        visitor.fill("Name", "Bruno")
        visitor.fill("Prompt", "You are Bruno.")
        visitor.fill("Outcomes of its own", "will_pay")
    else:
        visitor.press("Add a number")
        visitor.fill("Number", "12")
        visitor.press("Save")
        visitor.sees("write the number with + and country code")
        visitor.fill("Number", "+34910000077")
    visitor.press("Save")
    visitor.is_done()
    visitor.press("Edit Bruno" if what == "agent" else "Edit +34910000077")
    visitor.page.get_by_label("On duty" if what == "agent" else "It may call out").uncheck()
    visitor.press("Save")

    visitor.sees("Off duty" if what == "agent" else "it has no outbound trunk")
    if what == "agent":
        (bruno,) = (one for one in acme.shown("/agents")["agents"] if one["name"] == "Bruno")
        assert (bruno["is_active"], bruno["custom_outcomes"]) == (False, ["will_pay"])
    else:
        assert not acme.shown("/numbers/+34910000077")["has_outbound_trunk"]


def test_a_new_workspace_is_led_to_what_it_lacks(product: Product, visitor: Visitor) -> None:
    product.store.agents.clear()
    visitor.come()
    visitor.sees("No campaigns yet")
    visitor.page.get_by_role("link", name="Create the first one").click()
    visitor.sees("There is no agent yet")

    visitor.page.get_by_role("link", name="Add them").click()

    expect(visitor.page.get_by_role("heading", name="Agents and numbers")).to_be_visible()


def test_all_of_it_works_by_keys_alone(visitor: Visitor) -> None:
    visitor.come()
    page = visitor.page
    page.keyboard.press("Tab")
    page.locator("body").press("Shift+Tab")
    page.get_by_role("link", name="Workspace").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make a key").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Make a key")).to_be_focused()
