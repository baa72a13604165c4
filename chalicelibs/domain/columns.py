"""What the columns of a file of contacts mean."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.reading import Reading, UnusableFile

PHONE = "phone"
DELIMITERS = ",;\t|"


class UnusableRow(Invalid):
    """A row that cannot become a task; `column` and `value` name what is wrong with it."""

    def __init__(
        self, code: str, message: str, column: str | None = None, value: str | None = None
    ) -> None:
        super().__init__(message, column)
        self.code = code
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a row says of a contact."""

    phone: str  #: As written.
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that a header names."""

    names: Sequence[str]

    @classmethod
    def of(cls, header: Sequence[str], reading: Reading) -> Self:
        """The columns of a header; `phone` in any case is the number, every other is context.

        Raises:
            UnusableFile: naming the column that is missing, empty or doubled.
        """
        del reading
        names = [cell.strip() for cell in header]
        names = [PHONE if name.lower() == PHONE else name for name in names]
        if PHONE not in names:
            raise UnusableFile("there is no column named phone: name it so in the first line")
        for number, name in enumerate(names, start=1):
            if not name:
                raise UnusableFile(f"column {number} has no name in the first line")
            if name in names[: number - 1]:
                raise UnusableFile(f"two columns are named {name!r}")
        return cls(names=names)

    def contact(self, cells: Sequence[str]) -> Contact:
        """What a row says under these columns.

        Raises:
            UnusableRow: when it has more of them, or fewer.
        """
        if len(cells) != len(self.names):
            message = f"the row has {len(cells)} columns, the first line names {len(self.names)}"
            raise UnusableRow("wrong_number_of_columns", message)
        context = dict(zip(self.names, (cell.strip() for cell in cells), strict=True))
        return Contact(phone=context.pop(PHONE), context=context)


def delimiter_of(header: str, reading: Reading) -> str:
    """The one of `DELIMITERS` that sets a column `phone` apart; of several the most frequent."""

    def fitness(delimiter: str) -> tuple[bool, int]:
        start = header[: csv.field_size_limit()]  # so that no field can be too large
        cells = next(csv.reader(start.splitlines(keepends=True), delimiter=delimiter), [])
        return PHONE in [cell.strip().lower() for cell in cells], header.count(delimiter)

    return reading.delimiter or max(DELIMITERS, key=fitness)
