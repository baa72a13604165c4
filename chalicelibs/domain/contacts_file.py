"""A CSV file of contacts, read row by row."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from chalicelibs.domain.errors import Invalid

PHONE = "phone"
DELIMITERS = ",;\t|"


class UnusableFile(Invalid):
    """The file as a whole cannot be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A row that has a phone column and a value under every header."""

    row: int  #: Data rows count from 1.
    line: int  #: Where it begins in the file.
    phone: str  #: As written.
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be read as a contact."""

    row: int
    line: int
    code: str
    message: str


def read_contacts(lines: Iterable[str]) -> Iterator[Contact | BadRow]:
    """The rows of a CSV whose header has a column `phone`; every other column becomes context.

    Raises:
        UnusableFile: when there is no header, no phone column, or the quoting never ends.
    """
    rest = iter(lines)
    first = list(first_record(rest))
    if not "".join(first).strip():
        raise UnusableFile("the file is empty: its first line must name the columns")
    delimiter = delimiter_of("".join(first))
    reader = csv.reader(chain(first, rest), delimiter=delimiter, strict=True)
    try:
        header = parse_header(next(reader))
        yield from read_rows(reader, header)
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


def delimiter_of(header: str) -> str:
    """The one of `DELIMITERS` that sets a column `phone` apart; of several the most frequent."""

    def fitness(delimiter: str) -> tuple[bool, int]:
        start = header[: csv.field_size_limit()]  # so that no field can be too large
        cells = next(csv.reader(start.splitlines(keepends=True), delimiter=delimiter), [])
        return PHONE in [cell.strip().lower() for cell in cells], header.count(delimiter)

    return max(DELIMITERS, key=fitness)


def parse_header(cells: list[str]) -> list[str]:
    """The column names, `phone` in lower case.

    Raises:
        UnusableFile: naming the column that is missing, empty or doubled.
    """
    names = [cell.strip() for cell in cells]
    names = [PHONE if name.lower() == PHONE else name for name in names]
    if PHONE not in names:
        raise UnusableFile("there is no column named phone: name it so in the first line")
    for number, name in enumerate(names, start=1):
        if not name:
            raise UnusableFile(f"column {number} has no name in the first line")
        if name in names[: number - 1]:
            raise UnusableFile(f"two columns are named {name!r}")
    return names


class Reader(Protocol):
    """What `csv.reader` gives; the standard library has no public name for it."""

    @property
    def line_num(self) -> int:
        """Lines read so far; a quoted field may hold several."""

    def __iter__(self) -> Iterator[list[str]]:
        """The rows."""


def read_rows(reader: Reader, header: list[str]) -> Iterator[Contact | BadRow]:
    """The rows below the header; empty lines are no rows."""
    row, line = 0, reader.line_num + 1
    for cells in reader:
        if cells:
            row += 1
            yield parse_row(cells, header, row=row, line=line)
        line = reader.line_num + 1


def parse_row(cells: list[str], header: list[str], *, row: int, line: int) -> Contact | BadRow:
    """One row under its header."""
    if len(cells) != len(header):
        message = f"the row has {len(cells)} columns, the first line names {len(header)}"
        return BadRow(row=row, line=line, code="wrong_number_of_columns", message=message)
    context = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    return Contact(row=row, line=line, phone=context.pop(PHONE), context=context)
