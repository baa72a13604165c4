"""Every page, light and dark and on a phone: open to everybody, and nothing sticks out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

from chalicelibs.domain.dead_letters import DeadLetter, QueueName
from tests.builders import NOON
from tests.console.scene import Scene, busy_hours, rows
from tests.console.visitor import SHOTS, Visitor, begin, drop
from tests.functional.product import OPERATOR_KEY, Acme, Product

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

#: WCAG 2.1 A and AA, and what axe advises besides.
EVERYTHING = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
}
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}

FITS = "document.documentElement.scrollWidth <= innerWidth"


def stumbled_over(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """What somebody with other eyes or hands would stumble over."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(rules)", rules)["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:150]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found
        if one["impact"] in {"moderate", "serious", "critical"}
    ]


def look_at(visitor: Visitor, name: str) -> list[str]:
    """Look at a page in light, in dark, and on a phone."""
    page = visitor.page
    page.set_viewport_size(DESK)  # type: ignore[arg-type] # it is one
    theme(page, "light")
    found = stumbled_over(page, EVERYTHING)
    visitor.shoot(f"{name}-light")
    theme(page, "dark")
    found += stumbled_over(page, CONTRAST)
    visitor.shoot(f"{name}-dark")
    found += [] if page.evaluate(FITS) else ["it is wider than a desk's screen"]
    page.set_viewport_size(PHONE)  # type: ignore[arg-type] # it is one
    found += [] if page.evaluate(FITS) else ["it is wider than a phone's screen"]
    theme(page, "light")
    visitor.shoot(f"{name}-phone")
    return found


def theme(page: Page, name: str) -> None:
    """Have it light or dark, as the button does."""
    page.evaluate("name => { document.documentElement.dataset.theme = name }", name)


def pages_of(scene: Scene) -> dict[str, str]:
    """Every page by its address."""
    return {
        "campaigns": "/campaigns",
        "campaign": f"/campaigns/{scene.running}",
        "draft": f"/campaigns/{scene.draft}",
        "connect": f"/campaigns/{scene.realtime}/connect",
        "task": f"/tasks/{scene.called_task}",
        "waiting": f"/tasks/{scene.waiting_task}",
        "calls": "/calls",
        "agents": "/agents",
        "workspace": "/workspace",
        "batch": "/new/batch",
        "realtime": "/new/realtime",
        "nowhere": "/nowhere",
    }


def test_every_page_is_open_to_everybody_and_fits(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    scene = busy_hours(product, acme, contacts=16)
    visitor.page.context.clock.set_fixed_time(product.clock.at)
    visitor.page.goto(f"{visitor.url}/console")
    visitor.sees("Sign in")
    wrong = {"door": look_at(visitor, "door")}
    visitor.come()
    for name, path in pages_of(scene).items():
        visitor.go(path)
        visitor.page.wait_for_timeout(600 if SHOTS else 50)
        wrong[name] = look_at(visitor, name)

    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_dialog_is_open_to_everybody(product: Product, acme: Acme, visitor: Visitor) -> None:
    scene = busy_hours(product, acme, contacts=4)
    visitor.come().go(f"/campaigns/{scene.paused}")
    wrong: dict[str, list[str]] = {}
    for name in ("Edit", "Archive", "Add contacts"):
        visitor.press(name)
        visitor.page.wait_for_timeout(600 if SHOTS else 50)
        wrong[name] = look_at(visitor, f"dialog-{name.lower().replace(' ', '-')}")
        visitor.page.keyboard.press("Escape")
        visitor.is_done()

    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_step_of_the_wizard_is_open_to_everybody(acme: Acme, visitor: Visitor) -> None:
    assert acme.agent_id
    begin(visitor, "Looked at")
    drop(visitor, rows(3).decode())
    visitor.press("Check the file")
    visitor.sees("What the agent is told")
    wrong: dict[str, list[str]] = {}
    for name in ("contacts", "times", "follow-up", "review"):
        wrong[name] = look_at(visitor, f"batch-{name}")
        if name != "review":
            visitor.press("Continue")
            visitor.page.wait_for_timeout(300)

    assert {name: found for name, found in wrong.items() if found} == {}


def test_what_the_operator_and_the_curious_see_is_open_to_everybody(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    scene = busy_hours(product, acme, contacts=4)
    visitor.come().go(f"/tasks/{scene.called_task}")
    visitor.page.get_by_role("tab", name="Task details").click()
    visitor.sees("What was submitted")
    wrong = {"details": look_at(visitor, "details")}
    visitor.page.set_viewport_size(DESK)  # type: ignore[arg-type] # it is one
    visitor.press("Sign out")
    product.dead_letters.dead.append(
        DeadLetter(queue=QueueName.CALLS, message_id="m0", sent_at=NOON, kind="place")
    )
    visitor.come(OPERATOR_KEY)
    visitor.sees("calls: about 1 message")

    wrong["operator"] = look_at(visitor, "operator")

    assert {name: found for name, found in wrong.items() if found} == {}
