"""What the beginning of a file of contacts says: how it is written, and what its columns are."""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Self

from chalicelibs.domain.columns import delimiter_of
from chalicelibs.domain.csv_rows import LINE, WIDE, narrow, narrow_encoding, width
from chalicelibs.domain.reading import Reading, UnusableFile

#: The header must end within so many bytes.
HEAD_BYTES = 64 * 1024

SAVE_AGAIN = "save it as CSV with encoding UTF-8 and drop it again"

#: How files begin that only look like a list of contacts on the screen.
NO_TEXT = {
    b"PK\x03\x04": "a workbook or an archive",
    b"PK\x05\x06": "an empty archive",
    b"\xd0\xcf\x11\xe0": "a workbook of an old kind",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    codecs.BOM_UTF32_LE: "written in UTF-32",
    codecs.BOM_UTF32_BE: "written in UTF-32",
}
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

#: What every encoding must write as it is: line ends are looked for in bytes.
ASCII = bytes(range(128))

#: A first line in which spreadsheets say what stands between cells.
SEPARATOR = re.compile(r'"?sep=(?P<delimiter>.)"?[\r\n]*', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How the rows of a file are written, and where the first of them may begin."""

    encoding: str
    delimiter: str
    header: Sequence[str]
    start: int  #: The byte.
    line: int

    @classmethod
    def of(cls, first: bytes, reading: Reading) -> Self:
        """What the first `HEAD_BYTES` of a file say, or all of a shorter one.

        Raises:
            UnusableFile: when it is no text, or its header cannot be read.
        """
        check_is_text(first)
        mark, encoding = encoding_of(first, reading)
        body = b"".join(narrow([first[len(mark) :]], encoding))
        lines = Lines(body, narrow_encoding(encoding), is_all=len(first) < HEAD_BYTES)
        text = lines.header()
        delimiter = lines.delimiter or delimiter_of(text, reading)
        return cls(
            encoding=encoding,
            delimiter=delimiter,
            header=cells_of(text, delimiter),
            start=len(mark) + width(body[: lines.end], encoding),
            line=lines.count + 1,
        )


class Lines:
    """The lines of a beginning, up to the end of the header."""

    def __init__(self, body: bytes, encoding: str, *, is_all: bool) -> None:
        self._body = body
        self._encoding = encoding
        self._is_all = is_all
        self.end = 0  #: Bytes taken so far.
        self.count = 0  #: Lines taken so far.
        self.delimiter: str | None = None  #: What a line above the header says it is.

    def header(self) -> str:
        """The text of the header: a name in quotes may hold line ends.

        Raises:
            UnusableFile: when there is none, or none that is text.
        """
        text = ""
        while (not text.strip() or text.count('"') % 2) and self.end < len(self._body):
            text = self._without_separator(text.lstrip("\r\n") + self._next())
        if not text.strip():
            raise UnusableFile("the file is empty: its first line must name the columns")
        return text

    def _next(self) -> str:
        found = LINE.match(self._body, self.end)
        assert found is not None  # every byte is in a line
        if found.end() == len(self._body) and not self._is_all:
            raise UnusableFile(
                f"the first line is longer than {HEAD_BYTES} bytes: check that lines end"
                " and that quotes are closed"
            )
        self.end, self.count = found.end(), self.count + 1
        if b"\0" in found[0]:
            raise UnusableFile(
                f"line {self.count} holds a zero byte, so this is not text: {SAVE_AGAIN}"
            )
        try:
            return found[0].decode(self._encoding)
        except UnicodeDecodeError:
            name = self._encoding.upper()
            raise UnusableFile(
                f"line {self.count} is not {name} text: {SAVE_AGAIN}, or say its encoding when"
                " you import it"
            ) from None

    def _without_separator(self, text: str) -> str:
        """The line, unless it only says what stands between cells, as spreadsheets want it."""
        said = SEPARATOR.fullmatch(text)
        if said is None or self.delimiter is not None:
            return text
        self.delimiter = said["delimiter"]
        return ""


def check_is_text(first: bytes) -> None:
    """Refuse what other programs made.

    Raises:
        UnusableFile: when the first bytes are those of something else.
    """
    for magic, what in NO_TEXT.items():
        if first.startswith(magic):
            raise UnusableFile(f"this is {what}, not text: {SAVE_AGAIN}")


def encoding_of(first: bytes, reading: Reading) -> tuple[bytes, str]:
    """The mark at the beginning, which is no part of the text, and how the file is written.

    Raises:
        UnusableFile: when lines cannot be found in a text of the encoding that was declared.
    """
    for mark, encoding in MARKS.items():
        if first.startswith(mark):
            return mark, encoding
    wanted = reading.encoding or "utf-8"
    try:
        name = codecs.lookup(wanted).name
        known = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(name, name)
        can_be_read = known in WIDE or ASCII.decode(known, "replace") == ASCII.decode()
    except LookupError:
        can_be_read = False
    if not can_be_read:
        raise UnusableFile(f"files in {wanted} cannot be read: {SAVE_AGAIN}")
    return b"", known


def cells_of(text: str, delimiter: str) -> Sequence[str]:
    """The names in a header.

    Raises:
        UnusableFile: when its quotes do not fit.
    """
    try:
        return next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnusableFile(f"the first line cannot be read: {error}") from error
