"""docs/imports.md tells what the code does: codes, names of columns, and numbers."""

import re
from pathlib import Path

import pytest

from chalicelibs.domain.column_names import BARE_NAMES, bare
from chalicelibs.domain.csv_rows import MESSAGES
from chalicelibs.domain.reading import Duplicates, Meaning
from chalicelibs.domain.row_codes import RowCode, UnusableRow
from chalicelibs.domain.written_phone import read_phone

PAGE = (Path(__file__).parents[2] / "docs" / "imports.md").read_text()


def section(title: str) -> str:
    """The text under a heading."""
    return PAGE.partition(f"# {title}\n")[2].partition("\n#")[0]


def table(title: str) -> list[list[str]]:
    """The rows of the table under a heading."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_every_code_of_a_rejected_row_is_documented_and_no_other() -> None:
    documented = [row[0].strip("`") for row in table("Rejected rows")]

    assert sorted(documented) == sorted(RowCode)
    assert set(MESSAGES) <= set(RowCode)


def test_every_meaning_of_a_column_is_documented_with_names_that_are_found() -> None:
    rows = table("Columns with a meaning")

    assert [row[0].strip("`") for row in rows] == list(Meaning)
    for meaning, names, _ in rows:
        known = set().union(*BARE_NAMES[Meaning(meaning.strip("`"))])
        told = re.findall("`(.+?)`", names)
        assert told
        assert {bare(name) for name in told} <= known


def test_every_policy_is_documented() -> None:
    assert re.findall(r"^\* `(\w+)`", section("Duplicates"), re.MULTILINE) == [
        "skip",
        "update",
        "allow",
    ]
    assert len(Duplicates) == 3


def said(text: str) -> str:
    """What becomes of a number without a region, or in the one that the page names."""
    region = "DE" if text == "15112345678" else None
    try:
        return read_phone(text, region)
    except UnusableRow as refused:
        return f"rejected, `{refused.code}`"


@pytest.mark.parametrize("row", table("Numbers"), ids=lambda row: row[0])
def test_numbers_become_what_the_page_says(row: list[str]) -> None:
    written, becomes, _ = row

    assert said(written.strip("`")) == becomes
