"""`python -m local.demo`: two campaigns from contacts to outcomes, and an audit."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import urllib3
from rich.console import Console
from rich.live import Live

from client.api import Api, Refused
from client.transport import Unreachable
from local import audit, keys, promises
from local.bucket import drop
from local.screen import bars, summary_table
from local.settings import Settings
from local.stack import Stack, StackError
from local.workspace import ask_often

CONTACTS = Path(__file__).parent / "data" / "contacts.csv"
CONCURRENCY = 10
TICK_S = 4

#: Calls in compressed time, so that a day of calling fits into a minute.
CARRIER = ("-m", "local.carrier", "--ring", "0.1:0.3", "--talk", "0.2:0.8", "--callback-in", "4")

#: Rescue looks sooner, too: a call here lasts about a second.
WAITS = {"FIRST_LOOK_S": "6", "SENDING_S": "3", "RESCUE_MARGIN_S": "3", "LOOK_AGAIN_S": "2"}

FAULTS = {"webhook_lost": 0.05, "webhook_doubled": 0.05}
NO_FAULTS = dict.fromkeys(FAULTS, 0.0)

URGENT = [f"+1202555{number:04}" for number in range(110, 130)]
PAUSE_S = 5

#: After this without any progress the audit says what hangs.
STUCK_S = 60

#: A demo whose service was killed waits this long for `make up` to bring it back.
PATIENCE_S = 600


def now_ms() -> int:
    """This instant as the carrier's journal writes it."""
    return time.time_ns() // 1_000_000


class Demo:
    """The campaigns of one demo, driven over the API like any customer's."""

    def __init__(self, stack: Stack, console: Console) -> None:
        self._stack = stack
        self._console = console
        self._settings = stack.settings
        self._client = Api(stack.url, keys.load(self._settings.data).bootstrap_key)
        self._began = time.monotonic()
        self.facts: dict[str, Any] = {"pauses": [], "concurrency_limit": CONCURRENCY}

    def run(self) -> int:
        """Everything after the start of the stack; the exit status."""
        self._set_faults(FAULTS)
        self._create()
        with Live(console=self._console, refresh_per_second=8, transient=True) as live:
            self._watch(live, lambda done, total: done >= total * 0.3 > 0)
            self._push_urgent()
            self._watch(live, lambda done, total: done >= total * 0.5)
            self._pause(live)
            self._watch(live, lambda done, total: done == total)
        self._set_faults(NO_FAULTS)
        self._say("all tasks have ended: auditing")
        status = self._audit()
        self._client.post(f"/campaigns/{self.facts['urgent_campaign_id']}/archive")
        return status

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:5.1f} s[/]  {text}")

    def _set_faults(self, faults: dict[str, float]) -> None:
        url = f"{self._settings.carrier_url}/faults"
        urllib3.request("PUT", url, json=faults)

    def _create(self) -> None:
        """A workspace of its own, an agent, a number and two campaigns; the contacts drop in."""
        opened = self._client.post(
            "/workspaces", {"name": "demo", "concurrency_limit": CONCURRENCY}
        )
        self._client = Api(self._stack.url, opened["api_key"])
        ask_often(self._client)
        agent = self._client.post(
            "/agents",
            {
                "name": "Ada",
                "carrier": "simulated",
                "prompt": "You call {{name}} about order {{order}}.",
                "custom_outcomes": ["interested"],
                "ring_timeout_s": 1,
                "max_duration_s": 2,
            },
        )
        self._client.post("/numbers", {"phone": "+12025550100", "carrier": "simulated"})
        common = {"agent_id": agent["id"], "caller_id": "+12025550100", "max_attempts": 3}
        common |= {"retry_intervals_ms": [2000, 3000], "retry_outcomes": ["voicemail"]}
        hours = {"timezone": "Europe/Madrid", "calling_hours": {"start": "00:00", "end": "24:00"}}
        batch = self._client.post(
            "/campaigns", {"name": "300 contacts", "draft": False, **common, **hours}
        )
        urgent = self._client.post(
            "/campaigns",
            {"name": "20 leads", "type": "realtime", "priority": "high", **common},
        )
        drop(self._settings, opened["workspace"]["id"], batch["id"], CONTACTS.read_bytes())
        self._say(f"dropped {CONTACTS.name} into the bucket")
        self.facts |= {
            "api_key": opened["api_key"],
            "campaign_ids": [batch["id"], urgent["id"]],
            "urgent_campaign_id": urgent["id"],
            "urgent_since_ms": None,
        }
        self._note()

    def _note(self) -> None:
        """Write down what was done, for `make audit`."""
        file = self._settings.data / "demo-facts.json"
        file.write_text(json.dumps(self.facts, indent=2) + "\n")

    def _campaigns(self) -> list[Any]:
        """Both campaigns; waits while nobody answers."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                ids = self.facts["campaign_ids"]
                return [self._client.get(f"/campaigns/{campaign_id}") for campaign_id in ids]
            except (Unreachable, Refused) as error:
                if time.monotonic() > deadline:
                    raise
                if isinstance(error, Unreachable) and not self._stack.handlers_alive():
                    self._say("the service is gone: `make up` in another terminal brings it back")
                    self._wait_for_handlers(deadline)
                time.sleep(0.5)

    def _wait_for_handlers(self, deadline: float) -> None:
        while not self._stack.handlers_alive() and time.monotonic() < deadline:
            time.sleep(0.5)

    def _watch(self, live: Live, is_reached: Callable[[int, int], bool]) -> None:
        """Show progress until so many tasks are done, or nothing has moved for long."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < STUCK_S:
            campaigns = self._campaigns()
            live.update(bars(campaigns, self.facts["concurrency_limit"]))
            counts = [campaign["progress"] for campaign in campaigns]
            done = sum(count["completed"] + count["archived"] for count in counts)
            if is_reached(done, sum(count["total"] for count in counts)):
                return
            if done != last:
                last, since = done, time.monotonic()
            time.sleep(0.2)
        self._say(f"nothing has moved for {STUCK_S} s")

    def _push_urgent(self) -> None:
        campaign_id = self.facts["urgent_campaign_id"]
        context = {"name": "Zoe", "order": "B-1"}
        tasks = [{"phone": one, "campaign": campaign_id, "context": context} for one in URGENT]
        results = self._client.post("/tasks", tasks)["results"]
        refused = [result for result in results if "task" not in result]
        if refused:
            raise RuntimeError(f"the service refused urgent tasks: {refused[0]}")
        self.facts["urgent_since_ms"] = now_ms()
        self._note()
        self._say(f"pushed {len(results)} urgent tasks")

    def _pause(self, live: Live) -> None:
        for campaign_id in self.facts["campaign_ids"]:
            self._client.post(f"/campaigns/{campaign_id}/pause")
        since = now_ms()
        self._say("paused everything")
        until = time.monotonic() + PAUSE_S
        while time.monotonic() < until:
            live.update(bars(self._campaigns(), CONCURRENCY))
            time.sleep(0.2)
        self.facts["pauses"].append((since, now_ms()))
        self._note()
        for campaign_id in self.facts["campaign_ids"]:
            self._client.post(f"/campaigns/{campaign_id}/resume")
        self._say("resumed")

    def _audit(self) -> int:
        journal = self._settings.data / "carrier" / "journal.jsonl"
        seen = audit.see(self.facts, self._client, journal)
        found = [*promises.violations(seen), *self._more_violations(seen)]
        summary = summarise(seen, found, time.monotonic() - self._began) | self._more_figures()
        file = self._settings.data / "demo-summary.json"
        file.write_text(json.dumps(summary, indent=2) + "\n")
        self._console.print(summary_table(summary))
        for line in found:
            self._console.print(f"[red]{line}[/]")
        style = "bold red" if found else "bold green"
        self._console.print(f"{len(found)} violations", style=style)
        return int(bool(found))

    def _more_violations(self, _: promises.Seen) -> list[str]:
        """What others than the carrier's journal know of broken promises."""
        return []

    def _more_figures(self) -> dict[str, Any]:
        """What the summary says beside the figures of every demo."""
        return {}


