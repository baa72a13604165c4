"""New campaigns: a list from a file, or a program that pushes."""

import json
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import APIResponse, Route, expect

from tests.console.scene import rows
from tests.console.visitor import DROP, Visitor, begin, drop
from tests.functional.product import Acme, Product

#: Rows of almost 8 KiB: more than goes in one piece.
LARGE_ROWS = 2_700

DROP_LARGE = """count => {
    const notes = 'x'.repeat(7900);
    const rows = Array.from({length: count}, (_, at) =>
        `+346${String(at).padStart(8, '0')},Eva,Madrid,ES-${at},${notes}\\n`);
    const data = new DataTransfer();
    data.items.add(new File(['phone,name,city,policy,notes\\n', ...rows], 'large.csv'));
    document.querySelector('.drop').dispatchEvent(
        new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""

STRANGE = "Kontakt-Nr;Vorname;city;policy\n+34600000001;Eva;Madrid;ES-1\n12;Leo;Madrid;ES-2\n"


def say_when_and_how_often(visitor: Visitor) -> None:
    """The third and the fourth step."""
    visitor.press("Continue")
    visitor.fill("From (Europe/Madrid)", "10:00")
    visitor.page.get_by_label("Sat").check()
    visitor.press("Continue")
    visitor.fill("Attempts", "2")
    visitor.page.get_by_label("Voicemail").check()
    visitor.press("Continue")


def test_a_list_becomes_a_campaign_step_by_step(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    begin(visitor, "Renewals in June")
    drop(visitor, rows(30).decode())
    assert visitor.page.get_by_label("Phone number").input_value() == "phone"
    visitor.press("Check the file")
    visitor.sees("You call Eva in Madrid about policy ES-00000")
    visitor.sees("no such number can exist in its country's numbering plan")
    assert visitor.tile("Become tasks").inner_text() == "30"
    assert visitor.tile("Rejected").inner_text() == "2"
    assert product.store.tasks == {}, "nothing is written by a check"
    say_when_and_how_often(visitor)
    visitor.sees("10:00–20:00, Mon, Tue, Wed, Thu, Fri, Sat (Europe/Madrid)")
    visitor.sees("30 contacts of 33 rows will be called")
    visitor.press("Create and start")

    expect(visitor.page.get_by_role("heading", name="Renewals in June")).to_be_visible()
    expect(visitor.tile("Tasks")).to_have_text("30")
    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["status"] == "scheduled"
    assert campaign["retry_outcomes"] == ["voicemail"]
    assert campaign["max_attempts"] == 2
    product.run()
    assert len(product.carrier.asked) == 10, "as many as the workspace lets at once"


def test_columns_that_no_name_tells_are_said_by_hand(acme: Acme, visitor: Visitor) -> None:
    begin(visitor, "Kontakte")
    drop(visitor, STRANGE)
    visitor.sees("Say which column holds the number")
    expect(visitor.page.get_by_role("button", name="Continue")).to_be_disabled()

    visitor.choose("Phone number", "Kontakt-Nr")
    visitor.press("Check the file")

    visitor.sees("the agent's prompt needs name: fill it in")
    acme.patch(f"/agents/{acme.agent_id}", {"prompt": "Say hello."})
    assert visitor.tile("Rows").inner_text() == "2"


def test_what_is_no_csv_is_told_before_anything_is_sent(visitor: Visitor) -> None:
    begin(visitor, "A picture")

    expect(visitor.page.locator(".drop")).to_be_visible()
    visitor.page.evaluate(DROP, ["contacts.csv", "PK\u0003\u0004\u0000\u0000"])

    visitor.sees("This is no CSV")


def test_a_draft_is_kept_and_nobody_is_called(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    begin(visitor, "For later")
    for name in ("Add contacts later", "Continue", "Continue"):
        visitor.press(name)
    visitor.page.get_by_label("Start calling at once").uncheck()
    visitor.press("Create as a draft")
    visitor.sees("Not started")

    visitor.press("Add contacts")
    drop(visitor, rows(5).decode())
    visitor.press("Check the file")
    visitor.press("Import 5 contacts")
    expect(visitor.tile("Tasks")).to_have_text("5")

    product.run()
    assert product.carrier.asked == []
    visitor.press("Start")
    visitor.sees("5 tasks may be called from now on")
    visitor.confirm("Start")
    visitor.sees("For later: started")
    product.run()
    assert len(product.carrier.asked) == 5
    assert acme.shown("/campaigns")["campaigns"][0]["status"] == "running"


def test_what_is_wrong_with_a_field_is_told_beside_it(visitor: Visitor) -> None:
    begin(visitor, "Ends before it starts")
    visitor.press("Add contacts later")
    visitor.fill("Start (Europe/Madrid)", "2027-04-01T10:00")
    visitor.fill("End (Europe/Madrid)", "2027-03-20T10:00")

    visitor.press("Continue")

    field = visitor.page.get_by_label("End (Europe/Madrid)")
    expect(field).to_have_attribute("aria-invalid", "true")
    visitor.sees("must be after the start")


def test_a_program_is_told_all_it_needs_and_its_samples_work(
    product: Product, acme: Acme, visitor: Visitor, tmp_path: Path
) -> None:
    visitor.come().go("/new/realtime")
    visitor.fill("Name", "Website leads")
    visitor.page.get_by_role("button", name="Create", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Push tasks")).to_be_visible()
    visitor.press("Make a key")
    key = visitor.page.get_by_label("API key", exact=True).inner_text()

    curl = visitor.page.get_by_label("curl sample", exact=True).inner_text()
    visitor.page.get_by_role("tab", name="curl").press("ArrowRight")
    python = visitor.page.get_by_label("Python sample", exact=True).inner_text()

    assert key in curl
    assert key in python
    made = subprocess.run(
        ["bash", "-c", curl], capture_output=True, text=True, timeout=180, check=True
    )
    assert json.loads(made.stdout)["task"]["phone"] == "+34600000000"
    script = tmp_path / "push.py"
    script.write_text(python.replace("+34600000000", "+34600000001"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=180, check=True
    )
    assert acme.shown(f"/tasks/{done.stdout.strip()}")["phone"] == "+34600000001"
    product.run()
    assert len(product.carrier.asked) == 2


def test_a_draft_goes_on_where_it_was_left(acme: Acme, visitor: Visitor) -> None:
    begin(visitor, "Interrupted")
    visitor.page.reload()
    expect(visitor.page.locator("[aria-current=step]")).to_contain_text("Contacts")
    visitor.press("Back")

    assert visitor.page.get_by_label("Name", exact=True).input_value() == "Interrupted"
    assert len(acme.shown("/campaigns")["campaigns"]) == 1


def test_a_request_whose_answer_is_lost_makes_nothing_twice(acme: Acme, visitor: Visitor) -> None:
    visitor.come().go("/new/realtime")
    visitor.fill("Name", "Only once")
    lost: list[APIResponse] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        if lost or route.request.method != "POST":
            route.fulfill(response=answer)
        else:
            lost.append(answer)
            route.abort()

    visitor.page.route("**/campaigns", lose_the_first)
    visitor.press("Create")
    visitor.sees("No answer came")
    visitor.press("Create")

    expect(visitor.page.get_by_role("heading", name="Push tasks")).to_be_visible()
    assert len(acme.shown("/campaigns")["campaigns"]) == 1


def test_a_large_file_goes_in_parts_and_only_what_failed_is_sent_again(
    product: Product, visitor: Visitor
) -> None:
    begin(visitor, "Large")
    expect(visitor.page.locator(".drop")).to_be_visible()
    visitor.page.evaluate(DROP_LARGE, LARGE_ROWS)
    visitor.sees("large.csv")
    for name in ("Continue", "Continue", "Continue"):
        visitor.press(name)
    failing = [True]
    visitor.page.route("**/*number=2", lambda r: r.abort() if failing.pop() else None, times=1)
    visitor.press("Create and start")
    visitor.sees("Sending the file")
    while not product.bucket.arrived:
        visitor.page.wait_for_timeout(100)
    product.let_in()

    expect(visitor.tile("Tasks")).to_have_text(f"{LARGE_ROWS:,}")
    assert failing == []
    assert product.bucket.parts == {}, "they were put together"
