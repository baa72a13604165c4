"""The log is one, whoever speaks first."""

import subprocess
import sys

#: The first words of eight threads, as near to each other as can be.
AT_ONCE = """
import sys
from threading import Barrier, Thread
from chalicelibs.api.log import logger
sys.setswitchinterval(1e-6)
barrier, made, failed = Barrier(8), [], []
def speak():
    barrier.wait()
    try:
        made.append(logger())
    except Exception as error:
        failed.append(error)
threads = [Thread(target=speak) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failed, failed
assert len(set(map(id, made))) == 1, made
"""


def test_threads_that_speak_first_at_once_share_a_logger() -> None:
    for _ in range(3):
        run = subprocess.run(
            [sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
