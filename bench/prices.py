"""What a million contacts cost on AWS, each called once: units that were measured, list prices.

Prices are those of us-east-1, on demand, without free tiers and discounts, as AWS lists them since
November 2024, when DynamoDB on demand became half as expensive.
"""

import json
from collections.abc import Mapping
from typing import Any

from local.settings import ROOT

MILLION = 1_000_000
GIB = 2**30

#: Dollars for a million of each.
WRITE_UNITS, READ_UNITS = 0.625, 0.125
SQS_REQUESTS = 0.40
API_REQUESTS = 3.50
INVOCATIONS = 0.20
S3_GETS = 0.40

#: Dollars for a gigabyte-second, and for a gigabyte of logs.
GB_SECOND = 0.0000166667
LOG_GB = 0.50

#: What we take a run to last, in milliseconds: by itself, for each request to AWS, and for the
#: carrier's answer. Nothing of that was measured on AWS.
RUN_MS, REQUEST_MS, CARRIER_MS = 5, 6, 250

#: What Lambda itself writes about each run: START, END and REPORT.
PLATFORM_LOG_BYTES = 350

#: Which function takes a step.
FUNCTIONS = {
    "import": "import_chunk",
    "dispatch": "dispatch",
    "dial": "place_call",
    "webhook": "api_handler",
    "record": "record_call_event",
    "settle": "record_call_event",
}
QUEUED = ("dispatch", "dial", "record", "settle")

#: What carriers say of one call: that it was answered, and how it ended.
WEBHOOKS = 2


def memory_mb() -> Mapping[str, int]:
    """The memory of each function, as it is deployed."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    functions = config["stages"]["dev"]["lambda_functions"]
    return {name: one["lambda_memory_size"] for name, one in functions.items()}


def seconds(step: str, one: Mapping[str, float]) -> float:
    """How long functions run in a step, for one contact."""
    carrier = CARRIER_MS if step == "dial" else 0
    return (one["invocations"] * RUN_MS + one["requests"] * REQUEST_MS + carrier) / 1000


def asked(found: Mapping[str, Any], operation: str) -> float:
    """How often something is asked for, for one contact."""
    return sum(float(one["operations"].get(operation, 0)) for one in found["steps"].values())


def bill(found: Mapping[str, Any]) -> dict[str, float]:
    """Dollars for a million contacts, by service."""
    steps, memory = found["steps"], memory_mb()
    runs = sum(one["invocations"] for one in steps.values())
    sent = asked(found, "sqs:SendMessageBatch")
    # Lambda's pollers receive and delete each batch.
    polled = 2 * sum(steps[step]["invocations"] for step in QUEUED)
    lambda_gb_s = sum(
        seconds(step, one) * memory[FUNCTIONS[step]] / 1024 for step, one in steps.items()
    )
    log_bytes = found["log_bytes_per_contact"] + runs * PLATFORM_LOG_BYTES
    by_service = {
        "DynamoDB writes": found["write_units_per_contact"] * WRITE_UNITS,
        "DynamoDB reads": found["read_units_per_contact"] * READ_UNITS,
        "API Gateway": WEBHOOKS * API_REQUESTS,
        "Lambda requests": runs * INVOCATIONS,
        "Lambda time": lambda_gb_s * GB_SECOND * MILLION,
        "SQS": (sent + polled) * SQS_REQUESTS,
        "CloudWatch logs": log_bytes * MILLION / GIB * LOG_GB,
        "S3": asked(found, "s3:GetObject") * S3_GETS,
    }
    return {name: round(dollars, 2) for name, dollars in by_service.items()}


def table(result: Mapping[str, Any]) -> str:
    """The bill of both campaigns, as `docs/cost.md` shows it."""
    busy, alone = bill(result["busy"]), bill(result["alone"])
    rows = [(name, busy[name], alone[name]) for name in busy]
    rows.append(("**a million contacts**", sum(busy.values()), sum(alone.values())))
    lines = [f"| {name} | ${b:.2f} | ${a:.2f} |" for name, b, a in rows]
    return "\n".join(["| service | busy | alone |", "|---|--:|--:|", *lines])


def steps_table(result: Mapping[str, Any]) -> str:
    """The units of each step, as `docs/cost.md` shows them."""
    head = "| step | write units | read units | runs |\n|---|--:|--:|--:|"

    def cell(step: str, name: str) -> str:
        both = (result[kind]["steps"][step][name] for kind in ("busy", "alone"))
        return " / ".join(f"{round(one, 2):g}" for one in both)

    names = ("write_units", "read_units", "invocations")
    lines = [
        f"| {step} | " + " | ".join(cell(step, name) for name in names) + " |"
        for step in FUNCTIONS
    ]
    totals = [
        " / ".join(f"**{result[kind][f'{name}_per_contact']:.2f}**" for kind in ("busy", "alone"))
        for name in names
    ]
    return "\n".join([head, *lines, "| **in all** | " + " | ".join(totals) + " |"])
