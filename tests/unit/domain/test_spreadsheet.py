import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelibs.domain.spreadsheet import plain, safe

#: Letters of which some are dangerous at the beginning of a cell.
LETTERS = st.text(alphabet="=+-@'\t\r\n \ufeff\u200b\uff1dañ1", max_size=6)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("+34600000001", "'+34600000001"),
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("@A1", "'@A1"),
        ("\uff1d1", "'\uff1d1"),
        ("\tx", "'\tx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u200b =1", "'\u200b =1"),
        ("'=1", "''=1"),
        ("''+1", "'''+1"),
    ],
)
def test_a_formula_becomes_text(text: str, cell: str) -> None:
    assert safe(text) == cell
    assert plain(cell) == text


@pytest.mark.parametrize("text", ["", "Ana", "1+1", "a=b", "'tis", "'", " Ana", "600", "{}", "ñ"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert safe(text) == plain(text) == text


@given(LETTERS)
@example("'=")
def test_every_text_comes_back(text: str) -> None:
    assert plain(safe(text)) == text


@given(LETTERS)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = safe(text)

    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"}
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "\uff1d"}
