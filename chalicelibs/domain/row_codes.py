"""What can be wrong with one row of a file; `docs/imports.md` says what to do about each."""

from collections.abc import Sequence
from enum import StrEnum

from chalicelibs.domain.errors import Invalid

#: Of a name or a value, what is enough to find it. A row with ten names and a value, in letters of
#: four bytes, has some 9 KB then: a batch of rows fits a transaction (4 MB), whatever they hold.
MOST_SHOWN = 100
MOST_NAMES = 10


class RowCode(StrEnum):
    """Why a row did not become a task."""

    # The text itself, line by line.
    NOT_TEXT = "not_text"
    ZERO_BYTE = "zero_byte"
    LINE_TOO_LONG = "line_too_long"
    FIELD_TOO_LONG = "field_too_long"
    BROKEN_QUOTES = "broken_quotes"
    # Its columns.
    WRONG_NUMBER_OF_COLUMNS = "wrong_number_of_columns"
    UNNAMED_COLUMN = "unnamed_column"  #: A value stands under no name.
    # The number.
    MISSING_PHONE = "missing_phone"
    INVALID_PHONE = "invalid_phone"
    MISSING_COUNTRY_CODE = "missing_country_code"
    AMBIGUOUS_PHONE = "ambiguous_phone"  #: It is a number of two countries.
    DIGITS_LOST = "digits_lost"  #: A spreadsheet wrote `9.19876E+11`.
    DUPLICATE = "duplicate"
    # What else it says.
    MISSING_VARIABLES = "missing_variables"
    CONTEXT_TOO_LARGE = "context_too_large"
    INVALID_TIMEZONE = "invalid_timezone"
    INVALID_START = "invalid_start"
    INVALID_PRIORITY = "invalid_priority"
    INVALID_EXTERNAL_ID = "invalid_external_id"
    TOO_MANY_LANES = "too_many_lanes"  #: Too many different priorities and time zones.


class UnusableRow(Invalid):
    """A row that cannot become a task; `param` names the column, `value` what stands there.

    Of the value its beginning is kept.
    """

    def __init__(
        self, code: str, message: str, column: str | None = None, value: str | None = None
    ) -> None:
        super().__init__(message, column)
        self.code = code
        self.value = None if value is None else value[:MOST_SHOWN]


def listed(names: Sequence[str]) -> str:
    """The beginning of a list of names, which may be long, and have long names."""
    shown = ", ".join(name[:MOST_SHOWN] for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
