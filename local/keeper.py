"""`python -m local.keeper`: runs one part of the stack, for as long as its owner lives.

Linux can signal a child when its parent dies, but for good: a part handed over to a new
supervisor would still die with the old one. So each part has a keeper, which asks the owner's
file. The keeper itself binds its child in the kernel's way: not even `kill -9` leaves one behind.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from local.records import Identity, Record, Records

_PR_SET_PDEATHSIG = 1


def bound_to_me() -> Callable[[], None]:
    """Run in the child, before its program: SIGTERM, so that the engine saves its state."""
    me = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != me:
                os._exit(1)

    return bind


def keep(name: str, folder: Path, *, port: int, grace_s: float, command: list[str]) -> int:
    """Run the command until it ends, or until the owner is gone or a SIGTERM comes."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    # A session of its own keeps the terminal's Ctrl-C away; this is for one sent by hand.
    signal.signal(signal.SIGINT, lambda *_: None)
    child = subprocess.Popen(command, preexec_fn=bound_to_me())
    process = Identity.of(child.pid)
    if process is None:
        return child.wait()
    records = Records(folder)
    record = Record(process=process, keeper=Identity.own(), port=port)
    records.save(name, record)
    deadline: float | None = None
    while child.poll() is None:
        owner = records.owner(name)
        if deadline is None and (asked or owner is None or not owner.is_alive()):
            deadline = time.monotonic() + grace_s
            child.terminate()
        if deadline is not None and time.monotonic() > deadline:
            child.kill()
        try:
            child.wait(0.25)
        except subprocess.TimeoutExpired:
            continue
    records.forget(name, record)
    return child.returncode


def main() -> int:
    """Keep what the arguments say; the child's exit status, as a shell has it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("grace_s", type=float)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    status = keep(
        args.name, args.folder, port=args.port, grace_s=args.grace_s, command=args.command
    )
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
