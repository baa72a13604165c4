"""`python -m local.up`: the local stack in one command, until Ctrl-C."""

import os
import signal
import sys
import time
from types import FrameType

from local import workspace
from local.settings import Settings
from local.stack import Stack, StackError
from local.workspace import NoWorkspace

AN_AGENT = '{"name": "Ada", "carrier": "%s", "prompt": "You call {{name}}."}'


class _Asked(BaseException):
    """SIGTERM, SIGHUP or Ctrl-C came."""


class Supervisor:
    """Starts a stack, watches it, stops it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._is_stopping = False

    def run(self) -> int:
        """Everything, from start to stop; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked)
        try:
            return self._run()
        except _Asked:
            return 0
        except StackError as error:
            _say(str(error))
            return 1
        finally:
            self._is_stopping = True
            self._stack.stop()

    def _run(self) -> int:
        began = time.monotonic()
        self._stack.start()
        for name in self._stack.adopted:
            _say(f"The {name} of this checkout runs already: taken over.")
        self._greet(time.monotonic() - began)
        while (dead := self._stack.dead()) is None:
            time.sleep(0.2)
        _say(f"The {dead} has ended unexpectedly: see {self._stack.log_file(dead)}.")
        return 1

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_stopping:
            self._stack.hurry()
            return
        self._is_stopping = True
        _say("Stopping ... (once more to hurry)")
        raise _Asked

    def _greet(self, took_s: float) -> None:
        settings = self._stack.settings
        url = self._stack.url
        _say(f"Carillon is up after {took_s:.1f} s: {url}   logs: {settings.data / 'log'}")
        try:
            known = workspace.ensure(settings.port, settings.data)
        except (NoWorkspace, OSError) as error:
            _say(f"No workspace yet: {error}")
            return
        bearer = f"-H 'Authorization: Bearer {known.api_key}'"
        _say(
            f"Console: {url}/console   sign in with the API key\n"
            f"API key: {known.api_key}\n\nTry:\n"
            f"  curl {url}/health\n"
            f"  curl {url}/agents {bearer} -d '{AN_AGENT % settings.carrier_name}'\n"
            f"  curl {url}/campaigns {bearer}\n\n"
            f"  export CARILLON_URL={url} CARILLON_API_KEY={known.api_key}\n"
            f"  .venv/dev/bin/carillon --help\n\nCtrl-C stops it; its data stays."
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run until asked to stop."""
    return Supervisor(Stack(Settings.from_environment(os.environ))).run()


if __name__ == "__main__":
    sys.exit(main())
