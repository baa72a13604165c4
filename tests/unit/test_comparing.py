"""Secrets are compared in constant time: how long a wrong one takes says nothing about it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "chalicelibs").rglob("*.py"))]

#: What is called so is a secret, or made of one.
SECRET = ("secret", "signature", "hash", "hmac", "digest", "token", "expected")

#: `==` and what does the same in other words.
IN_PASSING = ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_secret_is_compared_letter_by_letter(path: Path) -> None:
    tree = ast.parse(path.read_text())

    wrong = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and any(isinstance(op, IN_PASSING) for op in node.ops)
        if any(word in ast.unparse(node).lower() for word in SECRET)
        if not asks_whether_there_is_one(node)
    ]

    assert wrong == []


def asks_whether_there_is_one(node: ast.Compare) -> bool:
    """`x is None` looks at no letter."""
    (other,) = node.comparators[:1]
    return isinstance(other, ast.Constant) and other.value is None


def test_keys_and_webhooks_are_compared_in_constant_time() -> None:
    for name in ("use_cases/manage_workspaces.py", "adapters/carriers/signatures.py"):
        assert "compare_digest(" in (ROOT / "chalicelibs" / name).read_text(), name
