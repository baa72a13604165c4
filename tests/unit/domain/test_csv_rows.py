"""Records found in bytes: what cannot be read costs one line."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelibs.domain import csv_rows
from chalicelibs.domain.csv_rows import (
    BLOCK_BYTES,
    LONGEST_LINE,
    AnyRecord,
    BadRecord,
    Block,
    Record,
    read_blocks,
)
from chalicelibs.domain.head import Head
from chalicelibs.domain.reading import DELIMITERS, PLAIN

ANA, BEN = "+34600000001", "+34600000002"


def blocks(content: bytes, encoding: str = "utf-8", cuts: Sequence[int] = ()) -> list[Block]:
    """The blocks of some rows that come in pieces."""
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    pieces = [content[start:end] for start, end in pairwise(places)]
    return list(read_blocks(pieces, encoding=encoding, delimiter=","))


def records(content: bytes, encoding: str = "utf-8", cuts: Sequence[int] = ()) -> list[AnyRecord]:
    return [one for block in blocks(content, encoding, cuts) for one in block.records]


def seen(content: bytes, encoding: str = "utf-8") -> list[tuple[int, list[str] | str]]:
    """Each record as its line and its cells, or the code of what is wrong with it."""
    return [
        (one.line, one.code if isinstance(one, BadRecord) else one.cells)
        for one in records(content, encoding)
    ]


def read(text: str) -> list[AnyRecord]:
    """The header of a file and its rows."""
    content = text.encode()
    head = Head.of(content, PLAIN)
    rows = read_blocks(
        [content[head.start :]],
        encoding=head.encoding,
        delimiter=head.delimiter,
        start=head.start,
        line=head.line,
    )
    return [Record(1, list(head.header)), *(one for block in rows for one in block.records)]


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


# --- What costs its line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b'a,"b\nc,d\n', [(1, "broken_quotes"), (2, ["c", "d"])], id="a quote never closed"
        ),
        pytest.param(
            b'a,"b\nc,"d"\ne,f\n',
            [(1, "broken_quotes"), (2, ["c", "d"]), (3, ["e", "f"])],
            id="a quote that the next one closes in the wrong place",
        ),
        pytest.param(
            b'"a"b,c\nd,e\n', [(1, "broken_quotes"), (2, ["d", "e"])], id="text after a quote"
        ),
        pytest.param(
            b'"a\n' * 3,
            [(1, "broken_quotes"), (2, "broken_quotes"), (3, "broken_quotes")],
            id="every line opens one",
        ),
        pytest.param(b"a\nb\0c\nd\n", [(1, ["a"]), (2, "zero_byte"), (3, ["d"])], id="zero byte"),
        pytest.param(
            b"a\nJos\xe9\nJos\xc3\xa9\n",
            [(1, ["a"]), (2, "not_text"), (3, ["José"])],
            id="mixed encodings",
        ),
        pytest.param(b"a\n\xc3", [(1, ["a"]), (2, "not_text")], id="half a letter at the end"),
        pytest.param(
            b'"a\n\xff\nb"\nc\n',
            [(1, "broken_quotes"), (2, "not_text"), (3, ['b"']), (4, ["c"])],
            id="no text within quotes",
        ),
        pytest.param(
            b"a\n" + b"x" * (LONGEST_LINE + 1) + b"\r\nb\n",
            [(1, ["a"]), (2, "line_too_long"), (3, ["b"])],
            id="a line too long",
        ),
        pytest.param(
            b'a,"b\n' + b"x" * (LONGEST_LINE + 1) + b'\nc"\nd\n',
            [(1, "broken_quotes"), (2, "line_too_long"), (3, ['c"']), (4, ["d"])],
            id="a line too long within quotes",
        ),
        pytest.param(
            b"x" * (LONGEST_LINE + 1), [(1, "line_too_long")], id="a line too long and no other"
        ),
        pytest.param(
            b"a," + b"x" * 200_000 + b"\nb\n",
            [(1, "field_too_long"), (2, ["b"])],
            id="a long field",
        ),
        pytest.param(
            b'a,"' + b"x\n" * 100_000 + b"b\n",
            [(1, "field_too_long"), *((2 + at, ["x"]) for at in range(99_999)), (100_001, ["b"])],
            id="a quote that takes too much",
        ),
    ],
)
def test_what_cannot_be_read_costs_one_line(
    content: bytes, expected: list[tuple[int, list[str] | str]]
) -> None:
    assert seen(content) == expected


def test_a_line_that_is_just_short_enough_is_read() -> None:
    content = b",".join([b"x" * 100_000] * 10)
    content += b"," + b"y" * (LONGEST_LINE - len(content) - 1)

    for end in (b"", b"\n", b"\r\n"):
        (row,) = records(content + end)
        assert isinstance(row, Record)
        assert len(row.cells) == 11


def test_a_line_of_gigabytes_is_told_of_before_it_is_read() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"a,b\n"
        while True:
            taken += 1
            yield b"x" * BLOCK_BYTES

    found = (
        one
        for block in read_blocks(endless(), encoding="utf-8", delimiter=",")
        for one in block.records
    )

    assert next(found) == (1, ["a", "b"])
    assert isinstance(next(found), BadRecord)
    assert taken <= LONGEST_LINE // BLOCK_BYTES + 2


def test_the_rest_of_a_line_of_gigabytes_is_forgotten_as_it_comes() -> None:
    piece = b"x" * (1 << 20)
    pieces = [b"a\n", *([piece] * 300), b"\nb\n"]

    found = list(read_blocks(pieces, encoding="utf-8", delimiter=","))

    assert [len(block.records) for block in found] == [1, 1, 1, 0]
    assert found[2] == (3 + 300 * len(piece), 3, [Record(3, ["b"])])


def test_utf_16_is_read_as_what_it_is() -> None:
    text = 'José,"🙂\nñ"\r\n\ud800,x\n名,簿'
    expected = [(1, ["José", "🙂\nñ"]), (3, "not_text"), (4, ["名", "簿"])]

    for encoding in ("utf-16-le", "utf-16-be"):
        content = text.encode(encoding, "surrogatepass")
        assert seen(content, encoding) == expected
        assert seen(content + b"x", encoding)[-1] == (4, "not_text"), "half a letter"
        assert blocks(content, encoding)[-1].start == len(content)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift_jis", "gb18030", "utf-8"])
def test_declared_encodings_are_read(encoding: str) -> None:
    text = {"shift_jis": "名簿,ソ表", "gb18030": "名簿,表"}.get(encoding, "José,ñ")

    assert seen(f"{text}\n\n{text}".encode(encoding), encoding) == [
        (1, text.split(",")),
        (3, text.split(",")),
    ]


# --- Wherever pieces end -------------------------------------------------------------------------

nasty = st.text(alphabet='a,"\r\n\0é🙂', max_size=40)
cuts = st.lists(st.integers(0, 120), max_size=8)


@given(nasty, cuts, st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_where_pieces_end_makes_no_difference(
    text: str, cuts: Sequence[int], encoding: str
) -> None:
    content = text.encode(encoding)

    assert records(content, encoding, cuts) == records(content, encoding)
    assert blocks(content, encoding, cuts)[-1] == blocks(content, encoding)[-1]
    assert blocks(content, encoding)[-1].start == len(content)


@given(st.binary(max_size=60), cuts)
def test_no_bytes_are_too_strange(content: bytes, cuts: Sequence[int]) -> None:
    content = content.replace(b"a", b"\n").replace(b"b", b'"').replace(b"c", b"\r")

    assert records(content, cuts=cuts) == records(content)


@given(nasty, cuts, st.sampled_from(["utf-8", "utf-16-be"]))
def test_a_part_is_read_as_it_is_in_the_whole(
    text: str, cuts: Sequence[int], encoding: str
) -> None:
    """Planning reads the whole and a worker only from block to block: they see the same."""
    content = text.encode(encoding)
    whole = blocks(content, encoding, cuts)

    for block, after in pairwise(whole):
        part = read_blocks(
            [content[block.start : after.start]],
            encoding=encoding,
            delimiter=",",
            start=block.start,
            line=block.line,
        )
        assert [one.line for piece in part for one in piece.records] == [
            one.line for one in block.records
        ]
        assert [one.cells for one in block.records if isinstance(one, Record)] == [
            one.cells
            for one in records_at(content[block.start : after.start], encoding, block.line)
            if isinstance(one, Record)
        ]


def records_at(content: bytes, encoding: str, line: int) -> list[AnyRecord]:
    found = read_blocks([content], encoding=encoding, delimiter=",", line=line)
    return [one for block in found for one in block.records]


def test_blocks_end_where_records_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 7)
    content = b'one,"two\nthree"\nfour,five\n'

    found = blocks(content)

    assert [(block.start, block.line) for block in found if block.records] == [(0, 1), (16, 3)]


# --- Whatever is in it ---------------------------------------------------------------------------

# A lone carriage return is left out: `csv.writer` forgets to quote it.
cells = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)
trimmed = cells.map(str.strip)
# Of the first name U+FEFF is no part: it marks the file as Unicode.
names = trimmed.filter(lambda name: name.strip("\ufeff") == name != "" and name.lower() != "phone")
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
@example(table=(["\ufeff", "phone"], []), delimiter=",", end="\n", quoting=csv.QUOTE_MINIMAL)
@example(table=(["phone", ","], []), delimiter=";", end="\n", quoting=csv.QUOTE_MINIMAL)
@example(table=(["phone", ","], []), delimiter=";", end="\n", quoting=csv.QUOTE_ALL)
@example(table=(["phone", ";a;b"], []), delimiter=",", end="\n", quoting=csv.QUOTE_MINIMAL)
def test_any_table_is_read_back(
    table: tuple[list[str], list[list[str]]], delimiter: str, end: str, quoting: Literal[0, 1]
) -> None:
    header, rows = table
    # A lone column names no delimiter, then a comma is one: `,` below it would be two columns.
    assume(len(header) > 1 or delimiter == ",")
    file = StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([header, *rows])
    assume(not file.getvalue().startswith("\ufeff"))  # at the beginning it says the encoding

    records = read(file.getvalue())

    assert [one.cells for one in records if isinstance(one, Record)] == [header, *rows]
