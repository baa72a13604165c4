"""The parts of the local stack: what each is started with, and how one sees that it is up."""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from local import keys
from local.intrinsics import SECRET
from local.settings import Settings

CARRIER = ("-m", "local.carrier")
SIP = ("-m", "local.sip")

#: Ministack, without the server that it brings: that one reads HTTP in Python, which takes a third
#: of the engine's time. At the end, requests that wait for a message are cut off after 3 s.
ENGINE = (
    *("-m", "uvicorn", "ministack.app:app", "--lifespan", "on", "--ws", "none"),
    *("--no-server-header", "--no-date-header", "--no-access-log", "--log-level", "warning"),
    *("--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "3"),
)

#: What would lead an AWS client elsewhere than to the engine.
_STRAY = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    #: The variable that moves the port.
    variable: str
    #: A path that answers once the part is up.
    health: str
    #: Whether a running one of this checkout is taken over.
    adoptable: bool
    #: How long it may take to end; the engine writes its state in that time.
    grace_s: float

    def is_up(self, port: int) -> bool:
        """Whether it answers."""
        # Not urllib: a proxy set in the environment must not come between.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", self.health)
            return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def engine(settings: Settings) -> Part:
    """Describe DynamoDB, SQS and S3, which are one process."""
    folder = settings.data / "engine"
    return Part(
        name="engine",
        command=[
            *(str(settings.engine_python), *ENGINE),
            *("--host", "127.0.0.1", "--port", str(settings.engine_port)),
        ],
        environment={
            **_inherited(),
            "GATEWAY_PORT": str(settings.engine_port),
            # In the URLs of queues; a name might be looked up as ::1, where nobody listens.
            "MINISTACK_HOST": "127.0.0.1",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
        },
        port=settings.engine_port,
        variable="CARILLON_ENGINE_PORT",
        health="/_ministack/ready",
        adoptable=True,
        grace_s=120,
    )


def carrier(settings: Settings, program: Sequence[str] | None = None) -> Part:
    """Describe whoever dials: the simulated carrier, or the one that speaks SIP.

    They have names of their own, so that neither is ever taken over for the other.
    """
    secret = keys.load(settings.data)
    is_sip = settings.carrier_name == "sip"
    return Part(
        name="sip" if is_sip else "carrier",
        command=[
            str(settings.sip_python) if is_sip else sys.executable,
            *(program or (SIP if is_sip else CARRIER)),
            *("--port", str(settings.carrier_port)),
            *("--journal", str(settings.data / "carrier" / "journal.jsonl")),
            # In one word: a secret may begin with a dash.
            f"--api-key={secret.carrier_key}",
            f"--webhook-secret={secret.carrier_secret}",
        ],
        environment=_inherited(),
        port=settings.carrier_port,
        variable="CARILLON_CARRIER_PORT",
        health="/health",
        adoptable=True,
        grace_s=10,
    )


def handlers(settings: Settings) -> Part:
    """Describe the app: gateway and pumps."""
    stray = set() if settings.endpoint else _STRAY
    inherited = {name: value for name, value in _inherited().items() if name not in stray}
    return Part(
        name="handlers",
        command=[sys.executable, "-m", "local.handlers"],
        environment={**inherited, **settings.environment()},
        port=settings.port,
        variable="CARILLON_PORT",
        health="/health",
        adoptable=False,
        grace_s=15,
    )


def _inherited() -> dict[str, str]:
    # Logs are read while they are written; and the parts talk to each other without a proxy.
    direct = "127.0.0.1,localhost"
    return {**os.environ, "PYTHONUNBUFFERED": "1", "NO_PROXY": direct, "no_proxy": direct}
