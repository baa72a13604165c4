"""One task and its calls; the log of all calls."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.console.scene import Scene, busy_hours
from tests.console.visitor import Visitor
from tests.functional.product import Acme, Product


@pytest.fixture
def scene(product: Product, acme: Acme, visitor: Visitor) -> Scene:
    scene = busy_hours(product, acme, contacts=16)
    visitor.page.context.clock.set_fixed_time(product.clock.at)
    return scene


def test_a_call_is_read_as_a_conversation(scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/tasks/{scene.called_task}")

    visitor.sees("Finished: completed")
    said = visitor.page.locator(".talk li")
    expect(said).to_have_count(5)
    expect(said.nth(0)).to_have_class("agent")
    expect(said.nth(1)).to_have_class("contact")
    expect(said.nth(1)).to_contain_text("Yes, speaking.")
    player = visitor.page.get_by_label("Recording of the call")
    expect(player).to_have_attribute("src", "https://carrier.test/recordings/1.mp3")
    visitor.sees("Renews for a year.")
    visitor.sees("0.0450 USD")
    visitor.sees("47 s")


def test_a_long_call_is_read_whole_although_the_log_has_only_its_beginning(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    acme.pushed(acme.campaign())
    product.run()
    said = [{"role": "contact", "text": f"{number} {'x' * 200}"} for number in range(60)]
    product.ended(product.carrier.asked[0].call_id, transcript=said)
    product.run()
    visitor.come().go("/calls")

    visitor.page.get_by_role("region", name="Ended calls").get_by_role("button").first.click()

    talk = visitor.page.locator(".talk li")
    expect(talk).to_have_count(60)
    expect(talk.last).to_contain_text("59 xxx")


def test_a_task_tells_what_holds_for_it_and_when_it_is_called(
    scene: Scene, visitor: Visitor
) -> None:
    visitor.come().go(f"/tasks/{scene.waiting_task}")

    visitor.sees("Next attempt 6 Mar 2027, 10:00:00 (Europe/Madrid)")
    visitor.sees("It was asked for from then on")
    visitor.page.get_by_role("tab", name="Task details").click()
    visitor.sees("What holds for it now")
    visitor.sees("Say hello to Eva.")
    visitor.sees("crm-4711")
    visitor.sees("Around the clock")


def test_a_task_is_paused_resumed_and_archived(acme: Acme, scene: Scene, visitor: Visitor) -> None:
    visitor.come().go(f"/tasks/{scene.waiting_task}")
    for name, status in [("Pause", "Paused"), ("Resume", "Queued"), ("Archive", "Archived")]:
        visitor.press(name)
        visitor.page.get_by_role("dialog").get_by_role("button", name=name).click()
        expect(visitor.page.locator(".page-head .badge")).to_have_text(status)

    assert acme.shown(f"/tasks/{scene.waiting_task}")["status"] == "archived"


def test_the_log_shows_ended_calls_and_those_that_go_on(scene: Scene, visitor: Visitor) -> None:
    assert scene.running
    visitor.come().go("/calls")
    visitor.sees("Going on now")
    log = visitor.page.get_by_role("region", name="Ended calls").locator("tbody tr")
    expect(log).not_to_have_count(0)
    before = log.count()

    visitor.choose("Outcome", "completed")
    expect(log.filter(has_text="Completed")).to_have_count(9)
    expect(log).to_have_count(9)
    assert before > 9
    visitor.page.get_by_role("region", name="Ended calls").get_by_role("button").first.click()
    visitor.sees("Good morning, this is Ana from Acme")

    visitor.choose("Outcome", "voicemail")
    visitor.sees("No call fits")


def test_the_log_is_found_filtered_as_it_was_left(scene: Scene, visitor: Visitor) -> None:
    assert scene.running
    visitor.come().go("/calls")
    log = visitor.page.get_by_role("region", name="Ended calls").locator("tbody tr")
    begin = visitor.page.get_by_label(re.compile("^From"))
    expect(log).not_to_have_count(0)

    begin.fill("2099-01-02T03:04")
    visitor.sees("No call fits")
    visitor.page.reload()

    expect(begin).to_have_value("2099-01-02T03:04")
    visitor.sees("No call fits")
    since = parse_qs(urlsplit(visitor.page.url).fragment.partition("?")[2])["since"]
    assert [datetime.fromisoformat(one).utcoffset() for one in since] == [timedelta(0)]
    visitor.press("Show all")
    expect(log).not_to_have_count(0)
    assert visitor.page.url.endswith("#/calls")


def test_a_date_in_the_address_that_is_none_filters_nothing(
    scene: Scene, visitor: Visitor
) -> None:
    assert scene.running
    visitor.come().go("/calls?since=yesterday")

    expect(visitor.page.get_by_label(re.compile("^From"))).to_have_value("")
    log = visitor.page.get_by_role("region", name="Ended calls").locator("tbody tr")
    expect(log).not_to_have_count(0)
