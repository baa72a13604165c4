from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.corrections import (
    MOST_OF_LINE,
    Correction,
    corrections,
    is_wanted,
    lines_at,
)
from chalicelibs.domain.csv_rows import BROKEN_QUOTES, AnyRecord, BadRecord, Record
from chalicelibs.domain.imports import RejectedRow
from chalicelibs.domain.row_codes import RowCode

SHORT = RejectedRow(3, RowCode.WRONG_NUMBER_OF_COLUMNS, "too few")
BROKEN = RejectedRow(5, BROKEN_QUOTES, "close it")


def test_rejected_rows_are_found_among_the_records_by_their_lines() -> None:
    records: list[AnyRecord] = [
        Record(2, ["a"]),
        Record(3, ["b"]),
        Record(4, ["c"]),
        BadRecord(5, "x", "y"),
    ]

    found = list(corrections([SHORT, BROKEN], records, {5: 'd,"e"f'}))

    assert [one.row for one in found] == [
        ["wrong_number_of_columns", "too few", "b"],
        ["broken_quotes", "close it", 'd,"e"f'],
    ]


HEADER = [" \ufeffcarillon_code", "carillon_reason", "phone", "name"]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (["invalid_phone", "write one", "600", "Eva"], ["600", "Eva"]),
        (["", "", "600", "Eva"], ["600", "Eva"]),
        (
            ["invalid_phone", "write one", "600", "Eva", "too", "many"],
            ["600", "Eva", "too", "many"],
        ),
        (["wrong_number_of_columns", "give each", "600"], ["600"]),
        (["600", "Eva"], ["600", "Eva"]),
        (["wrong_number_of_columns"], []),
    ],
    ids=["again", "emptied", "too long", "too short", "taken out", "one cell"],
)
def test_of_a_file_that_was_corrected_before_what_we_wrote_comes_once(
    row: list[str], shown: list[str]
) -> None:
    [correction] = corrections([SHORT], [Record(3, row)], {}, header=HEADER)

    assert Correction.header(HEADER).row == ["carillon_code", "carillon_reason", "phone", "name"]
    assert correction.row == ["wrong_number_of_columns", "too few", *shown]


def test_what_comes_behind_the_last_of_them_is_not_read() -> None:
    records = iter([Record(3, ["b"]), Record(4, ["c"])])

    list(corrections([SHORT], records, {}))

    assert next(records).line == 4


@pytest.mark.parametrize(
    ("row", "has_duplicates", "expected"),
    [
        (RejectedRow(1, RowCode.INVALID_PHONE, "", "phone", "600"), False, True),
        (RejectedRow(1, RowCode.INVALID_PHONE, "", "phone", None), False, False),
        (RejectedRow(1, RowCode.MISSING_VARIABLES, "", "name", None), False, True),
        (RejectedRow(1, BROKEN_QUOTES, ""), False, True),
        (RejectedRow(1, RowCode.DUPLICATE, "", "phone", "+34600000001"), False, False),
        (RejectedRow(1, RowCode.DUPLICATE, "", "phone", "+34600000001"), True, True),
        (RejectedRow(1, RowCode.DUPLICATE, "", "phone", None), True, False),
    ],
)
def test_what_is_to_be_corrected(row: RejectedRow, has_duplicates: bool, expected: bool) -> None:
    assert is_wanted(row, has_duplicates=has_duplicates) is expected


@given(st.text(alphabet="añ\r\n", max_size=30), st.lists(st.integers(0, 60), max_size=6))
def test_lines_are_found_wherever_the_pieces_end(text: str, cuts: Sequence[int]) -> None:
    content = text.encode()
    places = sorted({0, *(min(cut, len(content)) for cut in cuts), len(content)})
    pieces = [content[start:end] for start, end in pairwise(places)]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    found = lines_at(pieces, frozenset(range(7, 7 + len(lines))), encoding="utf-8", line=7)

    assert found == dict(enumerate(lines, 7))


def test_of_a_long_line_the_beginning_is_enough_and_the_rest_is_not_read() -> None:
    pieces = iter([b"short\n", b"x" * 40_000, b"x" * 40_000])

    found = lines_at(pieces, frozenset({2}), encoding="utf-8", line=1)

    assert found == {2: "x" * MOST_OF_LINE}
    assert next(pieces)
