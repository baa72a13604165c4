"""A function that starts loads what all need, and no carrier that it may never speak to."""

import json
import subprocess
import sys

from tests.package.conftest import ROOT

#: What only some calls need: it is loaded by the first of them.
LATE = (
    "accounts",
    "asking",
    "twilio",
    "twilio_reports",
    "telnyx",
    "retell",
    "vapi",
    "http",
    "answers",
    "filling",
)


def test_carriers_that_workspaces_bring_are_loaded_when_they_are_needed() -> None:
    probe = "import json, sys, app; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, text=True, capture_output=True, check=True
    )

    loaded = set(json.loads(done.stdout))
    assert "chalicelibs.bootstrap" in loaded
    assert loaded.isdisjoint(f"chalicelibs.adapters.carriers.{name}" for name in LATE)
    assert not [
        name for name in loaded if name.partition(".")[0] in {"boto3", "cryptography", "urllib3"}
    ]
