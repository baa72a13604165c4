"""Looking on while a scenario plays, and reading what came of it."""

import time
from collections.abc import Sequence
from typing import Any

from local import promises
from local.carrier.journal import read_lines
from local.promises import Facts, Ring
from local.trial import Customer, until


def now_ms() -> int:
    """This instant as the carrier's journal writes it."""
    return time.time_ns() // 1_000_000


def journal_of(customer: Customer) -> list[Any]:
    """What the carrier wrote down."""
    return list(read_lines(customer.stack.settings.data / "carrier" / "journal.jsonl"))


def requests_of(customer: Customer) -> list[Any]:
    """The carrier's record of what it was asked to dial."""
    return [line for line in journal_of(customer) if line["event"] == "requested"]


def rings_of(customer: Customer, *campaign_ids: str) -> list[Ring]:
    """The phones that rang."""
    return promises.rings_of(journal_of(customer), campaign_ids)


def broken_promises(customer: Customer, campaign_ids: Sequence[str], limit: int) -> list[str]:
    """What the whole audit says of campaigns that are over."""
    return promises.violations(customer.seen(campaign_ids, Facts(concurrency_limit=limit)))


def come_to_rest(customer: Customer, *campaign_ids: str, within_s: float = 120) -> None:
    """Wait until nothing is in flight."""

    def is_resting() -> bool:
        return all(customer.progress(one)["running"] == 0 for one in campaign_ids)

    until(is_resting, within_s=within_s, every_s=0.5)
