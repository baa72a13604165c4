"""The settings of a deployment, complete or an error that names what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from chalicelibs.domain.dead_letters import QueueName
from chalicelibs.domain.deadlines import Deadlines


class MissingSetting(Exception):
    """An environment variable that the service cannot do without."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment variable {name} is not set")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCarrierSettings:
    """Where a carrier of our own is, simulated or `sip`, and how it and we know each other."""

    url: str
    key: str
    secret: str  #: What signs webhooks; while it is changed two are good, with a blank between.

    @property
    def secrets(self) -> Sequence[str]:
        """Each secret that is good."""
        return self.secret.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the service is told from outside."""

    stage: str = "local"  #: Which deployment of ours this is.
    table: str
    nudges_url: str
    calls_url: str
    call_events_url: str
    exports_url: str
    chunks_url: str
    bucket: str
    dead_letters_urls: Mapping[QueueName, str]  #: Where each queue's dead letters are.
    #: How S3 is told the bucket: by host, as AWS wants it, or by path, to an engine in its place.
    addressing: str = "virtual"
    public_url: str = ""  #: Where carriers reach our webhooks, without a slash at the end.
    bootstrap_key_hash: str | None = None  #: SHA-256, hex; without it no workspace can be opened.
    simulated_carrier: SimulatedCarrierSettings | None = None
    sip_carrier: SimulatedCarrierSettings | None = None  #: It has the simulated one's HTTP shape.
    secrets_path: str = ""  #: Where Parameter Store keeps secrets; empty: they are variables.
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  #: By variable.
    #: Whether carriers may be at private addresses, and be spoken to without TLS: only at home.
    allows_private_carriers: bool = False
    deadlines: Deadlines

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is not there.
        """
        try:
            return cls(
                stage=environ.get("STAGE") or "local",
                table=environ["TABLE_NAME"],
                nudges_url=environ["NUDGES_QUEUE_URL"],
                calls_url=environ["CALLS_QUEUE_URL"],
                call_events_url=environ["CALL_EVENTS_QUEUE_URL"],
                exports_url=environ["EXPORTS_QUEUE_URL"],
                chunks_url=environ["IMPORT_CHUNKS_QUEUE_URL"],
                bucket=environ["DROP_BUCKET"],
                addressing="path" if environ.get("AWS_ENDPOINT_URL") else "virtual",
                dead_letters_urls={
                    queue: environ[f"{queue.name}_DEAD_LETTERS_URL"] for queue in QueueName
                },
                public_url=environ.get("PUBLIC_URL", ""),
                bootstrap_key_hash=environ.get("BOOTSTRAP_KEY_HASH") or None,
                simulated_carrier=_own_carrier(environ, "SIMULATED_CARRIER"),
                sip_carrier=_own_carrier(environ, "SIP_CARRIER"),
                secrets_path=environ.get("SECRETS_PATH", ""),
                secrets={
                    name: value
                    for name, value in environ.items()
                    if name.startswith("CARRIER_SECRET_")
                },
                allows_private_carriers=environ.get("ALLOW_PRIVATE_CARRIERS") == "1",
                deadlines=_deadlines(environ),
            )
        except KeyError as error:
            raise MissingSetting(str(error.args[0])) from error


def _own_carrier(environ: Mapping[str, str], name: str) -> SimulatedCarrierSettings | None:
    if not environ.get(f"{name}_URL"):
        return None
    settings = SimulatedCarrierSettings(
        url=environ[f"{name}_URL"],
        key=environ[f"{name}_KEY"],
        secret=environ[f"{name}_SECRET"],
    )
    if not settings.secrets:  # anybody can sign with nothing
        raise MissingSetting(f"{name}_SECRET")
    return settings


def _deadlines(environ: Mapping[str, str]) -> Deadlines:
    """The deadlines, in seconds where they are set: a machine of one's own need not wait long."""
    default = Deadlines()

    def seconds(name: str, otherwise: timedelta) -> timedelta:
        return timedelta(seconds=float(environ[name])) if environ.get(name) else otherwise

    return Deadlines(
        first_look=seconds("FIRST_LOOK_S", default.first_look),
        sending=seconds("SENDING_S", default.sending),
        margin=seconds("RESCUE_MARGIN_S", default.margin),
        again=seconds("LOOK_AGAIN_S", default.again),
        analysis=seconds("ANALYSIS_GRACE_S", default.analysis),
    )
