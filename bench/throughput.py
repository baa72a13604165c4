"""`python -m bench.throughput [CONTACTS]`: calls per second through the whole local stack.

Contacts are queued first; the clock runs from the start of the campaign until all are settled.
The carrier answers at once and every call is over at once, so what is measured is Carillon.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from client.api import Api
from local import keys
from local.bucket import drop
from local.settings import ROOT, Settings
from local.stack import Stack
from local.workspace import ask_often

ALWAYS = "completed=100,no-answer=0,busy=0,voicemail=0,failed=0"
INSTANT = ("-m", "local.carrier", "--no-rules", "--ring=0", "--talk=0", f"--weights={ALWAYS}")
RESULT = ROOT / ".local" / "bench" / "throughput.json"


def phones(count: int) -> list[str]:
    """Numbers that could exist."""
    return [
        f"+1{area}555{number:04}" for area in (202, 303, 415, 512) for number in range(10_000)
    ][:count]


def queue_contacts(stack: Stack, count: int, concurrency: int) -> tuple[Api, str]:
    """A draft campaign with its contacts."""
    operator = Api(stack.url, keys.load(stack.settings.data).bootstrap_key)
    opened = operator.post("/workspaces", {"name": "bench", "concurrency_limit": concurrency})
    client = Api(stack.url, opened["api_key"])
    ask_often(client)
    agent = client.post("/agents", {"name": "Ada", "carrier": "simulated"})
    client.post("/numbers", {"phone": "+12025550100", "carrier": "simulated"})
    campaign = client.post(
        "/campaigns",
        {"name": "bench", "agent_id": agent["id"], "caller_id": "+12025550100"},
    )
    contacts = "\n".join(["phone", *phones(count)]).encode()
    drop(stack.settings, opened["workspace"]["id"], campaign["id"], contacts)
    while count_of(client, campaign["id"], "total") < count:
        time.sleep(0.1)
    return client, campaign["id"]


def count_of(client: Api, campaign_id: str, name: str) -> int:
    """One figure of a campaign's progress."""
    value: int = client.get(f"/campaigns/{campaign_id}")["progress"][name]
    return value


def main() -> int:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("contacts", type=int, nargs="?", default=1000)
    parser.add_argument("--concurrency", type=int, default=50)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        settings = replace(Settings.from_environment(os.environ), data=Path(folder), tick_s=60)
        with Stack(settings, carrier=INSTANT) as stack:
            imported = time.monotonic()
            client, campaign_id = queue_contacts(stack, args.contacts, args.concurrency)
            began = time.monotonic()
            client.post(f"/campaigns/{campaign_id}/start")
            while count_of(client, campaign_id, "completed") < args.contacts:
                time.sleep(0.2)
            seconds = time.monotonic() - began
    result = {
        "contacts": args.contacts,
        "concurrency": args.concurrency,
        "import_rows_per_s": round(args.contacts / (began - imported)),
        "seconds": round(seconds, 1),
        "calls_per_s": round(args.contacts / seconds, 1),
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
