"""Dropped files: read line by line, as text or not at all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import PoolManager

from chalicelibs.adapters.memory import MemoryFiles
from chalicelibs.adapters.s3 import CHUNK_BYTES, LONGEST_LINE, S3Files, lines
from chalicelibs.bootstrap import aws_ports
from chalicelibs.config import Settings
from chalicelibs.ports import Files, UnreadableFile, Upload
from tests.builders import NOON
from tests.contract.conftest import ALL
from tests.contract.engines import Account, moto_account

KEY = "imports/w1/my contacts ñ.csv"


class Dropped(NamedTuple):
    """Files, and the one among them that was dropped."""

    files: Files
    source: str


FilesWith = Callable[[bytes], Dropped]


def in_bucket(account: Account) -> FilesWith:
    client = account.client("s3")
    bucket = f"drop-{account.access_key}"  # the names of buckets are shared by all accounts
    client.create_bucket(Bucket=bucket)

    def drop(content: bytes) -> Dropped:
        client.put_object(Bucket=bucket, Key=KEY, Body=content)
        return Dropped(S3Files(lambda: client, bucket), f"s3://{bucket}/{KEY}")

    return drop


def in_memory(content: bytes) -> Dropped:
    source = f"s3://drop/{KEY}"
    return Dropped(MemoryFiles({source: content.decode()}), source)


@pytest.fixture(params=ALL)
def files_with(request: pytest.FixtureRequest) -> Iterator[FilesWith]:
    if request.param == "memory":
        yield in_memory
    elif request.param == "moto":
        with moto_account() as mocked:
            yield in_bucket(mocked)
    else:
        yield in_bucket(request.getfixturevalue("account"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a\nb\n", ["a\n", "b\n"], id="line feeds"),
        pytest.param("a\r\nb\r\n", ["a\r\n", "b\r\n"], id="both"),
        pytest.param("a\rb\r", ["a\r", "b\r"], id="carriage returns"),
        pytest.param("a\n\r\n\rb", ["a\n", "\r\n", "\r", "b"], id="mixed, the last without"),
        pytest.param("José,🙂\nñ", ["José,🙂\n", "ñ"], id="letters of all sizes"),
    ],
)
def test_lines_come_with_their_ends(
    files_with: FilesWith, content: str, expected: list[str]
) -> None:
    files, source = files_with(content.encode())

    assert list(files.lines(source)) == expected


def test_a_long_file_comes_whole(files_with: FilesWith) -> None:
    wanted = [f"{number},+346{number:08},José\r\n" for number in range(9_000)]
    files, source = files_with("".join(wanted).encode())

    assert list(files.lines(source)) == wanted


def test_a_file_that_is_gone_says_so(files_with: FilesWith) -> None:
    files, source = files_with(b"a\n")

    with pytest.raises(UnreadableFile, match="is gone"):
        files.lines(f"{source}.bak")


def test_a_bucket_that_is_gone_says_so(server: Account) -> None:
    files = S3Files(lambda: server.client("s3"), "never-made")

    with pytest.raises(UnreadableFile, match="is gone"):
        files.lines("s3://never-made/contacts.csv")


def test_a_file_that_is_put_is_read_as_it_was(files_with: FilesWith) -> None:
    files, _ = files_with(b"")
    source = files.source("imports/w1/mis contactos ñ+1?#%.csv")

    files.put(source, "phone\n+34600000001,José\n".encode())

    assert list(files.lines(source)) == ["phone\n", "+34600000001,José\n"]


def test_an_address_is_good_for_as_long_as_was_said(files_with: FilesWith) -> None:
    files, source = files_with(b"")

    upload = files.upload(source, now=NOON, valid_for=timedelta(hours=1))

    assert upload.expires_at == NOON + timedelta(hours=1)
    assert upload.headers == {"Content-Type": "text/csv"}


# --- Addresses of the real thing -----------------------------------------------------------------

CONTENT = b"phone\n+34600000001\n"


def put(url: str, headers: Mapping[str, str]) -> int:
    """Send the file as any program would."""
    with PoolManager() as http:
        return http.request("PUT", url, body=CONTENT, headers=dict(headers)).status


@pytest.fixture
def dropped(account: Account) -> Dropped:
    return in_bucket(account)(b"")


def address(files: Files, source: str, **valid_for: int) -> Upload:
    lasting = timedelta(**(valid_for or {"hours": 1}))
    return files.upload(source, now=datetime.now(UTC), valid_for=lasting)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["contacts.csv", "mis contactos ñ+1 50%?#.csv"])
def test_a_file_sent_to_its_address_is_there(dropped: Dropped, name: str) -> None:
    source = dropped.files.source(f"imports/w1/{name}")
    upload = address(dropped.files, source)

    assert put(upload.url, upload.headers) == 200

    assert "".join(dropped.files.lines(source)).encode() == CONTENT


@pytest.mark.engine
def test_an_address_takes_no_other_file_and_no_other_type(dropped: Dropped) -> None:
    upload = address(dropped.files, dropped.files.source("imports/w1/contacts.csv"))
    elsewhere = upload.url.replace("/w1/", "/w2/")

    assert elsewhere != upload.url
    assert put(elsewhere, upload.headers) == 403
    assert put(upload.url, {"Content-Type": "text/html"}) == 403
    with pytest.raises(UnreadableFile):
        list(dropped.files.lines(dropped.files.source("imports/w2/contacts.csv")))


@pytest.mark.engine
def test_an_address_shows_no_file(dropped: Dropped) -> None:
    upload = address(dropped.files, dropped.source)

    with PoolManager() as http:
        assert http.request("GET", upload.url).status == 403


def test_an_address_of_aws_leads_to_the_region_of_the_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name that all regions share is redirected at first, and a signature does not survive."""
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    files = aws_ports(Settings.from_environment({**os.environ, **SETTINGS})).files

    url = urlsplit(address(files, files.source("imports/w/c.csv")).url)

    assert (url.scheme, url.netloc) == ("https", "drop-1.s3.eu-south-2.amazonaws.com")
    assert url.path == "/imports/w/c.csv"
    query = parse_qs(url.query)
    assert query["X-Amz-SignedHeaders"] == ["content-type;host"]
    assert query["X-Amz-Expires"] == ["3600"]


AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-south-2",
}
SETTINGS = {
    "TABLE_NAME": "t",
    "NUDGES_QUEUE_URL": "n",
    "NUDGES_DEAD_LETTERS_URL": "nd",
    "CALLS_DEAD_LETTERS_URL": "cd",
    "CALL_EVENTS_DEAD_LETTERS_URL": "ed",
    "IMPORTS_DEAD_LETTERS_URL": "id",
    "CALLS_QUEUE_URL": "c",
    "CALL_EVENTS_QUEUE_URL": "e",
    "EXPORTS_QUEUE_URL": "x",
    "EXPORTS_DEAD_LETTERS_URL": "xd",
    "DROP_BUCKET": "drop-1",
}


def read(*chunks: bytes) -> list[str]:
    return list(lines(chunks))


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert read(b"\xef", b"\xbb\xbfphone\n") == ["phone\n"]


def test_marks_that_only_python_takes_for_line_ends_stay_inside() -> None:
    assert read("a\u2028b\x0bc\x0cd\x85e\n".encode()) == ["a\u2028b\x0bc\x0cd\x85e\n"]


@given(st.text(alphabet="aé🙂\r\n", max_size=30), st.lists(st.integers(0, 60), max_size=6))
def test_where_the_chunks_end_makes_no_difference(text: str, cuts: Sequence[int]) -> None:
    content = text.encode()
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    chunks = [content[start:end] for start, end in pairwise(places)]

    assert read(*chunks) == read(content)
    assert "".join(read(*chunks)) == text


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        pytest.param([b"a\nb\nJos\xe9\n"], "line 3 is not UTF-8", id="latin-1"),
        pytest.param([b"a\r", b"\nb\r\n\xe9,"], "line 3 is not UTF-8", id="in a later chunk"),
        pytest.param([b"a\n\xc3"], "line 2 is not UTF-8", id="cut in a letter"),
        pytest.param(["a\n".encode("utf-16")], "line 1 is not UTF-8", id="utf-16"),
        pytest.param([b"a\nb\0c\n"], "line 2 holds a zero byte", id="zero byte"),
        pytest.param([b"a\nb\0c"], "line 2 holds a zero byte", id="zero byte at the end"),
        pytest.param([b"a\n", b"x" * (LONGEST_LINE + 1)], "line 2 is longer", id="long line"),
        pytest.param([b"x" * (LONGEST_LINE + 1) + b"\n"], "line 1 is longer", id="long first"),
    ],
)
def test_what_is_not_text_is_refused_with_its_line(chunks: list[bytes], message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(*chunks)


def test_a_line_without_end_is_given_up_before_it_is_all_read() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * CHUNK_BYTES

    with pytest.raises(UnreadableFile, match="longer"):
        list(lines(endless()))
    assert taken == LONGEST_LINE // CHUNK_BYTES + 1
