"""`python -m local.handlers`: the app's functions behind a gateway and pumps, in one process."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import boto3
from botocore.config import Config as BotoConfig

from local import faults, functions, keys, recorder, resources, wiring
from local.gateway import Gateway, GatewayServer
from local.gateway_errors import Refusals
from local.intrinsics import ACCOUNT, REGION, SECRET
from local.keeper import bound_to_me
from local.settings import Settings
from local.workers import Workers

log = logging.getLogger("local")

#: How long running invocations get to finish.
_FINISH_S = 10

#: How often it is looked whether anybody asked for the end.
_LOOK_S = 0.2

#: The service's waits, compressed, so that what takes minutes in the cloud can be watched here.
#: Whoever sets one of them in the shell is obeyed.
COMPRESSED = {
    "FIRST_LOOK_S": "15",
    "SENDING_S": "8",
    "RESCUE_MARGIN_S": "5",
    "LOOK_AGAIN_S": "5",
    "ANALYSIS_GRACE_S": "5",
    "LOG_LEVEL": "INFO",
}


def engine_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make boto3 talk to the engine and to nothing else."""
    reached_directly = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    region = {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
    if settings.endpoint:
        return {**reached_directly, **{k: environ.get(k, v) for k, v in region.items()}}
    return {
        **reached_directly,
        **region,
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,  # To the engine, 12 digits are an account.
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def service_environment(
    settings: Settings, created: resources.Created, environ: Mapping[str, str]
) -> dict[str, str]:
    """Tell the functions what the template and the local stack have for them."""
    secret = keys.load(settings.data)
    carrier = f"{settings.carrier_name.upper()}_CARRIER"
    return {
        **{name: environ.get(name, value) for name, value in COMPRESSED.items()},
        **{k: v for k, v in created.env.items() if k not in COMPRESSED},
        # A tunnel's address, where real carriers are to reach this machine.
        "PUBLIC_URL": environ.get("PUBLIC_URL", settings.url),
        # Carriers' secrets are variables here, and a carrier may be a program beside this one.
        "SECRETS_PATH": environ.get("SECRETS_PATH", ""),
        "ALLOW_PRIVATE_CARRIERS": environ.get("ALLOW_PRIVATE_CARRIERS", "1"),
        f"{carrier}_URL": settings.carrier_url,
        f"{carrier}_KEY": secret.carrier_key,
        f"{carrier}_SECRET": secret.carrier_secret,
        "BOOTSTRAP_KEY_HASH": secret.bootstrap_key_hash,
    }


def _serve(settings: Settings, asked: Sequence[int]) -> bool:
    began = time.monotonic()
    os.environ.update(engine_environment(settings, os.environ))
    config = BotoConfig(
        max_pool_connections=64, retries={"mode": "standard"}, user_agent="carillon-local"
    )
    pumps = boto3.Session()
    if record := recorder.recorder(os.environ):
        boto3.setup_default_session()
        record.watch(boto3.DEFAULT_SESSION, recorder.FUNCTIONS)
        record.watch(pumps, recorder.PUMPS)
    clients = resources.Clients.of(pumps, config=config)
    template = resources.load(settings.project)
    created = resources.create(template, clients, visibility_s=settings.visibility_s)
    os.environ.update(service_environment(settings, created, os.environ))
    for name, reason in created.unresolved.items():
        if name not in os.environ:
            log.warning("%s is not set: %s", name, reason)
    faults.install(os.environ, random.random)
    # Only now: what is imported may read the environment.
    declared = functions.load(settings.project, os.environ)  # type: ignore[arg-type]
    workers = wiring.wire(declared, created, clients, settings)
    log.info("wired in %.1f s", time.monotonic() - began)
    if settings.only:
        workers.start()
        _wait_for(asked)
        return workers.stop(_FINISH_S)
    gateway = Gateway(declared.app, declared.config, Refusals(created.resources))
    return _serve_all(GatewayServer(gateway, settings.port), workers, settings, asked)


def _serve_all(
    server: GatewayServer, workers: Workers, settings: Settings, asked: Sequence[int]
) -> bool:
    """Answer requests and run functions, those apart, too; whether all ended as they should."""
    server.begin()
    apart = [_start_apart(settings, function) for function in settings.apart]
    workers.start()
    _wait_for(asked)
    deadline = time.monotonic() + _FINISH_S
    for process in apart:
        process.terminate()
    ended = [server.finish(_FINISH_S), workers.stop(max(0, deadline - time.monotonic()))]
    ended += [process.wait() == 0 for process in apart]
    return all(ended)


def _wait_for(asked: Sequence[int]) -> None:
    """Wait for a signal, awake now and then.

    The system may hand it to another thread than this one: one that starts a thread at that very
    moment, for instance. Python notes it then, but does not wake this one, which runs handlers.
    """
    while not asked:
        time.sleep(_LOOK_S)


def _start_apart(settings: Settings, function: str) -> subprocess.Popen[bytes]:
    """Run a function that a queue wakes in a process of its own, which ends with this one."""
    own = replace(settings, only=function, apart=())
    return subprocess.Popen(
        [sys.executable, "-m", "local.handlers"],
        env={**os.environ, **own.environment()},
        preexec_fn=bound_to_me(),
    )


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; a second one ends it at once."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        if asked:
            os._exit(1)
        asked.append(number)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"),
        format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return 0 if _serve(Settings.from_environment(os.environ), asked) else 1


if __name__ == "__main__":
    sys.exit(main())
