"""The bucket that files are dropped in, or uploaded to, and read from as a stream of lines."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from io import IncrementalNewlineDecoder
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.ports import UnreadableFile, Upload

SCHEME = "s3://"
CSV = "text/csv"
CHUNK_BYTES = 64 * 1024

#: Letters that one line may have; a contact has a few hundred.
LONGEST_LINE = 1024 * 1024

#: Where lines end. `str.splitlines` also cuts at marks that stand inside of values.
LINE_END = re.compile(r"\r\n|\r|\n")

#: Without the right to list the bucket, S3 denies access to what does not exist.
GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403"})

SAVE_AGAIN = "save it as CSV with encoding UTF-8 and drop it again"


class S3Files:
    """Objects by `s3://bucket/key`.

    Most functions touch no file: the client, which costs time to make, is made when one is.
    """

    def __init__(self, make_client: Callable[[], Any], bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self._made: Any = None
        self._making = Lock()  # boto3 makes clients for one thread at a time

    @property
    def _client(self) -> Any:
        with self._making:
            self._made = self._made or self._make_client()
        return self._made

    def source(self, key: str) -> str:
        """See the port."""
        return f"{SCHEME}{self._bucket}/{key}"

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """See the port. The key and the type are signed: the address is good for nothing else."""
        url = self._client.generate_presigned_url(
            "put_object",
            Params={**_place(source), "ContentType": CSV},
            ExpiresIn=int(valid_for.total_seconds()),
        )
        return Upload(url=url, headers={"Content-Type": CSV}, expires_at=now + valid_for)

    def put(self, source: str, content: bytes) -> None:
        """See the port."""
        self._client.put_object(**_place(source), Body=content, ContentType=CSV)

    def lines(self, source: str) -> Iterable[str]:
        """See the port."""
        try:
            body = self._client.get_object(**_place(source))["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            raise UnreadableFile(f"{source} is gone, or may not be read: drop it again") from error
        return _lines_of(body)


def _place(source: str) -> dict[str, str]:
    bucket, _, key = source.removeprefix(SCHEME).partition("/")
    return {"Bucket": bucket, "Key": key}


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