def summarise(seen: promises.Seen, found: list[str], seconds: float) -> dict[str, Any]:
    """The figures of a demo."""
    outcomes: dict[str, int] = {}
    for campaign in seen.campaigns:
        for outcome, count in campaign["progress"]["outcomes"].items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    return {
        "contacts": len(seen.tasks),
        "calls": len(seen.rings),
        "by_outcome": dict(sorted(outcomes.items())),
        "largest_number_in_flight": promises.most_in_flight(seen.rings),
        "concurrency_limit": seen.facts.concurrency_limit,
        "dials_while_paused": len(promises.rings_while_paused(seen)),
        "violations": len(found),
        "seconds": round(seconds, 1),
    }


@contextlib.contextmanager
def running(stack: Stack, console: Console) -> Iterator[None]:
    """The stack, started and stopped."""
    began = time.monotonic()
    stack.start()
    try:
        console.print(f"The local stack is up after {time.monotonic() - began:.1f} s: {stack.url}")
        yield
    finally:
        stack.stop()


def interrupt(*_: object) -> None:
    """Whatever asks the demo to end ends it as Ctrl-C does: the engine saves its state."""
    raise KeyboardInterrupt


def end_on_signals() -> None:
    """Let whatever asks the demo to end interrupt it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def main() -> int:
    """Run the demo; 1 when a promise was broken or the stack does not start."""
    end_on_signals()
    console = Console()
    settings = replace(Settings.from_environment(os.environ), tick_s=TICK_S)
    for name, seconds in WAITS.items():
        os.environ.setdefault(name, seconds)
    stack = Stack(settings, carrier=CARRIER)
    try:
        with running(stack, console):
            return Demo(stack, console).run()
    except StackError as error:
        console.print(str(error), style="red")
        return 1
    except KeyboardInterrupt:
        console.print("stopped; `make up` goes on where this stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
