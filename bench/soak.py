"""`python -m bench.soak [CONTACTS]`: many contacts, everything going wrong, nothing growing.

Campaigns of two workspaces run at once over the whole local stack, while the carrier loses,
doubles and delays webhooks, refuses and throttles, AWS throttles, and the handlers are killed. At
the end the promises are audited against the carrier's journal, and each process is judged by its
memory and its handles.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.flatness import Life, Sample, growths, lives, sample
from client.api import Refused
from client.transport import Unreachable
from local import promises
from local.faults import VARIABLE
from local.promises import Facts
from local.settings import ROOT
from local.stack import Stack
from local.trial import Customer, Stuck, own_stack, phones, set_faults

RESULT = ROOT / ".local" / "bench" / "soak.json"
DATA = ROOT / ".local" / "soak"

#: Concurrency limits of the workspaces; each has so many campaigns.
LIMITS = (30, 20)
CAMPAIGNS = 2

CARRIER = (
    *("-m", "local.carrier", "--no-rules", "--ring=0.05:0.3", "--talk=0.1:0.5"),
    "--weights=completed=84,summarised=4,no-answer=5,busy=3,voicemail=2,failed=2",
)
FAULTS = {
    **{"webhook_lost": 0.01, "webhook_doubled": 0.03, "webhook_late": 0.02},
    **{"webhook_reordered": 0.02, "late_ms": 3000},
    **{"create_500": 0.005, "create_429": 0.01, "create_refused": 0.005},
    **{"create_hangs": 0.001, "hang_ms": 2000},
}

#: Of all contacts, when the handlers are killed; the last of them then live to the end.
KILLS = (0.1, 0.2, 0.35, 0.5)

#: What engine and carrier keep of a contact in memory: task, call, and all that was journalled.
KEPT_KIB = {"engine": 32.0, "carrier": 8.0}

#: What the functions suffer from AWS itself, as shares of their requests.
AWS_FAULTS = {"throttled": 0.02, "held_back": 0.02}

EVERY_S = 3
STUCK_S = 180


class Soak:
    """One run: its campaigns, what was seen of its processes, what was done to them."""

    def __init__(self, stack: Stack, contacts: int) -> None:
        self._stack = stack
        self._contacts = contacts
        self._began = time.monotonic()
        self._customers: dict[Customer, list[str]] = {
            Customer(stack, concurrency_limit=limit): [] for limit in LIMITS
        }
        self.samples: list[Sample] = []
        self.kills: list[float] = []
        self.seconds = 0.0

    def prepare(self) -> None:
        """Draft the campaigns and bring their contacts."""
        share = -(-self._contacts // (len(self._customers) * CAMPAIGNS))
        first = 0
        for customer, campaign_ids in self._customers.items():
            for _ in range(CAMPAIGNS):
                count = min(share, self._contacts - first)
                campaign_ids.append(customer.campaign(max_attempts=2, retry_interval_ms=2000))
                customer.bring(campaign_ids[-1], phones(count, first))
                first += count
        self._say(f"{first} contacts are in")

    def run(self) -> None:
        """Start everything, look on, kill now and then, until all is over."""
        for customer, campaign_ids in self._customers.items():
            customer.steer("start", *campaign_ids)
        began, last, since = time.monotonic(), 0, time.monotonic()
        while last < self._contacts:
            time.sleep(EVERY_S)
            done = self._done(last)
            self._look(done)
            if len(self.kills) < len(KILLS) and done >= KILLS[len(self.kills)] * self._contacts:
                self._kill(done)
            if done > last:
                last, since = done, time.monotonic()
            elif time.monotonic() - since > STUCK_S:
                self._say(f"nothing has moved for {STUCK_S} s")
                break
        self.seconds = time.monotonic() - began

    def audit(self) -> tuple[list[str], dict[str, Any]]:
        """The broken promises, and the figures of the calls."""
        found: list[str] = []
        figures: dict[str, Any] = {"rings": 0, "calls": 0, "outcomes": {}}
        for (customer, campaign_ids), limit in zip(self._customers.items(), LIMITS, strict=True):
            seen = customer.seen(campaign_ids, Facts(concurrency_limit=limit))
            found += promises.violations(seen)
            figures["rings"] += len(seen.rings)
            for campaign in seen.campaigns:
                figures["calls"] += campaign["progress"]["calls"]
                for outcome, count in campaign["progress"]["outcomes"].items():
                    figures["outcomes"][outcome] = figures["outcomes"].get(outcome, 0) + count
        return found, figures

    def _done(self, before: int) -> int:
        try:
            return sum(customer.done(ids) for customer, ids in self._customers.items())
        except (Unreachable, Refused):
            return before

    def _look(self, done: int) -> None:
        at_s = round(time.monotonic() - self._began, 1)
        for part in ("engine", "carrier", "handlers"):
            pid = self._stack.pid(part)
            one = sample(part, pid, at_s=at_s, done=done) if pid else None
            if one is not None:
                self.samples.append(one)
        if len(self.samples) % 60 < 3:  # noqa: PLR2004 - about once a minute
            self._say(f"{done} of {self._contacts} done")

    def _kill(self, done: int) -> None:
        pid = self._stack.pid("handlers")
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        self._stack.restart("handlers")
        self.kills.append(round(time.monotonic() - self._began, 1))
        self._say(f"killed the handlers after {done} contacts")

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", flush=True)


def summary(
    soak: Soak, contacts: int, figures: Mapping[str, Any], found: Sequence[str]
) -> dict[str, Any]:
    """The figures of a soak, and what is wrong with it."""
    judged = lives(soak.samples)
    return {
        "contacts": contacts,
        "workspaces": len(LIMITS),
        "campaigns": len(LIMITS) * CAMPAIGNS,
        "faults": {**FAULTS, **AWS_FAULTS},
        "kills_after_s": soak.kills,
        **figures,
        "seconds": round(soak.seconds, 1),
        "calls_per_s": round(figures["calls"] / soak.seconds, 1),
        "processes": [process(life) for life in judged],
        "violations": list(found),
        "growth": list(growths(judged, KEPT_KIB)),
    }


def process(life: Life) -> dict[str, Any]:
    """One process between the second and the last quarter of its life."""
    return {
        "part": life.part,
        "seconds": round(life.seconds),
        "rss_mib": [round(kib / 1024, 1) for kib in life.rss_kib],
        "handles": list(life.handles),
        "kib_per_contact": round(life.kib_per_contact, 2),
    }


def main() -> int:
    """Print and write down the figures; 1 when a promise was broken or something grew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("contacts", type=int, nargs="?", default=20_000)
    contacts = parser.parse_args().contacts
    aws_faults = DATA / "aws-faults.json"
    with own_stack(DATA, carrier=CARRIER, told={VARIABLE: str(aws_faults)}, tick_s=20) as stack:
        soak = Soak(stack, contacts)
        try:
            soak.prepare()
        except Stuck as stuck:
            print(stuck)
            return 1
        set_faults(stack, FAULTS)
        aws_faults.write_text(json.dumps(AWS_FAULTS))
        soak.run()
        aws_faults.unlink()
        set_faults(stack, dict.fromkeys(FAULTS, 0))
        found, figures = soak.audit()
    result = summary(soak, contacts, figures, found)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    (DATA / "samples.json").write_text(json.dumps([asdict(one) for one in soak.samples]) + "\n")
    print(json.dumps(result, indent=2))
    print(f"{contacts} contacts, {len(found)} violations, {len(result['growth'])} growths")
    return int(bool(found or result["growth"]))


if __name__ == "__main__":
    sys.exit(main())
