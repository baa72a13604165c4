import csv
from collections.abc import Iterator
from io import StringIO
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelibs.domain.contacts_file import (
    DELIMITERS,
    BadRow,
    Contact,
    UnusableFile,
    read_contacts,
)

ANA, BEN = "+34600000001", "+34600000002"


def read(text: str) -> list[Contact | BadRow]:
    return list(read_contacts(StringIO(text, newline="")))


def contact(row: int, phone: str, line: int | None = None, **context: str) -> Contact:
    return Contact(row=row, line=line or row + 1, phone=phone, context=context)


# --- What is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param(f"phone\n{ANA}\n", [contact(1, ANA)], id="phone alone"),
        pytest.param(f"phone\n{ANA}", [contact(1, ANA)], id="no line end at the end"),
        pytest.param(f"phone\r\n{ANA}\r\n", [contact(1, ANA)], id="Windows line ends"),
        pytest.param(f"phone\r{ANA}\r", [contact(1, ANA)], id="old Mac line ends"),
        pytest.param(f"phone,name\n{ANA},Ana\n", [contact(1, ANA, name="Ana")], id="context"),
        pytest.param(f"name,phone\nAna,{ANA}\n", [contact(1, ANA, name="Ana")], id="phone last"),
        pytest.param(
            f"a,phone,b\n1,{ANA},2\n", [contact(1, ANA, a="1", b="2")], id="phone in the middle"
        ),
        pytest.param(f" Phone , name \n{ANA},Ana\n", [contact(1, ANA, name="Ana")], id="Phone"),
        pytest.param(f"PHONE\n {ANA} \n", [contact(1, ANA)], id="values are trimmed"),
        pytest.param(
            f"phone,Due Date\n{ANA},1 May\n",
            [Contact(row=1, line=2, phone=ANA, context={"Due Date": "1 May"})],
            id="other names stay as written",
        ),
        pytest.param(f"phone,name\n{ANA},\n", [contact(1, ANA, name="")], id="an empty value"),
        pytest.param("phone,name\n,Ana\n", [contact(1, "", name="Ana")], id="an empty phone"),
        pytest.param(
            f'phone,name\n{ANA},"A, ""the"" A"\n',
            [contact(1, ANA, name='A, "the" A')],
            id="quotes and a comma",
        ),
        pytest.param("phone,name\n", [], id="no rows"),
        pytest.param(
            f"phone\n\n{ANA}\n\n\n{BEN}\n\n",
            [contact(1, ANA, line=3), contact(2, BEN, line=6)],
            id="empty lines are no rows",
        ),
        pytest.param(
            f'phone,note\n{ANA},"one\ntwo\r\nthree"\n{BEN},x\n',
            [
                contact(1, ANA, line=2, note="one\ntwo\r\nthree"),
                contact(2, BEN, line=5, note="x"),
            ],
            id="a value of several lines",
        ),
        pytest.param(
            f'phone,"my\nnote"\n{ANA},x\n',
            [Contact(row=1, line=3, phone=ANA, context={"my\nnote": "x"})],
            id="a name of two lines",
        ),
    ],
)
def test_a_file_is_read(text: str, rows: list[Contact | BadRow]) -> None:
    assert read(text) == rows


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_a_delimiter_is_found_by_itself(delimiter: str) -> None:
    text = f"phone{delimiter}name\n{ANA}{delimiter}Ana\n"

    assert read(text) == [contact(1, ANA, name="Ana")]


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

    [row] = read(f"{header}\n{delimiter.join(cells)}\n")

    assert row == Contact(row=1, line=2, phone=ANA, context={name: "x"})


# --- Rows that are none --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        pytest.param(f"{ANA}", 1, id="too few"),
        pytest.param(f"{ANA},Ana,more", 3, id="too many"),
        pytest.param(f"{ANA},Ana,", 3, id="a comma at the end"),
        pytest.param(" ", 1, id="a blank"),
    ],
)
def test_a_ragged_row_says_how_many_columns_it_has(cells: str, count: int) -> None:
    rows = read(f"phone,name\n{cells}\n{BEN},Ben\n")

    bad, good = rows
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.line, bad.code) == (1, 2, "wrong_number_of_columns")
    assert f"{count} columns" in bad.message
    assert good == contact(2, BEN, name="Ben")


# --- Files that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("\n", "empty", id="an empty line"),
        pytest.param("  \n", "empty", id="a blank line"),
        pytest.param("name,mobile\nAna,1\n", "no column named phone", id="no phone column"),
        pytest.param(f"{ANA}\n{BEN}\n", "no column named phone", id="no header"),
        pytest.param("phone,,name\n", "column 2 has no name", id="a column without a name"),
        pytest.param("phone,name, \n", "column 3 has no name", id="a column with a blank name"),
        pytest.param("phone,a,b,a\n", "two columns are named 'a'", id="a name twice"),
        pytest.param("phone,Phone\n", "two columns are named 'phone'", id="phone twice"),
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
    rows = read_contacts(StringIO(f'phone,name\n{ANA},Ana\n{BEN},"Ben\n', newline=""))

    assert next(rows) == contact(1, ANA, name="Ana")
    with pytest.raises(UnusableFile):
        next(rows)


def test_a_file_is_read_as_a_stream() -> None:
    def lines() -> Iterator[str]:
        yield "phone\n"
        yield f"{ANA}\n"
        raise AssertionError("read too far")

    rows = read_contacts(lines())

    assert next(rows) == contact(1, ANA)


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

    contacts = read(file.getvalue())

    expected = [dict(zip(header, row, strict=True)) for row in rows]
    assert [
        {**one.context, "phone": one.phone} for one in contacts if isinstance(one, Contact)
    ] == expected
    assert [one.row for one in contacts] == list(range(1, len(rows) + 1))
