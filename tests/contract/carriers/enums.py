"""The words of an official SDK, read from its source: importing one takes seconds."""

import ast
from importlib.util import find_spec
from pathlib import Path


def words_of(package: str, module: str, name: str) -> set[str]:
    """The strings of `name`'s Literal[...] in a module of an installed SDK."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0], module).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        target = getattr(node, "target", None) or next(iter(getattr(node, "targets", [])), None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and getattr(target, "id", "") == name:
            found = {
                leaf.value
                for leaf in ast.walk(node)
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
            }
            return found - {""}
    raise KeyError(f"{name} is not in {package}/{module}")
