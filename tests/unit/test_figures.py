"""Figures of calls that are placed side by side: each of them counts."""

import json
import subprocess
import sys

#: Eight calls that are all answered at the same moment, the first of their function.
AT_ONCE = """
import json, sys
from threading import Barrier
from time import sleep
from chalice.app import SQSEvent
from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.memory import MemoryFailures, MemoryStore
from chalicelibs.api.triggers import place_calls
from chalicelibs.use_cases.tend_dead_letters import NoteFailure
barrier, clock = Barrier(8), SystemClock()
def answered(call):
    barrier.wait()
    sys.setprofile(lambda *_: sleep(1e-4))  # whatever is done next, the others come in between
    return "placed"
body = json.dumps({"workspace_id": "w", "call_id": "t-1", "workspace_page": 0})
records = [{"messageId": str(at), "body": body} for at in range(8)]
note = NoteFailure(failures=MemoryFailures(MemoryStore()), clock=clock)
place_calls(SQSEvent({"Records": records}, None), lambda calls: answered, None, note)
"""


def test_of_calls_that_are_answered_at_once_each_is_counted() -> None:
    run = subprocess.run(
        [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert sum(line.get("calls_asked_for", 0) for line in lines) == 8
