"""Who runs and who owns it: small files under `.local/run`, which outlive their writer."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told apart from a later one with the same id by when it began."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Find the process of that id, if it lives; what only waits to be reaped does not."""
        try:
            # The name of the program may hold spaces and parentheses: count from its end.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            return cls._without_proc(pid)
        except ProcessLookupError:
            return None
        return None if fields[0] in {"Z", "X"} else cls(pid, fields[19])

    @classmethod
    def _without_proc(cls, pid: int) -> Self | None:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):
            return None
        return cls(pid, "")

    @classmethod
    def own(cls) -> Self:
        """Name this process."""
        identity = cls.of(os.getpid())
        assert identity is not None
        return identity

    def is_alive(self) -> bool:
        """Whether this very process still lives."""
        return Identity.of(self.pid) == self


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A part of the stack that runs."""

    process: Identity
    keeper: Identity
    port: int


class Records:
    """The files of one data folder: `<name>.pid` says what runs, `<name>.owner` for whom."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def running(self, name: str) -> Record | None:
        """Find the part of that name, if its process lives."""
        record = self._record(name)
        return record if record is not None and record.process.is_alive() else None

    def is_gone(self, name: str) -> bool:
        """Whether the part has ended, and its keeper, who tidies up after it."""
        record = self._record(name)
        return record is None or not (record.process.is_alive() or record.keeper.is_alive())

    def owner(self, name: str) -> Identity | None:
        """For whom it runs, dead or alive; None: it is being stopped, or does not run."""
        content = self._read(f"{name}.owner")
        return Identity(**content) if content else None

    def save(self, name: str, record: Record) -> None:
        """Say what runs."""
        self._write(f"{name}.pid", asdict(record))

    def own(self, name: str, owner: Identity) -> None:
        """Say for whom it runs: from now on, only the owner stops it, or the owner's death."""
        self._write(f"{name}.owner", asdict(owner))

    def disown(self, name: str) -> None:
        """Say that it is being stopped: nobody may take it over any more."""
        (self._folder / f"{name}.owner").unlink(missing_ok=True)

    def forget(self, name: str, record: Record) -> None:
        """Remove what says that it runs; a successor's files stay."""
        content = self._read(f"{name}.pid")
        if content == json.loads(json.dumps(asdict(record))):
            (self._folder / f"{name}.pid").unlink(missing_ok=True)
            (self._folder / f"{name}.owner").unlink(missing_ok=True)

    def _record(self, name: str) -> Record | None:
        content = self._read(f"{name}.pid")
        if content is None:
            return None
        return Record(
            process=Identity(**content["process"]),
            keeper=Identity(**content["keeper"]),
            port=content["port"],
        )

    def _read(self, file: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self._folder / file).read_text())
        except FileNotFoundError:
            return None
        return content

    def _write(self, file: str, content: object) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{file}.{os.getpid()}"
        draft.write_text(json.dumps(content))
        draft.replace(self._folder / file)
