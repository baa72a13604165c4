"""Somebody who uses the console: by what stands on buttons and labels."""

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.console.scene import PROMPT
from tests.functional.product import CALLER_ID

#: Debian's; another one by its path.
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

#: Where pictures of the pages go; nowhere unless it is said.
SHOTS = os.environ.get("CONSOLE_SHOTS", "")

#: Longer nothing takes, also on a busy machine; what comes at once is not waited for.
SLOWEST_MS = 45_000
expect.set_options(timeout=SLOWEST_MS)

#: What drops a file where the page takes files.
DROP = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, {type: 'text/csv'}));
    document.querySelector('.drop').dispatchEvent(
        new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


class Visitor:
    """A browser's page at the console."""

    def __init__(self, page: Page, url: str, key: str) -> None:
        self.page, self.url, self.key = page, url, key

    def come(self, key: str | None = None) -> "Visitor":
        """Open the console and sign in."""
        self.page.goto(f"{self.url}/console")
        self.fill("API key", key or self.key)
        self.press("Sign in")
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()
        return self

    def go(self, path: str) -> "Visitor":
        """Go to a page by its address, and wait until it shows what it is about."""
        self.page.evaluate("path => { location.hash = path }", path)
        expect(self.page.locator(".bones")).to_have_count(0)
        return self

    @property
    def place(self) -> Locator:
        """Where hands can reach: a dialog that is open, or the page."""
        dialog = self.page.get_by_role("dialog")
        return dialog if dialog.count() else self.page.locator("body")

    def fill(self, label: str, value: str) -> None:
        self.place.get_by_label(label, exact=True).fill(value)

    def choose(self, label: str, value: str) -> None:
        self.place.get_by_label(label, exact=True).select_option(value)

    def press(self, name: str) -> None:
        self.place.get_by_role("button", name=name, exact=True).first.click()

    def confirm(self, name: str) -> None:
        """Press what a dialog asks for."""
        self.page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()

    def is_done(self) -> None:
        """Wait until a dialog has closed."""
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def sees(self, text: str) -> Locator:
        """Wait until a text can be read."""
        found = self.page.get_by_text(re.compile(re.escape(text))).first
        expect(found).to_be_visible()
        return found

    def misses(self, text: str) -> None:
        """Wait until a text cannot be read any more."""
        expect(self.page.get_by_text(text)).to_have_count(0)

    def tile(self, name: str) -> Locator:
        """One of the counters of a campaign."""
        tiles = self.page.locator(".tile").filter(has=self.page.get_by_text(name, exact=True))
        return tiles.first.locator("dd")

    def shoot(self, name: str) -> None:
        """Take a picture of the whole page, where pictures are wanted."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def begin(visitor: Visitor, name: str) -> None:
    """The first step of a batch campaign."""
    visitor.come().go("/new/batch")
    visitor.fill("Name", name)
    visitor.choose("Number shown", CALLER_ID)
    visitor.fill("Prompt", PROMPT)
    visitor.press("Continue")
    visitor.sees("Drop a CSV here")


def drop(visitor: Visitor, text: str, name: str = "contacts.csv") -> None:
    expect(visitor.page.locator(".drop")).to_be_visible()
    visitor.page.evaluate(DROP, [name, text])
    visitor.sees(name)
