"""An engine of a bench's own: nothing in it, and nothing kept of it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from local import parts
from local.settings import Settings
from local.trial import Stuck, free_port

STARTS_WITHIN_S = 30
ENDS_WITHIN_S = 60


@contextmanager
def engine() -> Iterator[Settings]:
    """Run one; gives the settings of a stack that would talk to it."""
    with TemporaryDirectory() as folder:
        settings = replace(
            Settings.from_environment(os.environ),
            data=Path(folder),
            engine_port=free_port(),
            endpoint=None,  # that may be the engine of the bench before
        )
        part = parts.engine(settings)
        process = subprocess.Popen(
            part.command,
            env={**part.environment, "PERSIST_STATE": "0", "S3_PERSIST": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            give_up_at = time.monotonic() + STARTS_WITHIN_S
            while not part.is_up(settings.engine_port):
                if time.monotonic() > give_up_at or process.poll() is not None:
                    raise Stuck("the engine does not answer: run `make engine`")
                time.sleep(0.05)
            yield settings
        finally:
            process.terminate()
            process.wait(ENDS_WITHIN_S)
