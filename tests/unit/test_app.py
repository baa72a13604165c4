"""What import-linter cannot see: app.py is a module, not a package."""

import ast
from pathlib import Path

import pytest

APP = ast.parse((Path(__file__).parents[2] / "app.py").read_text())
DOORS = {"api", "bootstrap", "config"}
LIBRARIES = {"chalice", "collections", "os", "typing"}
FUNCTIONS = [node for node in APP.body if isinstance(node, ast.FunctionDef)]
BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)


def test_app_imports_only_the_doors() -> None:
    for node in ast.walk(APP):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= LIBRARIES
        elif isinstance(node, ast.ImportFrom):
            root, *rest = (node.module or "").split(".")
            names = set(rest[:1]) or {alias.name for alias in node.names}
            assert root in LIBRARIES or (root == "chalicelibs" and names <= DOORS), node.module


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_handler_only_parses_calls_and_renders(function: ast.FunctionDef) -> None:
    assert function.decorator_list, "it has no decorator: it belongs in chalicelibs"

    statements = function.body[ast.get_docstring(function) is not None :]

    assert len(statements) <= 4
    assert not [node for node in ast.walk(function) if isinstance(node, BRANCHES)]


def test_every_handler_says_what_it_does() -> None:
    assert [function.name for function in FUNCTIONS if not ast.get_docstring(function)] == []
