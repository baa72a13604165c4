"""`python -m bench.throughput [CONTACTS]`: calls per second through the whole local stack.

Contacts are queued first; the clock runs from the start of the campaign until all are settled.
The carrier answers at once and every call is over at once, so what is measured is Carillon.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime

from local.settings import ROOT
from local.trial import Customer, own_stack, phones

ALWAYS = "completed=100,no-answer=0,busy=0,voicemail=0,failed=0"
INSTANT = ("-m", "local.carrier", "--no-rules", "--ring=0", "--talk=0", f"--weights={ALWAYS}")
RESULT = ROOT / ".local" / "bench" / "throughput.json"
DATA = ROOT / ".local" / "throughput"


def main() -> int:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("contacts", type=int, nargs="?", default=1000)
    parser.add_argument("--concurrency", type=int, default=50)
    args = parser.parse_args()
    with own_stack(DATA, carrier=INSTANT, told={}, tick_s=60) as stack:
        customer = Customer(stack, concurrency_limit=args.concurrency)
        campaign_id = customer.campaign()
        imported = time.monotonic()
        customer.bring(campaign_id, phones(args.contacts))
        rows_per_s = round(args.contacts / (time.monotonic() - imported))
        began = datetime.now(UTC)
        customer.steer("start", campaign_id)
        # Seldom: each look costs the stack six requests of its own.
        while (progress := customer.progress(campaign_id))["completed"] < args.contacts:
            time.sleep(1)
        finished = datetime.fromisoformat(progress["last_finished_at"])
    seconds = (finished - began).total_seconds()
    result = {
        "contacts": args.contacts,
        "concurrency": args.concurrency,
        "import_rows_per_s": rows_per_s,
        "seconds": round(seconds, 1),
        "calls_per_s": round(args.contacts / seconds, 1),
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
