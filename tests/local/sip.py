"""What real SIP calls need on this machine, and the word for what is missing."""

import os
import shutil
import subprocess

import pytest

from local.settings import Settings
from local.sip.phones import MISSING

PYTHON = Settings.from_environment(os.environ).sip_python


def missing() -> str | None:
    """What is not here, and how it comes."""
    if shutil.which("sipp") is None:
        return MISSING
    imports = [str(PYTHON), "-c", "import baresip"]
    if not PYTHON.exists() or subprocess.run(imports, capture_output=True, check=False).returncode:
        return f"baresip is missing in {PYTHON.parent.parent}: `make sip` installs it."
    return None


REASON = missing()

#: For tests in which phones really ring.
rings = pytest.mark.skipif(REASON is not None, reason=REASON or "")
