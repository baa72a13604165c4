"""What a header says, and what a row says under it."""

from typing import Any

import pytest

from chalicelibs.domain.columns import Columns, Contact, UnusableRow
from chalicelibs.domain.reading import Reading, UnusableFile

ANA = "+34600000001"


def columns(*header: str, **reading: Any) -> Columns:
    return Columns.of(header, Reading(**reading))


@pytest.mark.parametrize(
    ("header", "cells", "context"),
    [
        pytest.param(["phone"], [ANA], {}, id="phone alone"),
        pytest.param(["phone", "name"], [ANA, "Ana"], {"name": "Ana"}, id="context"),
        pytest.param(["name", "phone"], ["Ana", ANA], {"name": "Ana"}, id="phone last"),
        pytest.param(
            ["a", "phone", "b"], ["1", ANA, "2"], {"a": "1", "b": "2"}, id="in the middle"
        ),
        pytest.param([" Phone ", " name "], [ANA, " Ana "], {"name": "Ana"}, id="trimmed"),
        pytest.param(
            ["phone", "Due Date"], [ANA, "1 May"], {"Due Date": "1 May"}, id="names as written"
        ),
        pytest.param(["phone", "name"], [ANA, ""], {"name": ""}, id="an empty value"),
    ],
)
def test_a_row_gives_the_number_and_the_rest_as_context(
    header: list[str], cells: list[str], context: dict[str, str]
) -> None:
    assert columns(*header).contact(cells) == Contact(phone=ANA, context=context)


@pytest.mark.parametrize(
    "cells",
    [[ANA], [ANA, "Ana", "more"], [ANA, "Ana", ""], [" "]],
    ids=["too few", "too many", "a comma at the end", "a blank"],
)
def test_a_ragged_row_says_how_many_columns_it_has(cells: list[str]) -> None:
    with pytest.raises(UnusableRow, match=f"{len(cells)} columns") as refused:
        columns("phone", "name").contact(cells)

    assert refused.value.code == "wrong_number_of_columns"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(["name", "job"], "no column named phone", id="no phone column"),
        pytest.param([ANA], "no column named phone", id="no header"),
        pytest.param(["phone", "", "name"], "column 2 has no name", id="a column without a name"),
        pytest.param(["phone", "a", "b", "a"], "two columns are named 'a'", id="a name twice"),
        pytest.param(["phone", "Phone"], "two columns are named 'phone'", id="phone twice"),
    ],
)
def test_an_unusable_header_says_why(header: list[str], message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        columns(*header)
