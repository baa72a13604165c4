"""The records of a CSV, as they stand in the file."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple, Protocol

from chalicelibs.domain.columns import delimiter_of
from chalicelibs.domain.reading import Reading, UnusableFile


class Record(NamedTuple):
    """One record: the header, or a row."""

    line: int  #: Where it begins in the file, counted from 1.
    cells: list[str]


class BadRecord(NamedTuple):
    """Text that is no record."""

    line: int
    code: str
    message: str


def read_records(lines: Iterable[str], reading: Reading) -> Iterator[Record | BadRecord]:
    """The records of a CSV, its header first; empty lines are no records.

    Raises:
        UnusableFile: when there is no header, or the quoting never ends.
    """
    rest = iter(lines)
    first = list(first_record(rest))
    if not "".join(first).strip():
        raise UnusableFile("the file is empty: its first line must name the columns")
    delimiter = delimiter_of("".join(first), reading)
    reader = csv.reader(chain(first, rest), delimiter=delimiter, strict=True)
    try:
        yield from records_of(reader)
    except csv.Error as error:
        raise UnusableFile(f"line {reader.line_num}: {error}") from error


def first_record(lines: Iterator[str]) -> Iterator[str]:
    """The lines of the header: a name in quotes may hold line ends."""
    quotes, size = 0, 0
    for line in lines:
        yield line
        quotes, size = quotes + line.count('"'), size + len(line)
        if quotes % 2 == 0 or size > csv.field_size_limit():
            return


class Reader(Protocol):
    """What `csv.reader` gives; the standard library has no public name for it."""

    @property
    def line_num(self) -> int:
        """Lines read so far; a quoted field may hold several."""

    def __iter__(self) -> Iterator[list[str]]:
        """The rows."""


def records_of(reader: Reader) -> Iterator[Record]:
    """The records that have cells."""
    line = 1
    for cells in reader:
        if cells:
            yield Record(line, cells)
        line = reader.line_num + 1
