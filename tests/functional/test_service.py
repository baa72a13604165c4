"""The service that runs on AWS: it is one, whoever asks first, and asks carriers side by side."""

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


#: Ten carriers that answer when all of them were asked.
SIDE_BY_SIDE = """
import app
from threading import Barrier
for use_case in (app.service().place_call, app.service().withdraw_call):
    all_are_here = Barrier(10)
    print(len(use_case.side_by_side(lambda _: all_are_here.wait(10), range(10))))
"""


def told(script: str) -> str:
    """What a process says in which the app is imported."""
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **ENVIRON, **AWS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_threads_that_serve_their_first_event_at_once_share_a_service() -> None:
    assert told(AT_ONCE) == "1\n"


def test_carriers_are_asked_side_by_side() -> None:
    assert told(SIDE_BY_SIDE) == "10\n10\n"
