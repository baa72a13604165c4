"""The console: one page and its files, built from `console/` and served as they are.

API Gateway compresses them; `console/README.md` says how they are built anew.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from chalice.app import Response

from chalicelibs.api.http import Request
from chalicelibs.api.pages import FOR_EVER, FRESH, HERE, page, read
from chalicelibs.domain.errors import NotFound

BUILT = HERE / "console"

INDEX = "index.html"

#: What is served of it, by its ending. Each name holds a hash of the content.
TYPES: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

#: It runs and loads what is ours alone. It asks us, and sends files to where we say: the bucket,
#: whose host is another. Recordings are the carriers'.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' https: http://127.0.0.1:*",
        "connect-src 'self' {bucket}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)

HEADERS: Mapping[str, str] = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def index(asked: Request, bucket: str) -> Response:
    """The page; nothing, where the asker has it already."""
    shown = page(read(BUILT / INDEX), "text/html; charset=utf-8", FRESH)
    policy = POLICY.format(bucket=bucket)
    shown.headers |= {**HEADERS, "Content-Security-Policy": policy, "ETag": tag()}
    if asked.headers.get("if-none-match") == tag():
        shown.status_code, shown.body = 304, ""
    return shown


def file(name: str) -> Response:
    """A file that the page loads.

    Raises:
        NotFound: when there is none of this name.
    """
    if name not in files():
        raise NotFound("file", name, "file")
    ending = name[name.rindex(".") :]
    return page(read(BUILT / name), TYPES[ending], FOR_EVER)


@cache
def files() -> frozenset[str]:
    """The names that are served. No other name ever becomes part of a path."""
    return frozenset(one.name for one in BUILT.iterdir() if one.suffix in TYPES)


@cache
def tag() -> str:
    """What the page is, in a word: it names its files, and they their content."""
    return f'"{sha256(read(BUILT / INDEX).encode()).hexdigest()[:16]}"'
