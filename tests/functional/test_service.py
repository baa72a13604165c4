"""The service is one, whoever asks for it first."""

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.test_config import ENVIRON

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-south-2",
}

#: Eight threads that serve their first event at once, as those of the local stack may.
AT_ONCE = """
import app
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
barrier = Barrier(8)
def serve(_):
    barrier.wait()
    return app.service()
with ThreadPoolExecutor(8) as threads:
    print(len(set(map(id, list(threads.map(serve, range(8)))))))
"""


def test_threads_that_serve_their_first_event_at_once_share_a_service() -> None:
    run = subprocess.run(
        [sys.executable, "-c", AT_ONCE],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **ENVIRON, **AWS},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout) == (0, "1\n"), run.stderr
