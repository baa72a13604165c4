"""The list of campaigns, and one of them: seen live, steered, searched."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.console.scene import Scene, batch, busy_hours, rows
from tests.console.visitor import Visitor
from tests.functional.product import Acme, Product

#: A change shows within two seconds; a busy machine takes its time to answer and to draw.
SOON_MS = 20_000

#: Chooses, and tells the address before the browser has drawn what was chosen.
CHOOSE = """async (choice, value) => {
    choice.value = value;
    choice.dispatchEvent(new Event('change', {bubbles: true}));
    await null;
    return location.hash;
}"""


@pytest.fixture
def scene(product: Product, acme: Acme, visitor: Visitor) -> Scene:
    scene = busy_hours(product, acme, contacts=16)
    visitor.page.context.clock.set_fixed_time(product.clock.at)
    return scene


# --- The list -----------------------------------------------------------------------------------


def test_the_list_tells_how_each_campaign_is(scene: Scene, visitor: Visitor) -> None:
    visitor.come()
    assert scene.running

    row = visitor.page.get_by_role("listitem").filter(has_text="Policy renewals March")
    expect(row).to_contain_text("13 of 16 tasks done, 81 %")
    expect(row).to_contain_text("33 calls, 27 % reached")
    expect(row).to_contain_text("3 of 12 in flight")
    expect(visitor.page.get_by_role("listitem").filter(has_text="Win back")).to_contain_text(
        "Paused by hand"
    )
    expect(visitor.page.get_by_role("listitem").filter(has_text="Spring")).to_contain_text(
        "Not started"
    )


def test_the_list_is_searched_and_filtered_and_remembers_it(
    scene: Scene, visitor: Visitor
) -> None:
    visitor.come()
    assert scene.draft
    visitor.fill("Search", "survey")
    expect(visitor.page.locator(".campaigns > li")).to_have_count(1)
    visitor.fill("Search", "")
    visitor.choose("Status", "paused")
    expect(visitor.page.locator(".campaigns > li")).to_have_count(1)

    visitor.page.reload()

    expect(visitor.page.locator(".campaigns > li")).to_have_count(1)
    visitor.choose("Type", "realtime")
    visitor.sees("No campaign fits")
    visitor.press("Show all")
    expect(visitor.page.locator(".campaigns > li")).to_have_count(4)


def test_what_the_list_is_filtered_by_is_in_the_address_before_it_is_drawn(
    scene: Scene, visitor: Visitor
) -> None:
    visitor.come()
    assert scene.paused
    expect(visitor.page.locator(".campaigns > li")).to_have_count(4)

    address = visitor.page.get_by_label("Status", exact=True).evaluate(CHOOSE, "paused")

    assert address == "#/campaigns?status=paused"


def test_the_list_and_its_address_agree_wherever_one_goes(scene: Scene, visitor: Visitor) -> None:
    visitor.come()
    assert scene.paused
    listed = visitor.page.locator(".campaigns > li")
    status = visitor.page.get_by_label("Status", exact=True)
    visitor.choose("Status", "paused")
    visitor.page.reload()
    expect(listed).to_have_count(1)

    visitor.page.get_by_role("link", name="Campaigns", exact=True).click()

    expect(listed).to_have_count(4)
    expect(status).to_have_value("")
    assert visitor.page.url.endswith("#/campaigns")
    visitor.page.go_back()
    expect(listed).to_have_count(1)
    expect(status).to_have_value("paused")
    assert visitor.page.url.endswith("#/campaigns?status=paused")


def test_a_closed_campaign_says_when_it_opens(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    night = {"start": "21:00", "end": "22:00", "days": ["sat"]}
    campaign = batch(acme, "Saturday night", calling_hours=night)
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{campaign}/contacts.csv", rows(2))

    visitor.come()

    visitor.sees("Opens tomorrow 21:00 CET")


# --- One campaign -------------------------------------------------------------------------------


def test_a_campaign_is_seen_in_counters_and_pictures(scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/campaigns/{scene.running}")

    expect(visitor.tile("Tasks")).to_have_text("16")
    expect(visitor.tile("In flight")).to_have_text("3 of 12")
    chart = visitor.page.get_by_role("img", name=re.compile("Ended calls over time"))
    expect(chart).to_have_attribute(
        "aria-label", "Ended calls over time: 9 reached, 8 not reached, 16 failed."
    )
    visitor.sees("16 calls, 31 % reached")
    visitor.sees("Attempt 3")
    hours = visitor.page.get_by_role("img", name=re.compile("Calling hours"))
    expect(hours).to_have_attribute(
        "aria-label",
        "Calling hours: 09:30–20:00, Mon, Tue, Wed, Thu, Fri (Europe/Madrid). Now: Fri 16:00.",
    )
    visitor.sees("Open until 20:00 CET")
    visitor.sees("Why it calls, or does not")
    visitor.sees("3 of 12 in use")


def test_what_happens_shows_by_itself(
    product: Product, acme: Acme, scene: Scene, visitor: Visitor
) -> None:
    visitor.come().go(f"/campaigns/{scene.realtime}")
    expect(visitor.tile("Tasks")).to_have_text("1")

    acme.pushed(scene.realtime, phone="+34600000077")
    product.run()

    expect(visitor.tile("Tasks")).to_have_text("2", timeout=SOON_MS)
    visitor.sees("+34600000077")
    expect(visitor.page.get_by_role("row").filter(has_text="0077")).to_be_visible(timeout=SOON_MS)


def test_a_lost_connection_is_told_and_heals(scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/campaigns/{scene.running}")

    visitor.page.context.set_offline(True)
    visitor.sees("The service does not answer")
    expect(visitor.tile("Tasks")).to_have_text("16")
    visitor.page.context.set_offline(False)

    visitor.misses("The service does not answer")


def test_nobody_is_asked_while_nobody_looks(scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/campaigns/{scene.running}")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    visitor.page.wait_for_timeout(300)
    asked.clear()

    visitor.page.wait_for_timeout(2_000)
    assert asked == []
    own = f"/campaigns/{scene.running}?dialect=native"
    with visitor.page.expect_request(lambda request: request.url.endswith(own)):
        visitor.page.evaluate(
            "Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )


def test_pause_resume_and_archive_say_what_they_do_and_do_it(
    acme: Acme, scene: Scene, visitor: Visitor
) -> None:
    visitor.come().go(f"/campaigns/{scene.running}")
    visitor.press("Pause")
    visitor.sees("No further call of it starts")
    visitor.sees("3 calls in flight go on to their end")
    visitor.confirm("Cancel")
    assert acme.shown(f"/campaigns/{scene.running}")["status"] == "running"

    visitor.press("Pause")
    visitor.confirm("Pause")
    visitor.sees("Paused by hand")
    visitor.press("Resume")
    visitor.confirm("Resume")
    expect(visitor.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    visitor.press("Archive")
    visitor.sees("This cannot be undone")
    visitor.confirm("Archive")

    expect(visitor.page.locator(".page-head .badge")).to_have_text("Archived")
    assert acme.shown(f"/campaigns/{scene.running}")["status"] == "archived"
    expect(visitor.page.get_by_role("button", name="Edit", exact=True)).to_have_count(0)


def test_a_change_is_told_before_it_is_made(acme: Acme, scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/campaigns/{scene.paused}")
    visitor.press("Edit")
    expect(visitor.page.get_by_role("button", name="See what it will do")).to_be_disabled()
    visitor.fill("To (Europe/Madrid)", "18:00")
    visitor.fill("Attempts", "5")
    visitor.press("See what it will do")

    visitor.sees("Calls start from 09:30 to 18:00 on Mon, Tue, Wed, Thu, Fri. All 9 tasks")
    visitor.sees("5 attempts in all")
    assert acme.shown(f"/campaigns/{scene.paused}")["max_attempts"] == 3
    visitor.press("Save changes")
    visitor.sees("Saved")

    changed = acme.shown(f"/campaigns/{scene.paused}")
    assert (changed["max_attempts"], changed["calling_hours"]["end"]) == (5, "18:00")
    assert changed["retry_intervals_ms"] == [3_600_000] * 4


def test_two_who_edit_do_not_overwrite_each_other(
    acme: Acme, scene: Scene, visitor: Visitor
) -> None:
    visitor.come().go(f"/campaigns/{scene.paused}")
    visitor.press("Edit")
    visitor.page.wait_for_timeout(300)
    acme.patch(f"/campaigns/{scene.paused}", {"name": "Somebody else's"})
    visitor.page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Mine")
    visitor.press("See what it will do")
    visitor.press("Save changes")

    visitor.sees("edited")
    assert acme.shown(f"/campaigns/{scene.paused}")["name"] == "Somebody else's"


def test_rejected_rows_are_shown_and_taken_along_to_be_corrected(
    product: Product, scene: Scene, visitor: Visitor
) -> None:
    visitor.page.context.route(
        "https://memory.invalid/**",
        lambda route: route.fulfill(
            status=200,
            headers={"Content-Disposition": "attachment; filename=wrong.csv"},
            body="carillon_code,carillon_reason,phone\n",
        ),
    )
    visitor.come().go(f"/campaigns/{scene.running}")
    visitor.press("Show rows")
    visitor.sees("12345")

    with visitor.page.expect_download() as download:
        visitor.press("Download correction file")
        visitor.sees("Being written")
        product.write_exports()

    assert download.value.suggested_filename.endswith(".csv")


# --- Its tasks ----------------------------------------------------------------------------------


def test_tasks_are_filtered_sorted_and_paged(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    campaign = batch(acme, "Many")
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign}/contacts.csv"
    product.drop(source, rows(120))
    product.run()
    visitor.come().go(f"/campaigns/{campaign}")
    table = visitor.page.get_by_role("region", name="Tasks").locator("tbody tr")
    expect(table).to_have_count(50)
    first = table.first.inner_text()

    visitor.press("Next")
    visitor.sees("Page 2, 50 tasks")
    assert table.first.inner_text() != first
    visitor.press("Previous")
    expect(table.first).to_have_text(re.compile(re.escape(first.split("\t")[0])))

    visitor.press("Number")
    numbers = table.locator("td:first-child").all_inner_texts()
    assert numbers == sorted(numbers)

    visitor.choose("Status", "running")
    expect(table).to_have_count(10)
    visitor.choose("Status", "")
    visitor.fill("Number", "+34600000042")
    expect(table).to_have_count(1)
    expect(table.first).to_contain_text("+34600000042")
    visitor.fill("Number", "nobody")
    visitor.sees("this is not a phone number")


def test_a_campaign_that_is_not_there_is_told(visitor: Visitor) -> None:
    visitor.come().go("/campaigns/0000000000000000")

    visitor.sees("This is not here")


def test_a_week_without_calls_is_no_gap_in_the_picture(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    product.clock.pass_(timedelta(days=7))
    campaign = acme.campaign(name="Quiet")

    visitor.come().go(f"/campaigns/{campaign}")

    visitor.sees("No call has ended yet")
    visitor.sees("No attempt has ended yet")
