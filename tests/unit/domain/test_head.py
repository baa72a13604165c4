"""What the beginning of a file says."""

import codecs

import pytest

from chalicelibs.domain.head import HEAD_BYTES, Head
from chalicelibs.domain.reading import PLAIN, Reading, UnusableFile


@pytest.mark.parametrize(
    ("first", "header", "start", "line"),
    [
        pytest.param(b"phone,name\n1,2\n", ["phone", "name"], 11, 2, id="plain"),
        pytest.param(b"phone", ["phone"], 5, 2, id="a header alone"),
        pytest.param(b"\xef\xbb\xbfphone\r\n1", ["phone"], 10, 2, id="a mark"),
        pytest.param(b"\n\r\nphone\n1", ["phone"], 9, 4, id="empty lines above"),
        pytest.param(b'phone,"a\nb"\n1', ["phone", "a\nb"], 12, 3, id="a name of two lines"),
        pytest.param(b"sep=;\r\nphone;a,b\n", ["phone", "a,b"], 17, 3, id="a line for Excel"),
        pytest.param(b'"sep=|"\nphone|a\n', ["phone", "a"], 16, 3, id="the same in quotes"),
    ],
)
def test_the_header_is_found(first: bytes, header: list[str], start: int, line: int) -> None:
    head = Head.of(first, PLAIN)

    assert (list(head.header), head.start, head.line) == (header, start, line)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_utf_16_is_known_by_its_mark(mark: bytes, encoding: str) -> None:
    text = "phone;José\r\n"

    head = Head.of(mark + (text + "1;2").encode(encoding), PLAIN)

    assert (head.encoding, head.delimiter, list(head.header)) == (encoding, ";", ["phone", "José"])
    assert head.start == 2 + 2 * len(text)


@pytest.mark.parametrize("declared", ["latin-1", "cp1252", "utf-16", "utf-16-be"])
def test_an_encoding_may_be_declared(declared: str) -> None:
    written = "utf-16-le" if declared == "utf-16" else declared
    first = "phone,José\n".encode(written)

    assert list(Head.of(first, Reading(encoding=declared)).header) == ["phone", "José"]


def test_a_mark_knows_better_than_what_was_declared() -> None:
    head = Head.of("\ufeffphone,José\n".encode(), Reading(encoding="latin-1"))

    assert list(head.header) == ["phone", "José"]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n  \n", "empty", id="blank lines"),
        pytest.param(codecs.BOM_UTF8, "empty", id="only a mark"),
        pytest.param(b"PK\x03\x04\x14\0", "a workbook or an archive", id="xlsx or zip"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1", "a workbook", id="xls"),
        pytest.param(b"\x1f\x8b\x08", "compressed", id="gzip"),
        pytest.param(b"%PDF-1.7", "a PDF", id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "a picture", id="PNG"),
        pytest.param("phone\n".encode("utf-32"), "UTF-32", id="UTF-32"),
        pytest.param(bytes(range(256)), "zero byte", id="binary"),
        pytest.param("phone,n\n".encode("utf-16-le"), "zero byte", id="UTF-16 without its mark"),
        pytest.param("phone,José\n".encode("latin-1"), "line 1 is not UTF-8 text", id="latin-1"),
        pytest.param(b'phone,"name\n1,2\n', "cannot be read", id="a quote never closed"),
        pytest.param(b"x" * HEAD_BYTES, "longer than", id="a line without end"),
        pytest.param(b'phone,"' + b"x\n" * HEAD_BYTES, "longer than", id="a quote without end"),
    ],
)
def test_a_file_that_is_none_says_why(first: bytes, message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        Head.of(first[:HEAD_BYTES], PLAIN)


@pytest.mark.parametrize("encoding", ["cp037", "utf-7x", "rot13", "base64", "utf-32"])
def test_an_encoding_in_which_lines_cannot_be_found_is_refused(encoding: str) -> None:
    with pytest.raises(UnusableFile, match="cannot be read"):
        Head.of(b"phone\n", Reading(encoding=encoding))


def test_two_thousand_columns_have_room() -> None:
    names = ["phone", *(f"column_{number}" for number in range(2000))]

    assert list(Head.of((",".join(names) + "\n1").encode(), PLAIN).header) == names
