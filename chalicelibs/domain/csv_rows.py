"""The records of a CSV, found in its bytes; what cannot be read costs one line.

Whoever plans a file and whoever reads a part of it later find the same records, wherever the
pieces end that the bytes come in, as long as a part begins where a record does.
"""

import csv
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import NamedTuple

#: Bytes that are parsed together; what is kept in memory is a few times this, or a long line.
BLOCK_BYTES = 64 * 1024

#: Bytes that one line may have; a contact has a few hundred.
LONGEST_LINE = 1024 * 1024

LINE_END = re.compile(rb"\r\n|\r|\n")
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

#: UTF-16 is read as UTF-8: there every byte of a line end is one.
WIDE = frozenset({"utf-16-le", "utf-16-be"})
CONTINUATION = bytes(range(0x80, 0xC0))
LEADS_OF_FOUR = bytes(range(0xF0, 0xF8))

NOT_TEXT = "not_text"
ZERO_BYTE = "zero_byte"
LINE_TOO_LONG = "line_too_long"
BROKEN_QUOTES = "broken_quotes"
FIELD_TOO_LONG = "field_too_long"

MESSAGES = {
    NOT_TEXT: "the line is not text in the file's encoding: save the file as CSV with UTF-8, or"
    " say its encoding when you import it",
    ZERO_BYTE: "the line holds a zero byte, so it is not text: write it anew",
    LINE_TOO_LONG: f"the line is longer than {LONGEST_LINE} bytes: check that lines end",
    BROKEN_QUOTES: "a quote that opens a field here is not closed before the next delimiter or"
    " line end: close it, or write a quote within a field twice",
    FIELD_TOO_LONG: f"a field is longer than {csv.field_size_limit()} letters: check that quotes"
    " are closed",
}


class Record(NamedTuple):
    """One record: the header, or a row."""

    line: int  #: Where it begins in the file, counted from 1.
    cells: list[str]


class BadRecord(NamedTuple):
    """A line that is no record."""

    line: int
    code: str
    message: str


AnyRecord = Record | BadRecord


class Block(NamedTuple):
    """Some records in a row; the next block begins where this one ends."""

    start: int  #: The byte of the file at which it begins.
    line: int  #: The line at which it begins, counted from 1.
    records: list[AnyRecord]


class Parsed(NamedTuple):
    """What was found in some lines."""

    records: list[AnyRecord]
    lines: int  #: That many are done with.
    has_rest: bool = False  #: Whether the others are an open record, which may go on.


def read_blocks(
    pieces: Iterable[bytes], *, encoding: str, delimiter: str, start: int = 0, line: int = 1
) -> Iterator[Block]:
    """The records in these bytes of a file; the last block is empty and says where they end.

    Args:
        pieces: the bytes, from where a record begins.
        encoding: a superset of ASCII, or one of `WIDE`.
        delimiter: what stands between cells.
        start: the place in the file at which they begin.
        line: the line at which they begin.
    """
    blocks = _Blocks(encoding, delimiter, start, line)
    for piece in sliced(narrow(pieces, encoding)):
        yield from blocks.take(piece)
    yield from blocks.end()


