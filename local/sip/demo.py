"""`python -m local.sip.demo`: a campaign whose calls really ring, on phones of this machine."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from client.api import Api
from local import demo, parts
from local.bucket import drop
from local.demo import Demo, running
from local.promises import Seen
from local.settings import Settings
from local.sip.phones import NoPhones, Phones, free_udp_ports, ringing
from local.stack import Stack, StackError
from local.workspace import ask_often

CONTACTS: Final = 50
CONCURRENCY: Final = 30

#: A call lasts as long as a sentence; the phone of every tenth number rings until we give up.
RING_S, TALK_S = 4, 3

#: Nobody answers or refuses at once, so that many phones ring side by side.
PHONES_RING_S: Final = 1.5
PROMPT: Final = "Hello {{name}}, this is a call that really rings, so that you can hear it."


def miscounted_invites(invites: Mapping[str, int], seen: Seen) -> Iterator[str]:
    """P1, by what the phones say: each call of the journal rang there, once."""
    journaled = {ring.call_id for ring in seen.rings}
    for call_id, count in invites.items():
        if count > 1:
            yield f"P1 call {call_id} came to the phones {count} times"
    for call_id in sorted(journaled ^ invites.keys()):
        where = "never came to the phones" if call_id in journaled else "rang without the journal"
        yield f"P1 call {call_id} {where}"


class SipDemo(Demo):
    """One batch campaign, driven over the API like any customer's."""

    def __init__(self, stack: Stack, console: Console, phones: Phones) -> None:
        super().__init__(stack, console)
        self._phones = phones
        self.facts |= {"concurrency_limit": CONCURRENCY}

    def run(self) -> int:
        """Everything after the start of the stack; the exit status."""
        self._create()
        with Live(console=self._console, refresh_per_second=8, transient=True) as live:
            self._watch(live, lambda _, total: total == CONTACTS)
            self._client.post(f"/campaigns/{self.facts['campaign_ids'][0]}/start")
            self._say(f"{CONTACTS} contacts are imported: calling")
            self._watch(live, lambda done, total: done == total)
        self._say("all tasks have ended: auditing")
        return self._audit()

    def _create(self) -> None:
        opened = self._client.post(
            "/workspaces", {"name": "sip demo", "concurrency_limit": CONCURRENCY}
        )
        self._client = Api(self._stack.url, opened["api_key"])
        ask_often(self._client)
        lasts = {"ring_timeout_s": RING_S, "max_duration_s": TALK_S}
        agent = self._client.post(
            "/agents", {"name": "Ada", "carrier": "sip", "prompt": PROMPT, **lasts}
        )
        self._client.post("/numbers", {"phone": "+12025550100", "carrier": "sip"})
        batch = self._client.post(
            "/campaigns",
            {
                "name": f"{CONTACTS} phones",
                "agent_id": agent["id"],
                "caller_id": "+12025550100",
                "max_attempts": 2,
                "retry_intervals_ms": [3000],
            },
        )
        rows = [f"+1202555{number:04},Ada" for number in range(200, 200 + CONTACTS)]
        contacts = "\n".join(["phone,name", *rows]).encode()
        drop(self._stack.settings, opened["workspace"]["id"], batch["id"], contacts)
        self._say(f"dropped {CONTACTS} contacts into the bucket")
        self.facts |= {
            "api_key": opened["api_key"],
            "campaign_ids": [batch["id"]],
            "urgent_campaign_id": None,
            "urgent_since_ms": None,
        }
        self._note()

    def _more_violations(self, seen: Seen) -> list[str]:
        return list(miscounted_invites(self._phones.invites(), seen))

    def _more_figures(self) -> dict[str, Any]:
        invites: Counter[str] = self._phones.invites()
        return {"invites_at_the_phones": invites.total()}


def main() -> int:
    """Run the demo; 1 when a promise was broken or something does not start."""
    demo.end_on_signals()
    console = Console()
    settings = replace(
        Settings.from_environment(os.environ), carrier_name="sip", tick_s=demo.TICK_S
    )
    for name, seconds in demo.WAITS.items():
        os.environ.setdefault(name, seconds)
    try:
        with ringing(settings.data / "phones", ring_s=PHONES_RING_S) as phones:
            here = f"127.0.0.1:{free_udp_ports()[0]}"
            stack = Stack(
                settings, carrier=(*parts.SIP, "--trunk", phones.address, "--address", here)
            )
            with running(stack, console):
                return SipDemo(stack, console, phones).run()
    except (NoPhones, StackError) as error:
        console.print(str(error), style="red")
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
