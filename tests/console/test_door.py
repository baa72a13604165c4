"""Signing in and out, and what a key may do here."""

from datetime import timedelta

from playwright.sync_api import expect

from chalicelibs.domain.dead_letters import DeadLetter, QueueName
from tests.builders import NOON
from tests.console.scene import busy_hours
from tests.console.visitor import Visitor
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product


def test_a_wrong_key_is_told_and_a_right_one_opens(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/console")
    visitor.fill("API key", "carillon_nobody_nothing")
    visitor.press("Sign in")
    visitor.sees("this key opens nothing")

    visitor.fill("API key", visitor.key)
    visitor.page.keyboard.press("Enter")

    expect(visitor.page.get_by_role("heading", name="Campaigns", exact=True)).to_be_focused()


def test_a_session_outlives_a_reload_and_no_script_finds_what_opens_it(visitor: Visitor) -> None:
    visitor.come()
    visitor.page.reload()
    visitor.sees("No campaigns yet")

    kept = visitor.page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    (cookie,) = visitor.page.context.cookies(f"{visitor.url}/console/session")
    assert "carillon_" not in kept
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert cookie["path"] == "/console/session"


def test_whoever_signs_out_is_at_the_door_again(visitor: Visitor) -> None:
    visitor.come()
    visitor.press("Sign out")
    visitor.sees("API key")

    visitor.page.reload()

    visitor.sees("API key")
    assert visitor.page.context.cookies(f"{visitor.url}/console/session") == []


def test_a_key_that_is_revoked_closes_the_page(acme: Acme, visitor: Visitor) -> None:
    made = acme.made("/keys", {"name": "dashboard"})
    visitor.come(made["api_key"])

    acme.delete(f"/keys/{made['key']['id']}")

    visitor.sees("API key")


def test_a_key_that_reads_sees_masked_numbers_and_can_change_nothing(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    scene = busy_hours(product, acme, contacts=4)
    made = acme.made("/keys", {"name": "wall", "scope": "read", "requests_per_minute": 10_000})
    visitor.come(made["api_key"]).go(f"/campaigns/{scene.paused}")
    visitor.sees("…00")

    assert "+34600" not in visitor.page.locator("main").inner_text()
    for name in ("Resume", "Archive", "Edit", "Add contacts", "Download correction file"):
        expect(visitor.page.get_by_role("button", name=name)).to_have_count(0)
    visitor.go("/workspace")
    expect(visitor.page.get_by_role("button", name="Make a key")).to_have_count(0)


def test_the_operator_sees_dead_letters_and_sends_them_back(
    product: Product, visitor: Visitor
) -> None:
    product.deliver("app.place_call", ["{"], receives=5)
    product.dead_letters.dead.append(
        DeadLetter(queue=QueueName.CALLS, message_id="m0", sent_at=NOON)
    )
    visitor.come(OPERATOR_KEY)
    visitor.sees("calls: about 1 message")
    visitor.sees("place_call")
    visitor.press("Send back")
    visitor.sees("Repeating a message is harmless")
    visitor.confirm("Send back")
    visitor.sees("1 message sent back")
    assert len(product.dead_letters.sent_back) == 1


def test_the_operator_opens_a_workspace_and_hands_over_its_key(visitor: Visitor) -> None:
    visitor.come(OPERATOR_KEY)

    visitor.fill("Name", "Globex")
    visitor.press("Open")

    opened = visitor.page.get_by_label("API key", exact=True).inner_text()
    assert Api(opened).shown("/workspace")["name"] == "Globex"


def test_the_page_lets_nothing_in_from_elsewhere(visitor: Visitor) -> None:
    answer = visitor.page.goto(f"{visitor.url}/console")

    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_key_that_asked_too_often_is_told_and_goes_on_in_the_next_minute(
    product: Product, acme: Acme, visitor: Visitor
) -> None:
    product.clock.pass_(timedelta(seconds=58))
    made = acme.made("/keys", {"name": "slow", "requests_per_minute": 4})
    visitor.come(made["api_key"])
    visitor.sees("This key has asked as often as it may in a minute")

    product.clock.pass_(timedelta(seconds=2))
    acme.patch(f"/keys/{made['key']['id']}", {"requests_per_minute": 10_000})

    visitor.misses("This key has asked as often as it may in a minute")


def test_a_key_to_be_copied_is_copied(visitor: Visitor) -> None:
    visitor.come(OPERATOR_KEY)
    visitor.fill("Name", "Globex")
    visitor.press("Open")
    shown = visitor.page.get_by_label("API key", exact=True).inner_text()

    visitor.press("Copy API key")

    visitor.sees("Copied")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == shown
