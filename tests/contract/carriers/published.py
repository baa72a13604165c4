"""What carriers publish of their API in packages of npm: fetched once, not kept in the project."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

KEPT = Path(__file__).parents[3] / ".venv" / "published"

#: The package with Twilio's OpenAPI file, and the file in it.
TWILIO = ("@twilio/cli-core@8.3.2", "package/src/services/twilio-api/twilio_api_v2010.json")

#: For npm to answer.
FETCH_S = 60


def published(package: str, member: str) -> Any:
    """A JSON file of a package; the test is skipped where npm cannot be asked."""
    kept = KEPT / Path(member).name
    if not kept.exists():
        fetch(package, member, kept)
    return json.loads(kept.read_text())


def fetch(package: str, member: str, kept: Path) -> None:
    """Keep a file of a package."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not here: {package} cannot be fetched")
    kept.parent.mkdir(parents=True, exist_ok=True)
    asked = subprocess.run(
        [npm, "pack", "--silent", package],
        cwd=kept.parent,
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if asked.returncode:
        pytest.skip(f"npm has no answer: {package} cannot be fetched")
    archive = kept.parent / asked.stdout.split()[-1]
    with tarfile.open(archive) as packed:
        content = packed.extractfile(member)
        assert content is not None, f"{package} has no {member}"
        kept.write_bytes(content.read())
    archive.unlink()
