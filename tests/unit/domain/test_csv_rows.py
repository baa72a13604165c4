import csv
from collections.abc import Iterator
from io import StringIO
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelibs.domain.csv_rows import BadRecord, Record, read_records
from chalicelibs.domain.reading import DELIMITERS, PLAIN, UnusableFile

ANA, BEN = "+34600000001", "+34600000002"


def read(text: str) -> list[Record | BadRecord]:
    return list(read_records(StringIO(text, newline=""), PLAIN))


# --- What is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "records"),
    [
        pytest.param(f"phone\n{ANA}\n", [(1, ["phone"]), (2, [ANA])], id="phone alone"),
        pytest.param(f"phone\n{ANA}", [(1, ["phone"]), (2, [ANA])], id="no line end at the end"),
        pytest.param(f"phone\r\n{ANA}\r\n", [(1, ["phone"]), (2, [ANA])], id="Windows line ends"),
        pytest.param(f"phone\r{ANA}\r", [(1, ["phone"]), (2, [ANA])], id="old Mac line ends"),
        pytest.param(
            f'phone,name\n{ANA},"A, ""the"" A"\n',
            [(1, ["phone", "name"]), (2, [ANA, 'A, "the" A'])],
            id="quotes and a comma",
        ),
        pytest.param("phone,name\n", [(1, ["phone", "name"])], id="no rows"),
        pytest.param(
            f"phone\n\n{ANA}\n\n\n{BEN}\n\n",
            [(1, ["phone"]), (3, [ANA]), (6, [BEN])],
            id="empty lines are no rows",
        ),
        pytest.param(
            f'phone,note\n{ANA},"one\ntwo\r\nthree"\n{BEN},x\n',
            [(1, ["phone", "note"]), (2, [ANA, "one\ntwo\r\nthree"]), (5, [BEN, "x"])],
            id="a value of several lines",
        ),
        pytest.param(
            f'phone,"my\nnote"\n{ANA},x\n',
            [(1, ["phone", "my\nnote"]), (3, [ANA, "x"])],
            id="a name of two lines",
        ),
    ],
)
def test_a_file_is_read(text: str, records: list[tuple[int, list[str]]]) -> None:
    assert read(text) == records


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_a_delimiter_is_found_by_itself(delimiter: str) -> None:
    text = f"phone{delimiter}name\n{ANA}{delimiter}Ana\n"

    assert read(text) == [(1, ["phone", "name"]), (2, [ANA, "Ana"])]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        pytest.param("phone,a;b;c", "a;b;c", id="unquoted"),
        pytest.param('phone;"a,b,c"', "a,b,c", id="quoted"),
        pytest.param('"a, b, c";phone', "a, b, c", id="quoted and first"),
    ],
)
def test_other_delimiters_in_a_column_name_do_not_mislead(header: str, name: str) -> None:
    delimiter = "," if header.startswith("phone,") else ";"
    cells = [ANA, "x"] if header.startswith("phone") else ["x", ANA]

    first, row = read(f"{header}\n{delimiter.join(cells)}\n")

    assert isinstance(first, Record)
    assert sorted(first.cells) == sorted(["phone", name])
    assert row == (2, cells)


# --- Files that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("\n", "empty", id="an empty line"),
        pytest.param("  \n", "empty", id="a blank line"),
        pytest.param(f'phone,name\n{ANA},"Ana\n{BEN},Ben\n', "line ", id="a quote never closed"),
        pytest.param(f'phone,name\n{ANA},"A"na\n', "line 2", id="letters after a quote"),
        pytest.param('phone,"name\n', "line ", id="a quote never closed in the header"),
        pytest.param("x" * 200_000, "line 1", id="a name without end"),
        pytest.param("phone\n" + "x" * 200_000, "line 2", id="a value without end"),
    ],
)
def test_an_unusable_file_says_why(text: str, message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        read(text)


def test_rows_before_an_unclosed_quote_are_read() -> None:
    rows = read_records(StringIO(f'phone,name\n{ANA},Ana\n{BEN},"Ben\n', newline=""), PLAIN)

    assert [next(rows), next(rows)] == [(1, ["phone", "name"]), (2, [ANA, "Ana"])]
    with pytest.raises(UnusableFile):
        next(rows)


def test_a_file_is_read_as_a_stream() -> None:
    def lines() -> Iterator[str]:
        yield "phone\n"
        yield f"{ANA}\n"
        raise AssertionError("read too far")

    rows = read_records(lines(), PLAIN)

    assert [next(rows), next(rows)] == [(1, ["phone"]), (2, [ANA])]


# --- Whatever is in it ---------------------------------------------------------------------------

# A lone carriage return is left out: `csv.writer` forgets to quote it.
cells = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)
trimmed = cells.map(str.strip)
names = trimmed.filter(lambda name: name != "" and name.lower() != "phone")
tables = st.lists(names, unique=True, max_size=4).flatmap(
    lambda header: st.tuples(
        st.permutations(["phone", *header]),
        st.lists(
            st.lists(trimmed, min_size=len(header) + 1, max_size=len(header) + 1), max_size=5
        ),
    )
)


@given(
    table=tables,
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_table_is_read_back(
    table: tuple[list[str], list[list[str]]], delimiter: str, end: str, quoting: Literal[0, 1]
) -> None:
    header, rows = table
    # A lone column names no delimiter, then a comma is one: `,` below it would be two columns.
    assume(len(header) > 1 or delimiter == ",")
    file = StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([header, *rows])

    records = read(file.getvalue())

    assert [one.cells for one in records if isinstance(one, Record)] == [header, *rows]
