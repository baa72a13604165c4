"""A new user's way, from a stack that was just started to a campaign that is finished."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from local import workspace
from local.settings import Settings
from local.stack import Stack
from local.trial import free_port
from tests.console.visitor import SLOWEST_MS, Visitor

CARRIER = ("-m", "local.carrier", "--ring", "0.05:0.2", "--talk", "0.1:0.4", "--callback-in", "1")
CONTACTS = 12

#: Called once, with a conversation, by the rules of the carrier. Where somebody was called twice,
#: the page shows what was said once it is asked to.
INTERESTED = "+34600000006"

#: A campaign of so few is over in a few seconds; a machine with much to do may take some more.
OVER_MS = 180_000


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    settings = replace(
        Settings.from_environment(os.environ),
        data=tmp_path / "data",
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        tick_s=2,
    )
    with Stack(settings, carrier=CARRIER) as stack:
        yield stack


@pytest.mark.engine
@pytest.mark.slow
def test_from_a_key_to_a_finished_campaign(browser: Browser, stack: Stack, tmp_path: Path) -> None:
    key = workspace.ensure(stack.settings.port, stack.settings.data).api_key
    page = browser.new_page(timezone_id="Europe/Madrid")
    page.set_default_timeout(SLOWEST_MS)
    visitor = Visitor(page, stack.url, key).come()
    visitor.shoot("walk-1-empty")
    say_who_calls(visitor)
    create_a_campaign(visitor, people(tmp_path / "people.csv"))
    expect(page.get_by_role("heading", name="My first campaign")).to_be_visible(timeout=20_000)
    expect(visitor.tile("Tasks")).to_have_text(str(CONTACTS))
    visitor.shoot("walk-4-running")

    expect(page.locator(".page-head .badge")).to_have_text("Completed", timeout=OVER_MS)

    expect(visitor.tile("Completed")).to_have_text(str(CONTACTS))
    expect(visitor.tile("Calls")).not_to_have_text("0")
    table = page.get_by_role("region", name="Tasks")
    expect(table.locator("tbody .badge").filter(has_text="Running")).to_have_count(0)
    visitor.shoot("walk-5-over")
    table.locator("tbody tr").filter(has_text=INTERESTED).get_by_role("link").click()
    page.get_by_role("heading", name="Conversation").wait_for()
    visitor.shoot("walk-6-task")
    page.context.close()


def say_who_calls(visitor: Visitor) -> None:
    """Add an agent and a number."""
    visitor.page.get_by_role("link", name="Agents").click()
    visitor.press("Add an agent")
    visitor.fill("Name", "Ada")
    visitor.fill("Prompt", "You call {{name}}.")
    visitor.press("Save")
    visitor.is_done()
    visitor.press("Add a number")
    visitor.fill("Number", "+34910000000")
    visitor.press("Save")
    visitor.is_done()


def people(file: Path) -> Path:
    """A file of contacts with one that nobody can call."""
    rows = [f"+346000000{number:02},Contact {number}" for number in range(CONTACTS)]
    file.write_text("\n".join(["phone,name", *rows, "12345,Nobody"]), encoding="utf-8")
    return file


def create_a_campaign(visitor: Visitor, file: Path) -> None:
    """Go through the wizard, and start."""
    page = visitor.page
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="Create the first one").click()
    visitor.fill("Name", "My first campaign")
    visitor.press("Continue")
    page.get_by_label("A CSV file with contacts").set_input_files(file)
    visitor.press("Check the file")
    visitor.sees("You call Contact 0.")
    visitor.shoot("walk-2-checked")
    visitor.press("Continue")
    page.get_by_label("Call only within calling hours").uncheck()
    visitor.press("Continue")
    visitor.fill("Attempts", "1")
    visitor.press("Continue")
    visitor.shoot("walk-3-review")
    visitor.press("Create and start")
