"""Dropped files: read line by line, as text or not at all."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.adapters.memory import MemoryFiles
from chalicelibs.adapters.s3 import CHUNK_BYTES, LONGEST_LINE, S3Files, lines
from chalicelibs.ports import Files, UnreadableFile
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
