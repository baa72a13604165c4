"""The rows of a file that could not be used, as they stand there and with what is wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from chalicelibs.domain.columns import tidy
from chalicelibs.domain.csv_rows import AnyRecord, Record
from chalicelibs.domain.imports import RejectedRow
from chalicelibs.domain.reading import CORRECTION_COLUMNS
from chalicelibs.domain.row_codes import RowCode
from chalicelibs.domain.spreadsheet import plain

#: What may stand in our first column.
CODES = frozenset(RowCode)

#: Rows of which the number is shown; where it is gone, the person was erased.
WITH_NUMBER = frozenset(
    {
        RowCode.AMBIGUOUS_PHONE,
        RowCode.DIGITS_LOST,
        RowCode.DUPLICATE,
        RowCode.INVALID_PHONE,
        RowCode.MISSING_COUNTRY_CODE,
    }
)

#: Of a line that is no record, what is enough to find it and to write it anew.
MOST_OF_LINE = 32_000

#: Bytes that a line may end with.
LINE_FEED, RETURN = b"\n", b"\r"


class Correction(NamedTuple):
    """A row with what is wrong, as it is written; of a header what the columns are called."""

    code: str
    reason: str
    cells: Sequence[str]

    @classmethod
    def header(cls, names: Sequence[str]) -> "Correction":
        """The first line: the names that the file had, behind those of what is wrong."""
        return cls(*CORRECTION_COLUMNS, uncorrected(names, names))

    @property
    def row(self) -> Sequence[str]:
        """All cells. What is wrong stands first: behind a ragged row it would have no column."""
        return [self.code, self.reason, *self.cells]


def is_wanted(row: RejectedRow, *, has_duplicates: bool) -> bool:
    """Whether there is something to correct, of somebody who was not erased."""
    if row.code == RowCode.DUPLICATE and not has_duplicates:
        return False
    return not row.is_erased and (row.value is not None or row.code not in WITH_NUMBER)


def uncorrected(header: Sequence[str], cells: Sequence[str]) -> Sequence[str]:
    """A row of a file without what we wrote into it when it was corrected before.

    In a row that is too short somebody may have taken our cells out: then nothing stands in their
    place but the row's own.
    """
    texts = [plain(cell) for cell in cells]
    ours = {place for place, name in enumerate(header) if is_ours(name)}
    has_ours = any(texts[place] in CODES for place in ours if place < len(texts))
    if len(texts) < len(header) and not has_ours:
        return texts
    return [text for place, text in enumerate(texts) if place not in ours]


def is_ours(name: str) -> bool:
    """Whether a column says what was wrong, and nothing of a contact."""
    return tidy(plain(name)) in CORRECTION_COLUMNS


def corrections(
    rows: Sequence[RejectedRow],
    records: Iterable[AnyRecord],
    lines: Mapping[int, str],
    *,
    header: Sequence[str] = (),
) -> Iterator[Correction]:
    """These rows with their cells; what was no record is one cell, the line as it is.

    Args:
        rows: in the order of the file.
        records: those among which they are.
        lines: the texts of lines that are no records, by number.
        header: the first line of the file.
    """
    reasons = {row.line: row for row in rows}
    for record in records:
        row = reasons.pop(record.line, None)
        if row is not None:
            line = [lines.get(record.line, "")]
            cells = uncorrected(header, record.cells) if isinstance(record, Record) else line
            yield Correction(row.code, row.message, cells)
        if not reasons:
            return  # the rest of the file, which may be long, is not read


def lines_at(
    pieces: Iterable[bytes], numbers: frozenset[int], *, encoding: str, line: int
) -> dict[int, str]:
    """The beginnings of the lines with these numbers, in bytes of which the first has `line`."""
    found: dict[int, bytes] = dict.fromkeys(numbers, b"")
    last, ended_in_return = max(numbers, default=0), False
    for piece in pieces:
        data = piece.removeprefix(LINE_FEED) if ended_in_return else piece
        ended_in_return = piece.endswith(RETURN)
        for part in data.splitlines(keepends=True):
            if line in numbers and len(found[line]) < MOST_OF_LINE:
                found[line] += part[:MOST_OF_LINE]
            line += part.endswith((LINE_FEED, RETURN))
        if line > last or (line == last and len(found[last]) >= MOST_OF_LINE):
            break
    return {number: text_of(raw, encoding) for number, raw in found.items()}


def text_of(raw: bytes, encoding: str) -> str:
    """A line as far as it can be read, without its end."""
    return (
        raw.decode(encoding, "replace").replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip("\r\n")
    )
