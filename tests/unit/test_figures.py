"""Figures of batches that are handled by threads, as the local stack does it: each counts."""

import json
import subprocess
import sys

#: Eight batches whose calls are all answered at the same moment, the first of their function.
AT_ONCE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from chalice.app import SQSEvent
from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.memory import MemoryFailures, MemoryStore
from chalicelibs.api.triggers import place_calls
from chalicelibs.use_cases.tend_dead_letters import NoteFailure
barrier, clock = Barrier(8), SystemClock()
def placed(calls):
    barrier.wait()
    sys.setprofile(lambda *_: sleep(1e-4))  # whatever is done next, the others come in between
    return ["placed"] * len(calls)
body = json.dumps({"workspace_id": "w", "call_id": "t-1", "workspace_page": 0})
note = NoteFailure(failures=MemoryFailures(MemoryStore()), clock=clock)
def handle(number):
    event = SQSEvent({"Records": [{"messageId": str(number), "body": body}]}, None)
    return place_calls(event, placed, lambda calls: [], note)
with ThreadPoolExecutor(8) as threads:
    list(threads.map(handle, range(8)))
"""


def test_of_batches_that_are_handled_at_once_each_is_counted() -> None:
    run = subprocess.run(
        [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert sum(line.get("calls_asked_for", 0) for line in lines) == 8
