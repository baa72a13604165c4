"""Where the figures of a bench are written, and how they are told."""

import json
from collections.abc import Mapping
from typing import Any

from local.settings import ROOT

FOLDER = ROOT / ".local" / "bench"


def save(name: str, result: Mapping[str, Any]) -> None:
    """Print and write down what a bench found."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def load(name: str) -> Mapping[str, Any]:
    """What a bench found last; nothing, if it never ran."""
    file = FOLDER / f"{name}.json"
    found: Mapping[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found
