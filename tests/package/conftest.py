"""The built package, made once."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATE_PYTHON = Path(
    os.environ.get("CARILLON_TEMPLATE_PYTHON", ROOT / ".venv" / "template" / "bin" / "python")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What package.py hands out."""

    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "deployment.zip"

    @property
    def template(self) -> dict[str, Any]:
        template: dict[str, Any] = json.loads((self.folder / "sam.json").read_text())
        return template

    def names(self) -> set[str]:
        with zipfile.ZipFile(self.archive) as archive:
            return set(archive.namelist())

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: resource["Properties"]
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == kind
        }


Build = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def build() -> Build:
    """Run the package.py of a project, as make does."""

    def run(out: Path, *options: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(project / ".chalice" / "package.py"), str(out), *options]
        return subprocess.run(command, text=True, capture_output=True, check=False)

    return run


@pytest.fixture(scope="session")
def package(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package of this project."""
    folder = tmp_path_factory.mktemp("package")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Package(folder=folder)


@pytest.fixture(scope="session")
def translated(package: Package) -> dict[str, Any]:
    """What CloudFormation is left with once SAM is translated; cfn-lint has nothing against it."""
    if not TEMPLATE_PYTHON.exists():
        pytest.skip("its environment comes with make setup")
    translate = [str(TEMPLATE_PYTHON), str(ROOT / ".chalice" / "translate.py")]
    done = subprocess.run(
        [*translate, str(package.folder)], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    template: dict[str, Any] = json.loads((package.folder / "cloudformation.json").read_text())
    return template
