"""A real browser before the real application on its in-memory twins."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.config import Config
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

import app
from local.gateway import Gateway, GatewayServer
from local.gateway_errors import Refusals
from tests.console.visitor import CHROMIUM, SLOWEST_MS, Visitor
from tests.functional.product import BUCKET_URL, TEMPLATE, Acme, Product

MOST_PER_MINUTE = 100_000


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all tests here; it is gone before other tests use loops of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    product = Product.new()
    monkeypatch.setattr(app, "service", lambda: product.service)
    monkeypatch.setitem(sys.modules, "app", app)
    return product


@pytest.fixture
def acme(product: Product) -> Acme:
    acme = product.workspace()
    (key,) = acme.shown("/keys")["keys"]
    acme.patch(f"/keys/{key['id']}", {"requests_per_minute": MOST_PER_MINUTE})
    return acme


@pytest.fixture
def server(product: Product) -> Iterator[GatewayServer]:
    assert product
    config = Config(config_from_disk={"minimum_compression_size": 1400})
    server = GatewayServer(Gateway(app.app, config, Refusals(TEMPLATE["Resources"])), 0)
    server.begin()
    yield server
    server.finish(within_s=30)


@pytest.fixture
def url(server: GatewayServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def context(browser: Browser, product: Product) -> Iterator[BrowserContext]:
    context = browser.new_context(
        timezone_id="Europe/Madrid",
        locale="en-GB",
        viewport={"width": 1280, "height": 860},
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(SLOWEST_MS)
    context.clock.set_fixed_time(product.clock.at)
    context.route(f"{BUCKET_URL}/**", lambda route: into_bucket(product, route))
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may complain of nothing: no error, no broken policy."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if is_bad(said) else None)
    yield page
    assert [one for one in complaints if not is_expected(one)] == []


def is_bad(said: Any) -> bool:
    return bool(said.type in {"error", "warning"})


def is_expected(complaint: str) -> bool:
    """Refusals and lost connections are shown on the page; the browser notes them, too."""
    return "Failed to load resource" in complaint


@pytest.fixture
def visitor(page: Page, url: str, acme: Acme) -> Visitor:
    """Somebody at the door, with a key that may everything."""
    return Visitor(page, url, str(acme.key))


def into_bucket(product: Product, route: Route) -> None:
    """What a browser sends to the bucket arrives there, and the importer is told."""
    allowed = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Allow-Headers": "content-type",
    }
    if route.request.method == "PUT":
        address, content = urlsplit(route.request.url), route.request.post_data_buffer or b""
        asked = parse_qs(address.query)
        if "upload" in asked:
            product.bucket.put_part(asked["upload"][0], int(asked["number"][0]), content)
        else:
            product.bucket.put(f"s3:/{address.path}", content)
            product.let_in()
    route.fulfill(status=200, headers=allowed, body="")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there is no browser, skip all of this with one line."""
    here = Path(__file__).parent
    own = [item for item in items if here in item.path.parents]
    if Path(CHROMIUM).exists() or not own:
        return
    reason = f"no Chromium at {CHROMIUM}: nobody has tried the console ({len(own)} tests)"
    own[0].add_marker(pytest.mark.skip(reason=reason))
    config.hook.pytest_deselected(items=own[1:])
    items[:] = [item for item in items if item not in own[1:]]
