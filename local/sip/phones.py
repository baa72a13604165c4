"""Phones that really ring, on this machine: SIPp plays a whole telephone network.

`python -m local.sip.phones` lets them ring where the `sip` carrier calls by default.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local.keeper import bound_to_me
from local.settings import Settings
from local.sip.network import HANGS_UP, INVITED, REFUSALS, RINGS_FOR_EVER, scenario

MISSING: Final = (
    "SIPp is missing: the phones that real SIP calls ring. On Debian and Ubuntu it is the package "
    "`sip-tester` (apt-get install sip-tester)."
)

_HOST: Final = "127.0.0.1"
_USUAL_PORT: Final = 5080
_LEGEND: Final = ", ".join(
    [f"{digit} says {status}" for digit, status in REFUSALS.items()]
    + [f"{RINGS_FOR_EVER} rings for ever", f"{HANGS_UP} answers and hangs up", "others answer"]
)
_START_S: Final = 10

#: Below those that connections of this machine leave from, and that sound comes to.
_PORTS: Final = range(20_000, 30_000, 6)


class NoPhones(Exception):
    """The phones cannot ring; the message is one line and says what to do."""


class Phones:
    """A telephone network that runs."""

    def __init__(self, address: str, log: Path) -> None:
        #: Where it takes calls.
        self.address = address
        self._log = log

    def invites(self) -> Counter[str]:
        """How often each call id was asked to ring, repetitions by UDP not counted."""
        words = [line.split() for line in self._log.read_text(errors="replace").splitlines()]
        return Counter(found[1] for found in words if found[:1] == [INVITED])


@contextlib.contextmanager
def ringing(folder: Path, *, ring_s: float = 0.3, port: int | None = None) -> Iterator[Phones]:
    """Phones with their log in an empty folder, until the block ends; on a free port, if on none.

    They ring so long before anybody answers or refuses.

    Raises:
        NoPhones: when there is no SIPp, or it does not start.
    """
    program = shutil.which("sipp")
    if program is None:
        raise NoPhones(MISSING)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    network, log = folder / "network.xml", folder / "invites.log"
    network.write_text(scenario(ring_ms=round(ring_s * 1000)))
    log.touch()
    free, media = free_udp_ports()
    port = port or free
    if not _is_free(port):
        raise NoPhones(f"UDP port {port} is in use by another program.")
    command = [
        *(program, "-sf", str(network), "-nostdin", "-i", _HOST, "-p", str(port)),
        # What comes is sent back, so that there is something to hear.
        *("-mi", _HOST, "-mp", str(media), "-rtp_echo"),
        *("-trace_logs", "-log_file", str(log)),
    ]
    with (folder / "sipp.log").open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            preexec_fn=bound_to_me(),
        )
    try:
        _wait_until_up(process, port, folder / "sipp.log")
        yield Phones(f"{_HOST}:{port}", log)
    finally:
        process.kill()
        process.wait()


def free_udp_ports() -> tuple[int, int]:
    """Find a free port for SIP, and one for sound that has the three after it free, too.

    Raises:
        NoPhones: when there are none.
    """
    for first in random.sample(_PORTS, len(_PORTS)):
        if all(_is_free(port) for port in (first, *range(first + 2, first + 6))):
            return first, first + 2
    raise NoPhones("no UDP port is free")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while _is_free(port):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise NoPhones(f"SIPp does not start: {lines[-1].strip()} (see {log})")
        time.sleep(0.02)


def main() -> int:
    """Ring until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Settings.from_environment(os.environ).data / "phones"
    try:
        with ringing(folder, ring_s=2, port=_USUAL_PORT) as phones:
            print(f"Phones ring at {phones.address}, by the last digit of the number: {_LEGEND}.")
            signal.pause()
    except NoPhones as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