def narrow(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The bytes as they are parsed: of UTF-16 the same text in UTF-8."""
    if encoding not in WIDE:
        yield from pieces
        return
    decoder = getincrementaldecoder(encoding)("surrogatepass")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield b"\xff"  # half a letter: no text in UTF-8, either


def narrow_encoding(encoding: str) -> str:
    """What `narrow` makes of an encoding."""
    return "utf-8" if encoding in WIDE else encoding


def width(data: bytes, encoding: str) -> int:
    """How many bytes of the file `narrow` bytes stand for."""
    if encoding not in WIDE:
        return len(data)
    pairs = len(data) - len(data.translate(None, LEADS_OF_FOUR))
    return 2 * (len(data.translate(None, CONTINUATION)) + pairs)


def sliced(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are not too large to be parsed at once."""
    for piece in pieces:
        for start in range(0, len(piece), BLOCK_BYTES):
            yield piece[start : start + BLOCK_BYTES]


class _Blocks:
    """Bytes that came and are not parsed yet, and where in the file they stand."""

    def __init__(self, encoding: str, delimiter: str, start: int, line: int) -> None:
        self._encoding = encoding
        self._parser = Parser(narrow_encoding(encoding), delimiter)
        self._start = start
        self._line = line
        self._rest = b""
        self._is_skipping = False  #: Inside of a line that is too long, and was reported.

    def take(self, piece: bytes) -> Iterator[Block]:
        """The records that one more piece completes."""
        self._rest += piece
        if self._is_skipping:
            self._skip()
        if self._is_skipping:
            return
        whole = end_of_lines(self._rest)
        is_too_long = len(self._rest) - whole > LONGEST_LINE + 1  # perhaps half a line end
        yield from self._parsed(whole, is_end=is_too_long)
        if is_too_long:
            yield self._moved(b"", 0, [bad(self._line, LINE_TOO_LONG)])
            self._is_skipping = True
            self._skip()

    def end(self) -> Iterator[Block]:
        """The records that are complete now that nothing more comes."""
        if self._is_skipping:
            self._moved(self._rest, 1, [])
            self._rest = b""
        yield from self._parsed(len(self._rest), is_end=True)
        yield Block(self._start, self._line, [])

    def _parsed(self, size: int, *, is_end: bool) -> Iterator[Block]:
        data = self._rest[:size]
        records, lines, has_rest = self._parser.parse(data, self._line, is_end=is_end)
        done = first_lines(data, lines) if has_rest else data
        if done:
            self._rest = self._rest[len(done) :]
            yield self._moved(done, lines, records)

    def _skip(self) -> None:
        """Forget what came of a line that is too long, up to its end."""
        found = LINE_END.search(self._rest)
        is_half = found is not None and found[0] == b"\r" and found.end() == len(self._rest)
        if found is None or is_half:
            gone = self._rest[: found.start()] if found else self._rest
            self._moved(gone, 0, [])
        else:
            gone = self._rest[: found.end()]
            self._moved(gone, 1, [])
            self._is_skipping = False
        self._rest = self._rest[len(gone) :]

    def _moved(self, done: bytes, lines: int, records: list[AnyRecord]) -> Block:
        block = Block(self._start, self._line, records)
        self._start += width(done, self._encoding)
        self._line += lines
        return block


def end_of_lines(data: bytes) -> int:
    """Where the last line ends that surely ends: a carriage return may be half of an end."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(0, len(data) - 1))) + 1


def first_lines(data: bytes, count: int) -> bytes:
    """So many lines of some that are more."""
    ends = (found.end() for found in islice(LINE_END.finditer(data), count))
    return data[: max(ends, default=0)]


def bad(line: int, code: str) -> BadRecord:
    """A line that is no record, and why."""
    return BadRecord(line, code, MESSAGES[code])


class Parser(NamedTuple):
    """How lines become records."""

    encoding: str
    delimiter: str

    def parse(self, data: bytes, line: int, *, is_end: bool) -> Parsed:
        """The records in some whole lines, the first of which has this number.

        Args:
            data: the lines; only at the end the last may lack its line end.
            line: the number of the first.
            is_end: whether a record that is still open at the end is broken.
        """
        text = self._text(data)
        if text is None:
            return self._with_care(data, line, is_end=is_end)
        if '"' not in text:
            reader = csv.reader(StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
            try:
                records: list[AnyRecord] = [
                    Record(number, cells) for number, cells in enumerate(reader, line) if cells
                ]
                return Parsed(records, reader.line_num)
            except csv.Error:  # a field is too long
                pass
        return self._quoted(list(StringIO(text, newline="")), line, is_end=is_end)

    def _text(self, data: bytes) -> str | None:
        """The lines as text, if that is what all of them are."""
        if len(data) > LONGEST_LINE or b"\0" in data:
            return None
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError:
            return None

    def _with_care(self, data: bytes, line: int, *, is_end: bool) -> Parsed:
        """The same line by line: those that are no text end whatever record was open."""
        records: list[AnyRecord] = []
        done, open_lines = 0, list[str]()
        for raw in LINE.findall(data):
            code = self._flaw(raw)
            if code is None:
                open_lines.append(raw.decode(self.encoding))
                continue
            records += self._quoted(open_lines, line + done, is_end=True).records
            done += len(open_lines) + 1
            records.append(bad(line + done - 1, code))
            open_lines = []
        last = self._quoted(open_lines, line + done, is_end=is_end)
        return Parsed(records + last.records, done + last.lines, last.has_rest)

    def _flaw(self, raw: bytes) -> str | None:
        if len(raw.rstrip(b"\r\n")) > LONGEST_LINE:
            return LINE_TOO_LONG
        if b"\0" in raw:
            return ZERO_BYTE
        try:
            raw.decode(self.encoding)
        except UnicodeDecodeError:
            return NOT_TEXT
        return None

    def _quoted(self, lines: Sequence[str], line: int, *, is_end: bool) -> Parsed:
        """The records in lines of which some hold quotes, and perhaps the line ends in them."""
        records: list[AnyRecord] = []
        done = 0
        while done < len(lines):
            feed = _Feed(lines[done:])
            reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
            ended = 0
            try:
                for cells in reader:
                    if cells:
                        records.append(Record(line + done + ended, cells))
                    ended = reader.line_num
                return Parsed(records, len(lines))
            except csv.Error as error:
                done += ended
                if feed.is_exhausted and not is_end:
                    return Parsed(records, done, has_rest=True)
                is_large = "larger than field limit" in str(error)
                records.append(bad(line + done, FIELD_TOO_LONG if is_large else BROKEN_QUOTES))
                done += 1
        return Parsed(records, done)


class _Feed:
    """Lines, and whether more of them were wanted than there are."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.is_exhausted = False

    def __iter__(self) -> Iterator[str]:
        return chain(self._lines, self._note())

    def _note(self) -> Iterator[str]:
        self.is_exhausted = True
        return
        yield
