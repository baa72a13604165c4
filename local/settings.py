"""What the local stack is told by its environment: folders, ports, engine, pace."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

ROOT = Path(__file__).resolve().parent.parent

#: Threads per queue. Placing a call waits for the carrier, and recording must keep up with it; one
#: dispatcher is enough, since a second one would only race it for the same tasks.
PUMPS = {"NUDGES": 1, "CALLS": 4, "CALL_EVENTS": 4, "IMPORT_CHUNKS": 4, "IMPORTS": 1}


#: The variables that name functions with a process of their own, and the one a process is for.
APART, ONLY = "CARILLON_APART", "CARILLON_ONLY"

#: Who can dial here: one of them runs at a time, on the carrier's port.
CARRIERS: Final = ("simulated", "sip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One local stack; `environment` writes what `from_environment` reads."""

    project: Path = ROOT
    data: Path = ROOT / ".local"
    port: int = 8700
    engine_port: int = 8701
    carrier_port: int = 8702
    engine_python: Path = ROOT / ".venv" / "engine" / "bin" / "python"
    carrier_name: str = CARRIERS[0]
    sip_python: Path = ROOT / ".venv" / "sip" / "bin" / "python"
    #: An endpoint of the user's own, which replaces the engine.
    endpoint: str | None = None
    #: 6 minutes in the cloud, where a function may run for one. Here a running invocation renews
    #: its hold on its messages, so a short time only means that work comes back soon after a kill.
    visibility_s: int = 15
    tick_s: float = 60
    pumps: Mapping[str, int] = field(default_factory=lambda: dict(PUMPS))
    #: Functions that a queue wakes, and that have a process of their own as all have in the cloud.
    apart: Sequence[str] = ()
    #: The one that this process is for; none: it has all others, the gateway and the clock.
    only: str = ""
    #: What the service of this stack alone is told, by variables; it beats what the shell says.
    told: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting, or take its default."""
        default = cls()
        return cls(
            project=Path(environ.get("CARILLON_PROJECT", default.project)),
            data=Path(environ.get("CARILLON_DATA", default.data)),
            port=_number(environ, "CARILLON_PORT", default.port),
            engine_port=_number(environ, "CARILLON_ENGINE_PORT", default.engine_port),
            carrier_port=_number(environ, "CARILLON_CARRIER_PORT", default.carrier_port),
            engine_python=Path(environ.get("CARILLON_ENGINE_PYTHON", default.engine_python)),
            carrier_name=_carrier(environ, default.carrier_name),
            sip_python=Path(environ.get("CARILLON_SIP_PYTHON", default.sip_python)),
            endpoint=environ.get("AWS_ENDPOINT_URL") or None,
            visibility_s=_number(environ, "CARILLON_VISIBILITY_S", default.visibility_s),
            tick_s=float(environ.get("CARILLON_TICK_SECONDS", default.tick_s)),
            pumps={
                name: _number(environ, f"CARILLON_PUMPS_{name}", threads)
                for name, threads in PUMPS.items()
            },
            apart=environ.get(APART, "").split(),
            only=environ.get(ONLY, default.only),
        )

    def environment(self) -> dict[str, str]:
        """Write the settings as a child process reads them."""
        return {
            "CARILLON_PROJECT": str(self.project),
            "CARILLON_DATA": str(self.data),
            "CARILLON_PORT": str(self.port),
            "CARILLON_ENGINE_PORT": str(self.engine_port),
            "CARILLON_CARRIER_PORT": str(self.carrier_port),
            "CARILLON_ENGINE_PYTHON": str(self.engine_python),
            "CARILLON_CARRIER": self.carrier_name,
            "CARILLON_SIP_PYTHON": str(self.sip_python),
            "CARILLON_VISIBILITY_S": str(self.visibility_s),
            "CARILLON_TICK_SECONDS": str(self.tick_s),
            **{f"CARILLON_PUMPS_{name}": str(threads) for name, threads in self.pumps.items()},
            APART: " ".join(self.apart),
            ONLY: self.only,
            **({"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {}),
            **self.told,
        }

    def runs(self, function: str) -> bool:
        """Whether a function that a queue wakes runs in this process."""
        return function == self.only if self.only else function not in self.apart

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def carrier_url(self) -> str:
        """Where the carrier answers."""
        return f"http://127.0.0.1:{self.carrier_port}"

    @property
    def endpoint_url(self) -> str:
        """Where DynamoDB, SQS and S3 answer."""
        return self.endpoint or f"http://127.0.0.1:{self.engine_port}"


def _carrier(environ: Mapping[str, str], default: str) -> str:
    name = environ.get("CARILLON_CARRIER") or default
    if name not in CARRIERS:
        sys.exit(f"The carrier must be {' or '.join(CARRIERS)}, not {name!r}.")
    return name


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal():
        sys.exit(f"{name} must be a whole number, not {text!r}.")
    return int(text)
