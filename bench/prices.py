"""What a million contacts cost on AWS, each called once: units that were measured, list prices.

Prices are those of us-east-1, on demand, without free tiers and discounts, as AWS lists them since
November 2024, when DynamoDB on demand became half as expensive.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any

from local.settings import ROOT

MILLION = 1_000_000
GIB = 2**30

#: What a million contacts may cost at most.
AIM = 15.00

#: Dollars for a million of each.
WRITE_UNITS, READ_UNITS = 0.625, 0.125
SQS_REQUESTS = 0.40
HTTP_API_REQUESTS = 1.00
INVOCATIONS = 0.20
S3_GETS = 0.40

#: Dollars for a gigabyte-second, and for a gigabyte of logs.
GB_SECOND = 0.0000166667
LOG_GB = 0.50

#: What we take a run to last, in milliseconds: the time of one whole processor that it needs by
#: itself and for each request to AWS, as measured here beside other work; and what it waits for
#: each answer of AWS and of a carrier. Nothing of that was measured on AWS.
RUN_CPU_MS, REQUEST_CPU_MS = 2, 2
REQUEST_WAIT_MS, CARRIER_WAIT_MS = 4, 250

#: At this memory a function has one whole processor, at less memory less of it.
PROCESSOR_MB = 1769

#: How many calls of a batch are asked for side by side: so many wait together.
SIDE_BY_SIDE = 10

#: What Lambda itself writes about each run, START, END and REPORT, unless it is told not to.
PLATFORM_LOG_BYTES = 350

#: Which function takes a step.
FUNCTIONS = {
    "import": "import_chunk",
    "dispatch": "dispatch",
    "dial": "place_call",
    "webhook": "receive_report",
    "record": "record_call_event",
    "settle": "record_call_event",
}
QUEUED = ("dispatch", "dial", "record", "settle")

#: What a line of a request is filled with, as long as it really is.
A_REQUEST = {
    "requestId": "JKJaXmPLvHcESHA=",
    "requestTime": "05/Mar/2027:12:00:00 +0000",
    "identity.sourceIp": "203.0.113.113",
    "routeKey": "POST /webhooks/{carrier}/{workspace_id}/{call_id}",
    "status": "200",
    "responseLatency": "20",
}

#: What is paid for each call, by the kind of resource in the template.
PAID_PER_CALL = {
    "AWS::DynamoDB::Table": ("DynamoDB writes", "DynamoDB reads"),
    "AWS::SQS::Queue": ("SQS",),
    "AWS::S3::Bucket": ("S3",),
    "AWS::Serverless::Function": ("Lambda requests", "Lambda time"),
    "AWS::ApiGatewayV2::Api": ("API Gateway",),
    "AWS::Logs::LogGroup": ("CloudWatch logs",),
}

#: What is paid by the month, or for what is asked by API, or not at all.
NOT_PAID_PER_CALL = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::Role",
        "AWS::Lambda::Permission",
        "AWS::Route53::RecordSet",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Serverless::Api",  # no contact of a file comes through it
    }
)


@cache
def memory_mb() -> Mapping[str, int]:
    """The memory of each function, as it is deployed."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    functions = config["stages"]["dev"]["lambda_functions"]
    return {name: one["lambda_memory_size"] for name, one in functions.items()}


@cache
def front() -> Mapping[str, Any]:
    """What stands before the functions, by the template."""
    resources: Mapping[str, Any] = json.loads((ROOT / ".chalice" / "front.json").read_text())
    return {name: one["Properties"] for name, one in resources["Resources"].items()}


def platform_log_bytes(step: str) -> int:
    """What Lambda writes about a run that went well, by the template."""
    logging = front()["ReceiveReport"].get("LoggingConfig", {}) if step == "webhook" else {}
    return 0 if logging.get("SystemLogLevel") == "WARN" else PLATFORM_LOG_BYTES


def access_log_bytes() -> int:
    """What API Gateway writes about each webhook, by the template."""
    form = front()["ReportsStage"]["AccessLogSettings"]["Fn::If"][1]["Format"]
    return len(re.sub(r"\$context\.([\w.]+)", lambda name: A_REQUEST[name[1]], form))


def gb_seconds(step: str, one: Mapping[str, float]) -> float:
    """What functions take of Lambda in a step, for one contact."""
    memory = memory_mb()[FUNCTIONS[step]]
    cpu_ms = one["invocations"] * RUN_CPU_MS + one["requests"] * REQUEST_CPU_MS
    waiting_ms = one["requests"] * REQUEST_WAIT_MS
    if step == "dial":
        waiting_ms += rounds(one["invocations"]) * CARRIER_WAIT_MS
    ms = cpu_ms * max(1, PROCESSOR_MB / memory) + waiting_ms
    return ms / 1000 * memory / 1024


def rounds(runs: float) -> float:
    """How often a run waits for carriers, for one contact: those asked side by side wait once."""
    calls_of_a_run = round(1 / runs)
    return runs * ceil(calls_of_a_run / SIDE_BY_SIDE)


def asked(found: Mapping[str, Any], operation: str) -> float:
    """How often something is asked for, for one contact."""
    return sum(float(one["operations"].get(operation, 0)) for one in found["steps"].values())


def bill(found: Mapping[str, Any]) -> dict[str, float]:
    """Dollars for a million contacts, by service."""
    steps = found["steps"]
    runs = sum(one["invocations"] for one in steps.values())
    webhooks = steps["webhook"]["invocations"]
    sent = asked(found, "sqs:SendMessageBatch")
    # Lambda's pollers receive and delete each batch.
    polled = 2 * sum(steps[step]["invocations"] for step in QUEUED)
    log_bytes = found["log_bytes_per_contact"] + webhooks * access_log_bytes()
    log_bytes += sum(one["invocations"] * platform_log_bytes(step) for step, one in steps.items())
    by_service = {
        "DynamoDB writes": found["write_units_per_contact"] * WRITE_UNITS,
        "DynamoDB reads": found["read_units_per_contact"] * READ_UNITS,
        "API Gateway": webhooks * HTTP_API_REQUESTS,
        "Lambda requests": runs * INVOCATIONS,
        "Lambda time": sum(gb_seconds(*step) for step in steps.items()) * GB_SECOND * MILLION,
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


def in_page(page: str, result: Mapping[str, Any]) -> str:
    """A page with its tables as they are now: each is known by its first line."""
    for made in (steps_table(result), table(result)):
        head = re.escape(made.partition("\n")[0])
        page = re.sub(rf"^{head}\n(\|.*\n)*", f"{made}\n", page, flags=re.MULTILINE)
    return page
