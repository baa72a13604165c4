"""How the `sip` carrier is to behave, from its command line."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.carrier.settings import delays, duration
from local.carrier.webhooks import WebhookRules
from local.sip import sound
from local.sip.switchboard import Manners

#: Where calls go when nothing else is said: phones on this machine.
LOOPBACK_TRUNK: Final = "127.0.0.1:5080"

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}")
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the carrier is told at its start."""

    port: int
    journal: Path
    api_key: str
    address: str
    trunk: str
    public_url: str | None  #: Where it is reached, when that is not where it listens.
    webhooks: WebhookRules
    manners: Manners


def parse_settings(arguments: Sequence[str]) -> Settings:
    """Parse the command line; exits with a message where it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        greeting = sound.read(given.greeting) if given.greeting else None
    except sound.NotPlayable as error:
        parser.error(str(error))
    return Settings(
        port=given.port,
        journal=given.journal,
        api_key=given.api_key,
        address=given.address,
        trunk=given.trunk,
        public_url=given.public_url,
        webhooks=WebhookRules(
            secret=given.webhook_secret,
            seed=0,
            connections=given.most_calls,
            retry_delays=given.webhook_retry_delays,
        ),
        manners=Manners(
            most_calls=given.most_calls,
            listen_s=given.listen,
            greeting=greeting,
            recordings=given.journal.parent / "recordings",
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.sip",
        description="A carrier that places real calls over SIP, through one trunk.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    environ = os.environ
    add("--port", type=int, default=8702, help="of HTTP, on 127.0.0.1; 0 picks a free one")
    add("--public-url", metavar="URL", help="where a proxy lets it be reached")
    add("--journal", type=Path, default=Path(".local/carrier/journal.jsonl"), help="the file")
    add("--api-key", default="sip-key", help="that callers must bear")
    add("--webhook-secret", default="sip-secret", help="that signs webhooks")
    add(
        "--address",
        type=_address,
        default=environ.get("SIP_ADDRESS", "127.0.0.1:5070"),
        metavar="HOST:PORT",
        help="of SIP here",
    )
    add(
        "--trunk",
        type=_address,
        default=environ.get("SIP_TRUNK", LOOPBACK_TRUNK),
        metavar="HOST:PORT",
        help="that takes the calls",
    )
    add("--most-calls", type=_count, default=100, help="at once; more are answered 429")
    add("--listen", type=duration, default=1.0, help="seconds after the prompt")
    add("--greeting", type=Path, metavar="WAV", help="is played in place of the prompt")
    add(
        "--webhook-retry-delays",
        type=delays,
        default="0.5,1,2,4,8,8",
        metavar="S,S,…",
        help="before each further try of a webhook",
    )
    return parser


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or int(text.rpartition(":")[2]) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of calls")
    return int(text)
