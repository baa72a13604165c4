"""Which function is triggered by what: the app's decorators and the merge template, together."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalice.app import ScheduledEventConfig, SQSEventConfig
from chalice.utils import to_cfn_resource_name

from local.functions import Declared, Function
from local.holds import Holds
from local.pumps import DropPump, QueuePump, Source, Ticker
from local.resources import Clients, Created, label, queue
from local.settings import Settings
from local.workers import Workers

log = logging.getLogger(__name__)

_UNIT_S = {"minute": 60, "hour": 3600, "day": 86400}
#: Lambda invokes a function for a bucket's event three times before it gives up.
_MOST_DROPS = 3


def wire(declared: Declared, created: Created, clients: Clients, settings: Settings) -> Workers:
    """Make a worker for every trigger of the app."""
    workers = Workers()
    holds = Holds(clients.sqs)
    workers.add("holds", holds.run)
    for function, declaration, source in queues(declared, created, clients):
        if not settings.runs(function.name):
            continue
        threads = settings.pumps.get(_label(source.url, created), 1)
        pump = QueuePump(clients.sqs, source, function.invoke, holds)
        for number in range(min(threads, declaration.maximum_concurrency or threads)):
            workers.add(f"{function.name}-{number}", pump.run)
    if not settings.only:
        wire_the_rest(workers, holds, declared, created, clients, settings)
    return workers


def wire_the_rest(
    workers: Workers,
    holds: Holds,
    declared: Declared,
    created: Created,
    clients: Clients,
    settings: Settings,
) -> None:
    """Make a worker for every trigger that is no queue: the clock, and drops."""
    for function, schedule in declared.schedules:
        every_s = _every(schedule, settings.tick_s)
        if every_s is None:
            log.warning("not run here: schedule %s", function.name)
            continue
        workers.add(function.name, Ticker(function.name, function.invoke, every_s).run)
    for function, source in drops(declared, created, clients, settings):
        drop_pump = DropPump(clients.sqs, source, function.invoke, holds)
        for number in range(settings.pumps.get("IMPORTS", 1)):
            workers.add(f"{function.name}-{number}", drop_pump.run)
    for name in declared.ignored:
        log.warning("not delivered here: events of %s", name)


def queues(
    declared: Declared, created: Created, clients: Clients
) -> Iterator[tuple[Function, SQSEventConfig, Source]]:
    """Each function that a queue wakes, with what its decorator says and that queue."""
    for function, declaration in declared.queues:
        url = _queue_url(function, declaration, created)
        event_source = _event_source(function, created)
        yield function, declaration, _source(clients.sqs, url, declaration, event_source)


def _every(schedule: ScheduledEventConfig, tick_s: float) -> float | None:
    """Seconds between ticks; `tick_s` is how long a minute lasts here. A cron has no answer."""
    expression = schedule.schedule_expression
    text = expression if isinstance(expression, str) else expression.to_string()
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text)
    if rate is None:
        return None
    return int(rate[1]) * _UNIT_S[rate[2]] / 60 * tick_s


def _event_source(function: Function, created: Created) -> Mapping[str, Any]:
    logical_id = to_cfn_resource_name(function.name)
    events = created.resources.get(logical_id, {}).get("Properties", {}).get("Events", {})
    source: Mapping[str, Any] = events.get(f"{logical_id}SqsEventSource", {}).get("Properties", {})
    return source


def _queue_url(function: Function, declaration: SQSEventConfig, created: Created) -> str:
    """Find the queue that the merge template names, or else the decorator."""
    wanted = created.resolver.resolve(_event_source(function, created).get("Queue"))
    name = str(wanted or declaration.queue_arn or declaration.queue).rsplit(":", 1)[-1]
    for url in created.queues.values():
        if url.rsplit("/", 1)[-1] == name:
            return url
    raise LookupError(f"{function.name} is to read {name}, which the template does not define")


def _label(url: str, created: Created) -> str:
    return next(label(logical_id) for logical_id, known in created.queues.items() if known == url)


def _source(
    sqs: Any, url: str, declaration: SQSEventConfig, event_source: Mapping[str, Any]
) -> Source:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Source(
        url=url,
        arn=attributes["QueueArn"],
        visibility_s=int(attributes["VisibilityTimeout"]),
        batch_size=declaration.batch_size,
        partial="ReportBatchItemFailures" in event_source.get("FunctionResponseTypes", []),
    )


def drops(
    declared: Declared, created: Created, clients: Clients, settings: Settings
) -> Iterator[tuple[Function, Source]]:
    """Lead each bucket's notifications into a queue of our own; the function and that queue."""
    targets: dict[str, list[dict[str, Any]]] = {}
    for function in declared.functions.values():
        for event in _bucket_events(to_cfn_resource_name(function.name), created):
            source = _drop_queue(clients.sqs, function, created, settings)
            targets.setdefault(event["Bucket"], []).append(
                {
                    "QueueArn": source.arn,
                    "Events": _as_list(event["Events"]),
                    "Filter": {"Key": {"FilterRules": _rules(event)}},
                }
            )
            yield function, source
    for bucket, configurations in targets.items():
        clients.s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={"QueueConfigurations": configurations},
        )


def _bucket_events(logical_id: str, created: Created) -> Iterator[dict[str, Any]]:
    events = created.resources.get(logical_id, {}).get("Properties", {}).get("Events", {})
    for event in events.values():
        if event.get("Type") == "S3":
            yield created.resolver.resolve(event["Properties"])


def _drop_queue(sqs: Any, function: Function, created: Created, settings: Settings) -> Source:
    name = f"carillon-local-{function.name}"
    given_up = _on_failure(sqs, name, function, created)
    # For a process that was killed again and again: it could not tell of it itself.
    redrive = {"deadLetterTargetArn": given_up, "maxReceiveCount": _MOST_DROPS}
    url, arn = queue(
        sqs, name, {"VisibilityTimeout": settings.visibility_s, "RedrivePolicy": redrive}
    )
    return Source(
        url=url,
        arn=arn,
        visibility_s=settings.visibility_s,
        batch_size=1,
        partial=False,
        on_failure=sqs.get_queue_url(QueueName=given_up.rsplit(":", 1)[-1])["QueueUrl"],
        most_invocations=_MOST_DROPS,
    )


def _on_failure(sqs: Any, name: str, function: Function, created: Created) -> str:
    """Find the queue that takes what failed for good: the template's, or one of our own."""
    properties = created.resources[to_cfn_resource_name(function.name)]["Properties"]
    destinations = properties.get("EventInvokeConfig", {}).get("DestinationConfig", {})
    if target := destinations.get("OnFailure", {}).get("Destination"):
        return str(created.resolver.resolve(target))
    return queue(sqs, f"{name}-dead-letters", {})[1]


def _rules(event: Mapping[str, Any]) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = event.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    return rules


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
