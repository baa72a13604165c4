"""The description of the API, and the page that shows it: files of this folder, as they are."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from chalice.app import Response

from chalicelibs.domain.errors import NotFound

HERE = Path(__file__).parent
VIEWER = HERE / "viewer"

#: What is served of the viewer, and as what. No other name ever becomes part of a path.
TYPES: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}

#: The page loads from, and asks, nobody but us; the viewer's style sheet holds its own pictures.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

#: Asked for anew each time, so that a release shows at once; they are small.
FRESH = "no-cache"

#: A file of another content has another path.
FOR_EVER = "public, max-age=31536000, immutable"


def description() -> Response:
    """The OpenAPI document."""
    return page(read(HERE / "openapi.json"), "application/json", FRESH)


def docs() -> Response:
    """The page for people."""
    shown = page(
        read(VIEWER / "docs.html").replace("{version}", version()),
        "text/html; charset=utf-8",
        FRESH,
    )
    shown.headers |= {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    return shown


def viewer_file(asked_version: str, name: str) -> Response:
    """A file that the page loads.

    Raises:
        NotFound: when there is none of this name and version.
    """
    if name not in TYPES or asked_version != version():
        raise NotFound("file", name, "file")
    return page(read(VIEWER / name), TYPES[name], FOR_EVER)


@cache
def version() -> str:
    """What the viewer's files are, in a word: it changes when one of them does."""
    digest = sha256()
    for name in sorted(TYPES):
        digest.update(sha256(read(VIEWER / name).encode()).digest())
    return digest.hexdigest()[:16]


@cache
def read(path: Path) -> str:
    """A file, read once."""
    return path.read_text(encoding="utf-8")


def page(text: str, media_type: str, caching: str) -> Response:
    """An answer of text."""
    headers: dict[str, str | list[str]] = {
        "Content-Type": media_type,
        "Cache-Control": caching,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=text, headers=headers)
