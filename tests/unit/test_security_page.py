"""docs/security.md names tests: they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`([\w/]+/test_\w+\.py)", TEXT)

    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
