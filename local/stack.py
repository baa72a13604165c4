"""The local stack as one thing: engine, carrier and handlers, started and stopped in order."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from local import parts
from local.parts import Part
from local.records import Identity, Record, Records
from local.settings import ROOT, Settings

#: From the start of a process to its first answer. An engine with much state reads it first.
_START_S = 90
#: For what was killed to be gone altogether.
_KILLED_S = 5
#: For a keeper whose process is gone to end.
_KEEPER_S = 60
_LARGEST_LOG = 20 * 1024 * 1024


class StackError(Exception):
    """The stack cannot start; the message is one line and says what to do."""


class Stack:
    """One local stack. An engine or carrier of this checkout that runs already is taken over."""

    def __init__(
        self, settings: Settings | None = None, *, carrier: Sequence[str] | None = None
    ) -> None:
        self.settings = settings or Settings.from_environment(os.environ)
        self._carrier = carrier
        self._me = Identity.own()
        self._records = Records(self.settings.data / "run")
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self._started: list[Part] = []
        self._former_owners: dict[str, Identity] = {}
        self._in_a_hurry = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the API answers."""
        return self.settings.url

    @property
    def adopted(self) -> list[str]:
        """The parts that ran already and were taken over."""
        return sorted(self._former_owners)

    def start(self) -> None:
        """Start what does not run, in order, and wait until it answers."""
        with self._lock():
            try:
                self._check_handlers()
                if not self.settings.endpoint:
                    self._start(parts.engine(self.settings))
                self._start(parts.carrier(self.settings, self._carrier))
                self._start(parts.handlers(self.settings))
            except BaseException:
                self._undo()
                raise

    def restart(self, name: str) -> None:
        """Bring a part back that was killed, or whose keeper was."""
        with self._lock():
            part = self._parts()[name]
            # The keeper ends when all threads of the killed process have, and its port is free;
            # and a process whose keeper was killed is asked to end, and is not to be taken over.
            if former := self._keepers.pop(name, None):
                former.wait(_KEEPER_S)
            _wait(lambda: self._records.running(name) is None, part.grace_s)
            place = [one.name for one in self._started].index(name)
            del self._started[place]
            self._start(part)
            self._started.insert(place, self._started.pop())  # Stopped in its turn, as before.

    def stop(self) -> None:
        """Stop what this process owns, last first, and wait until it is gone."""
        for part in reversed(self._started):
            self._stop(part)
        self._started.clear()

    def hurry(self) -> None:
        """Stop without waiting for work in progress; the engine still saves its state."""
        self._in_a_hurry = True

    def handlers_alive(self) -> bool:
        """Whether the handlers of this checkout run, whoever started them."""
        return self.pid("handlers") is not None

    def pid(self, name: str) -> int | None:
        """Find the process id of a part that runs."""
        if name in self._keepers:
            self._keepers[name].poll()  # Reaped, should it have ended.
        record = self._records.running(name)
        return record.process.pid if record else None

    def keeper_pid(self, name: str) -> int | None:
        """Find the process id of whoever keeps a part that runs."""
        record = self._records.running(name)
        return record.keeper.pid if record else None

    def dead(self) -> str | None:
        """Name a part that has ended without being asked to."""
        for part in self._started:
            if self.pid(part.name) is None:
                return part.name
        return None

    def log_file(self, name: str) -> Path:
        """Where a part writes its log."""
        return self.settings.data / "log" / f"{name}.log"

    def _parts(self) -> dict[str, Part]:
        every = (
            parts.engine(self.settings),
            parts.carrier(self.settings, self._carrier),
            parts.handlers(self.settings),
        )
        return {part.name: part for part in every}

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One start at a time."""
        folder = self.settings.data / "run"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _check_handlers(self) -> None:
        """Look at the handlers before anything is taken over for them."""
        self._wait_for_the_orphan(parts.handlers(self.settings))
        if record := self._records.running("handlers"):
            raise StackError(f"This stack runs already: {self.url}, process {record.process.pid}.")
        self._check_port(parts.handlers(self.settings))

    def _start(self, part: Part) -> None:
        self._wait_for_the_orphan(part)
        if self._adopt(part):
            return
        self._check_port(part)
        if not Path(part.command[0]).exists():
            raise StackError(f"{part.command[0]} does not exist: run `make setup` first.")
        self._records.own(part.name, self._me)
        self._started.append(part)
        log = self.log_file(part.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            self._keepers[part.name] = subprocess.Popen(
                [
                    *(sys.executable, "-m", "local.keeper", part.name),
                    *(str(self.settings.data / "run"), str(part.port), str(part.grace_s)),
                    *part.command,
                ],
                env=dict(part.environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait_until_up(part)

    def _wait_until_up(self, part: Part) -> None:
        keeper = self._keepers[part.name]

        def up_or_ended() -> bool:
            return keeper.poll() is not None or part.is_up(part.port)

        came = _wait(up_or_ended, _START_S)
        if keeper.poll() is not None:
            raise StackError(f"The {part.name} did not start: {self._last_words(part.name)}")
        if not came:
            raise StackError(f"The {part.name} does not answer: see {self.log_file(part.name)}")

    def _last_words(self, name: str) -> str:
        log = self.log_file(name)
        lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
        return f"{lines[-1].strip()} (see {log})"

    def _wait_for_the_orphan(self, part: Part) -> None:
        """Let a part end that is being stopped, or whose owner was killed; its port comes free.

        An engine closes its port before it writes its state: another one that began meanwhile
        would begin with half of it.
        """
        owner = self._records.owner(part.name)
        if owner is None or not owner.is_alive():
            _wait(lambda: self._records.is_gone(part.name), part.grace_s)

    def _adopt(self, part: Part) -> bool:
        record, owner = self._records.running(part.name), self._records.owner(part.name)
        if not part.adoptable or record is None or owner is None or not part.is_up(record.port):
            return False
        if part.name == "engine":
            self.settings = replace(self.settings, engine_port=record.port)
        else:
            self.settings = replace(self.settings, carrier_port=record.port)
        self._former_owners[part.name] = owner
        self._records.own(part.name, self._me)
        self._started.append(part)
        return True

    def _check_port(self, part: Part) -> None:
        # A process that was just killed holds its port until the last of its threads is gone.
        if not _wait(lambda: _is_free(part.port), _KILLED_S):
            raise StackError(
                f"Port {part.port} ({part.name}) is in use by another program: "
                f"set {part.variable} to a free one."
            )

    def _undo(self) -> None:
        """Leave things as they were: what was taken over goes back to an owner who lives."""
        for name, owner in self._former_owners.items():
            if owner.is_alive():
                self._records.own(name, owner)
        self._former_owners.clear()
        self.stop()

    def _stop(self, part: Part) -> None:
        keeper = self._keepers.pop(part.name, None)
        record = self._records.running(part.name)
        if self._records.owner(part.name) == self._me:
            self._records.disown(part.name)
            if keeper is not None and keeper.poll() is None:
                keeper.terminate()
            elif record is not None:
                _signal(record.keeper, signal.SIGTERM)
                _signal(record.process, signal.SIGTERM)
            self._wait_until_gone(part, keeper, record)

    def _wait_until_gone(
        self, part: Part, keeper: subprocess.Popen[bytes] | None, record: Record | None
    ) -> None:
        def gone() -> bool:
            if self._in_a_hurry and part.name != "engine" and record is not None:
                _signal(record.process, signal.SIGKILL)
            kept = keeper is not None and keeper.poll() is None
            return not kept and (record is None or not record.process.is_alive())

        if not _wait(gone, part.grace_s + 5) and record is not None:
            _signal(record.process, signal.SIGKILL)
            _wait(gone, 5)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _signal(process: Identity, number: signal.Signals) -> None:
    if process.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _wait(true: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True
