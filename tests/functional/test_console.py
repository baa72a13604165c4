"""The console as it is served: small, kept by browsers, and built from its sources."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.functional.product import Api, Product

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "chalicelibs" / "api" / "console"
SOURCES = ROOT / "console"

#: What a first load may take altogether, as it is sent.
MOST_BYTES = 150_000

pytestmark = pytest.mark.usefixtures("product")


def named() -> list[str]:
    """The files that the page and its script name."""
    page = (BUILT / "index.html").read_text()
    return re.findall(r'"console/assets/([^"]+)"', page)


def test_the_page_names_what_is_there_and_nothing_else() -> None:
    assert set(named()) == {one.name for one in BUILT.iterdir()} - {"index.html"}


def test_a_first_load_is_small() -> None:
    texts = [Api().page("/console")[1]]
    texts += [Api().page(f"/console/assets/{name}")[1] for name in named()]

    assert sum(len(gzip.compress(text.encode())) for text in texts) < MOST_BYTES


def test_files_are_kept_for_ever_and_have_another_name_when_they_change() -> None:
    for name in named():
        headers, text = Api().page(f"/console/assets/{name}")

        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.fullmatch(r"\w+-[\w-]{8}\.(js|css|svg)", name)
        assert text == (BUILT / name).read_text(encoding="utf-8")


def test_the_page_is_asked_for_anew_and_sent_only_if_it_changed() -> None:
    headers, _ = Api().page("/console")

    again = Api()._gateway.answer("GET", "/console", {"If-None-Match": headers["ETag"]}, None)
    other = Api()._gateway.answer("GET", "/console", {"If-None-Match": '"older"'}, None)

    assert headers["Cache-Control"] == "no-cache"
    assert (again["statusCode"], again["body"]) == (304, "")
    assert other["statusCode"] == 200


def test_the_page_may_send_files_to_the_bucket_and_ask_nobody_else(product: Product) -> None:
    headers, page = Api().page("/console")

    origin = product.service.receive_contacts.origin()
    policy = headers["Content-Security-Policy"]
    assert f"connect-src 'self' {origin};" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "<style" not in page
    assert re.findall(r"<script[^>]*>", page) == re.findall(r"<script[^>]* src=[^>]*>", page)


@pytest.mark.parametrize("name", ["index.html", "..", "%2E%2E%2Fpages.py", "README.md", "x.js"])
def test_no_other_file_of_it_is_given(name: str) -> None:
    answer = Api().get(f"/console/assets/{name}")

    assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.skipif(
    not (SOURCES / "node_modules").exists() or shutil.which("npx") is None,
    reason="the console is not built anew: `npm ci` in console/ was not run",
)
def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    command = ["npx", "vite", "build", "--outDir", str(tmp_path / "built"), "--emptyOutDir"]
    subprocess.run(command, cwd=SOURCES, check=True, capture_output=True, timeout=120)

    anew = {one.name: one.read_bytes() for one in (tmp_path / "built").iterdir()}
    assert anew == {one.name: one.read_bytes() for one in BUILT.iterdir()}
