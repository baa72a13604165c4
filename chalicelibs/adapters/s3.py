"""Dropped files, read from their bucket as a stream of lines."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import closing
from io import IncrementalNewlineDecoder
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.ports import UnreadableFile

SCHEME = "s3://"
CHUNK_BYTES = 64 * 1024

#: Letters that one line may have; a contact has a few hundred.
LONGEST_LINE = 1024 * 1024

#: Where lines end. `str.splitlines` also cuts at marks that stand inside of values.
LINE_END = re.compile(r"\r\n|\r|\n")

#: Without the right to list the bucket, S3 denies access to what does not exist.
GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403"})

SAVE_AGAIN = "save it as CSV with encoding UTF-8 and drop it again"


class S3Files:
    """Objects by `s3://bucket/key`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def lines(self, source: str) -> Iterable[str]:
        """See the port."""
        bucket, _, key = source.removeprefix(SCHEME).partition("/")
        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            raise UnreadableFile(f"{source} is gone, or may not be read: drop it again") from error
        return _lines_of(body)


def _lines_of(body: Any) -> Iterator[str]:
    with closing(body):
        yield from lines(body.iter_chunks(CHUNK_BYTES))


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a UTF-8 text that comes in chunks, with their ends.

    Raises:
        UnreadableFile: naming the line that cannot be text.
    """
    number, rest = 1, ""
    for text in _decoded(chunks):
        rest += text
        start = 0
        for line_end in LINE_END.finditer(rest):
            yield _checked(rest[start : line_end.end()], number)
            number, start = number + 1, line_end.end()
        rest = _checked(rest[start:], number)
    if rest:
        yield rest


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    # The outer decoder holds a carriage return back until it is known whether a line feed follows.
    decoder = IncrementalNewlineDecoder(getincrementaldecoder("utf-8-sig")(), translate=False)
    line_ends = 0
    try:
        for chunk in chunks:
            text = decoder.decode(chunk)
            line_ends += _line_ends(text)
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line = 1 + line_ends + _line_ends(error.object[: error.start].decode(errors="ignore"))
        raise UnreadableFile(f"line {line} is not UTF-8 text: {SAVE_AGAIN}") from error


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _checked(line: str, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise UnreadableFile(
            f"line {number} is longer than {LONGEST_LINE} letters: check that quotes are closed"
            " and that lines end with line feeds"
        )
    if "\0" in line:
        raise UnreadableFile(f"line {number} holds a zero byte, so this is not text: {SAVE_AGAIN}")
    return line
