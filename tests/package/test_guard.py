"""Whoever asks Chalice itself to deploy is told what to do instead."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.conftest import ROOT

CHALICE = [sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())"]
NOBODY = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as somebody has it who just cloned it."""
    root = tmp_path_factory.mktemp("clone") / "carillon"
    for name in (".chalice", "chalicelibs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.mark.parametrize("words", [["deploy"], ["deploy", "--stage", "prod"], ["package", "out"]])
def test_chalice_refuses_to_ship_a_zip_without_our_code(project: Path, words: list[str]) -> None:
    before = sorted(project.rglob("*"))

    done = subprocess.run(
        [*CHALICE, *words],
        cwd=project,
        # No address answers: a command that got so far would fail in another way.
        env={**os.environ, **NOBODY, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": ""}
        | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        capture_output=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 1
    assert f"`chalice {words[0]}` would ship a zip without chalicelibs/" in done.stderr
    assert "make package STAGE=dev" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(project.rglob("*")) == before
