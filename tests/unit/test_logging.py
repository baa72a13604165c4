"""Who writes to the log, and that what is written there is no sentence made of somebody's data.

`tests/functional/test_log_redaction.py` greps a full run; this sees the lines that no run reaches.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "chalicelibs").rglob("*.py"))]

#: These tell of decisions; everything else returns what happened to them.
WRITERS = {"http.py", "triggers.py", "failures.py", "journal.py"}
LOG = ROOT / "chalicelibs" / "api" / "log.py"

#: What writes without the log's filter.
ELSEWHERE = {"print", "logging", "warnings", "sys.stdout", "sys.stderr", "getLogger", "syslog"}


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name that a module mentions, and every dotted pair."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        if isinstance(node, ast.alias):
            yield node.name
        if isinstance(node, ast.Attribute):
            yield f"{getattr(node.value, 'id', '')}.{node.attr}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_few_modules_write_to_the_log_and_nobody_past_it(path: Path) -> None:
    names = set(names_in(ast.parse(path.read_text())))

    if path != LOG:
        assert not names & ELSEWHERE
        is_writer = path.parent == LOG.parent and path.name in WRITERS
        assert ("logger" in names) == is_writer


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_line_of_the_log_is_a_fixed_sentence_with_fields(name: str) -> None:
    tree = ast.parse((LOG.parent / name).read_text())
    lines = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_line(node)]

    assert lines
    for line in lines:
        assert [type(one) for one in line.args] == [ast.Constant]
        assert {word.arg for word in line.keywords} <= {"extra", "exc_info"}


def is_line(call: ast.Call) -> bool:
    """Whether this is `logger().info(...)` or alike."""
    made = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(made, ast.Call) and getattr(made.func, "id", "") == "logger"
