"""What the columns of a file of contacts mean, and what a row says under them."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from typing import Self

from chalicelibs.domain.column_names import BARE_NAMES, bare
from chalicelibs.domain.context import MOST_BYTES
from chalicelibs.domain.reading import (
    CORRECTION_COLUMNS,
    DELIMITERS,
    NO_COLUMN,
    Meaning,
    Reading,
    UnusableFile,
)
from chalicelibs.domain.row_codes import MOST_SHOWN, RowCode, UnusableRow
from chalicelibs.domain.spreadsheet import plain

#: Byte order marks and other letters of no width, as programs leave them.
UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"

#: What a first line holds that is a row already.
NUMBER = re.compile(r"\+?(?:\D?\d){7,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a row says of a contact, as written."""

    said: Mapping[Meaning, str]  #: Nothing is empty here but, perhaps, the number.
    context: Mapping[str, str] = field(default_factory=dict)  #: All columns but the number's.


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that a header names."""

    names: Sequence[str]  #: As written; a spreadsheet leaves empty ones.
    places: Mapping[Meaning, int]
    words: Sequence[tuple[str, int]]  #: The columns that are context, and where they are.
    nameless: Sequence[int]  #: Where no value may be.

    @classmethod
    def of(cls, header: Sequence[str], reading: Reading) -> Self:
        """The columns of a header: those with a meaning of their own, and what is context.

        Raises:
            UnusableFile: naming the column that is missing, doubled, or may be meant or not.
        """
        names = [tidy(plain(cell)) for cell in header]
        check_names(names)
        found = {meaning: place_of(meaning, names, reading) for meaning in Meaning}
        places = {meaning: place for meaning, place in found.items() if place is not None}
        if Meaning.PHONE not in places:
            raise UnusableFile(without_phone(names))
        phone = places[Meaning.PHONE]
        silent = {"", *CORRECTION_COLUMNS, names[phone]}
        words = [(name, place) for place, name in enumerate(names) if name not in silent]
        nameless = [place for place, name in enumerate(names) if not name]
        return cls(names=names, places=places, words=words, nameless=nameless)

    def name(self, meaning: Meaning) -> str:
        """What the file calls the column of this meaning, as it is shown."""
        return self.names[self.places[meaning]][:MOST_SHOWN]

    def contact(self, cells: Sequence[str]) -> Contact:
        """What a row says under these columns.

        Raises:
            UnusableRow: when it has fewer or more, or a value stands under no name.
        """
        values = self._aligned([plain(cell).strip() for cell in cells])
        said = {meaning: values[place] for meaning, place in self.places.items() if values[place]}
        return Contact(said=said, context={name: values[place] for name, place in self.words})

    def _aligned(self, values: list[str]) -> list[str]:
        """As many values as there are names. Empty ones at the end are a spreadsheet's."""
        count, width = len(values), len(self.names)
        if count < width or any(values[width:]):
            message = (
                f"the row has {count} columns, the first line names {width}: give each value a"
                " column, and put quotes around a value that holds the delimiter"
            )
            raise UnusableRow(RowCode.WRONG_NUMBER_OF_COLUMNS, message)
        for place in self.nameless:
            if values[place]:
                message = f"column {place + 1} has no name: give it one in the first line"
                raise UnusableRow(RowCode.UNNAMED_COLUMN, message, value=values[place])
        return values[:width]


def tidy(name: str) -> str:
    """A name without what nobody sees at its ends, and with plain blanks."""
    return name.replace("\xa0", " ").strip().strip(UNSEEN).strip()


def check_names(names: Sequence[str]) -> None:
    """Refuse names of which two are the same, or that leave no room for values.

    Raises:
        UnusableFile: saying which.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if name and name in seen:
            raise UnusableFile(
                f"columns {seen[name]} and {number} have the same name, {name[:MOST_SHOWN]!r}:"
                " rename one of them"
            )
        seen[name] = number
    if sum(len(name.encode()) for name in names) > MOST_BYTES:
        raise UnusableFile(
            f"the names of the {len(names)} columns alone are larger than what is kept of one"
            f" contact, {MOST_BYTES} bytes: leave out the columns that no prompt needs"
        )


def place_of(meaning: Meaning, names: Sequence[str], reading: Reading) -> int | None:
    """Where the column of this meaning is; None: there is none.

    Raises:
        UnusableFile: when there are two, or not the one that was said.
    """
    said = reading.columns.get(meaning)
    if said == NO_COLUMN:
        return None
    if said is not None:
        return the_one(meaning, [*places_named(said, names)], names, said)
    bares = [bare(name) for name in names]
    for group in BARE_NAMES[meaning]:
        places = [place for place, name in enumerate(bares) if name in group]
        if places:
            return the_one(meaning, places, names, None)
    return None


def places_named(said: str, names: Sequence[str]) -> Sequence[int]:
    """The columns of this name: as it is written, or else in other letters."""
    exact = [place for place, name in enumerate(names) if name == said.strip()]
    return exact or [place for place, name in enumerate(names) if bare(name) == bare(said) != ""]


def the_one(
    meaning: Meaning, places: Sequence[int], names: Sequence[str], said: str | None
) -> int:
    """The place that is the only one.

    Raises:
        UnusableFile: when there is none, or more than one.
    """
    if not places:
        raise UnusableFile(
            f"there is no column {said!r}, which was said to be the {meaning}: the first line"
            " must name it"
        )
    if len(places) > 1:
        first, second = (names[place][:MOST_SHOWN] for place in islice(places, 2))
        raise UnusableFile(
            f"columns {first!r} and {second!r} may both be meant as the {meaning}: name one of"
            f" them {meaning}, or say which it is when you import the file"
        )
    return places[0]


def without_phone(names: Sequence[str]) -> str:
    """What to do about a header that names no number."""
    if any(NUMBER.search(name) for name in names):
        return (
            "the first line is a row already: put one above it that names the columns, like phone"
        )
    return (
        "there is no column named phone (or mobile, telephone and the like): name it so in the"
        " first line, or say which column it is"
    )


def delimiter_of(header: str, reading: Reading) -> str:
    """The one of `DELIMITERS` that makes most sense of a header, unless it was said."""
    return reading.delimiter or max(DELIMITERS, key=lambda one: fitness(header, one, reading))


def fitness(header: str, delimiter: str, reading: Reading) -> tuple[int, bool, int]:
    """How much sense a delimiter makes: columns that were said, a number, many columns.

    What holds another delimiter is no name of a number: `phone;` in a line that was cut at commas.
    """
    start = header[: csv.field_size_limit()]  # so that no field can be too large
    cells = next(csv.reader(StringIO(start, newline=""), delimiter=delimiter), [])
    bares = {bare(cell) for cell in cells}
    said = sum(bare(name) in bares for name in reading.columns.values() if name)
    whole = {bare(cell) for cell in cells if not any(one in cell for one in DELIMITERS)}
    has_phone = any(whole & group for group in BARE_NAMES[Meaning.PHONE])
    return said, has_phone, len(cells)
