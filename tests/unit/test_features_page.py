"""The page of features names tests that there are, and forgets none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "features.md"
FEATURES = ROOT / "tests" / "functional" / "features"

#: A test as a row of the page names it, and the file it links to.
NAMED = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")


def names_in(file: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in names if name.startswith("test_")}


def rows() -> Iterator[tuple[str, ...]]:
    """The cells of the rows, line by line."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = tuple(cell.strip() for cell in line.split("|")[1:-1])
        if cells and cells != ("row", "here", "test") and set(line) != {"|", "-"}:
            yield cells


def named() -> list[tuple[Path, str]]:
    """The tests that the page names, with their files."""
    found = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    return [((PAGE.parent / link).resolve(), name) for name, link in found]


def test_every_test_that_the_page_names_exists() -> None:
    assert len(named()) > 200

    missing = [(file.name, name) for file, name in named() if name not in names_in(file)]

    assert missing == []


def test_every_test_of_a_feature_stands_on_the_page() -> None:
    files = sorted(FEATURES.glob("test_*.py"))
    there = {(file, name) for file in files for name in names_in(file)}

    assert len(there) > 200
    assert [(file.name, name) for file, name in sorted(there - set(named()))] == []


def test_every_row_names_a_feature_and_a_test() -> None:
    for cells in rows():
        assert len(cells) == 3, cells
        assert cells[0], cells
        assert NAMED.fullmatch(cells[2]), cells
