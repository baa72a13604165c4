"""The table, queues and bucket of the merge template, made on any endpoint that speaks AWS."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.intrinsics import Resolver, Unresolvable


class TableDiffers(Exception):
    """A table of that name exists with other keys: remove the data folder to start afresh."""


class VariableDiffers(Exception):
    """Two functions want one variable with two values, which one process cannot have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The three services, as boto3 clients."""

    dynamodb: Any
    sqs: Any
    s3: Any

    @classmethod
    def of(cls, session: Any, **options: Any) -> "Clients":
        """One client per service of a boto3 session."""
        return cls(
            dynamodb=session.client("dynamodb", **options),
            sqs=session.client("sqs", **options),
            s3=session.client("s3", **options),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What exists now, and what the functions are told of it."""

    #: The variables of every function, in one mapping.
    env: dict[str, str]
    #: Variables that name what exists only in the cloud, with the reason.
    unresolved: dict[str, str]
    resolver: Resolver
    #: Queue URL by logical id.
    queues: dict[str, str]
    #: The template's resources.
    resources: Mapping[str, Any]


def load(project: Path) -> dict[str, Any]:
    """Read the merge template of a project."""
    template: dict[str, Any] = json.loads((project / ".chalice" / "resources.json").read_text())
    return template


def create(
    template: Mapping[str, Any],
    clients: Clients,
    *,
    prefix: str = "carillon",
    visibility_s: int | None = None,
) -> Created:
    """Make what the template defines and does not exist yet."""
    resources = template["Resources"]
    resolver = Resolver(template.get("Parameters"))
    for logical_id, properties in _of_type(resources, "AWS::DynamoDB::Table"):
        wanted = resolver.resolve(properties)
        name = wanted.get("TableName", f"{prefix}-{logical_id}")
        arn = _table(clients.dynamodb, name, wanted)
        resolver.learn(logical_id, name, Arn=arn)
        # The endpoint knows best whose account this is; a bucket's name may hold it.
        resolver.learn("AWS::AccountId", arn.split(":")[4])
    queues: dict[str, str] = {}
    # A queue that names its dead letters comes after them.
    for logical_id, properties in sorted(
        _of_type(resources, "AWS::SQS::Queue"), key=lambda queue: "RedrivePolicy" in queue[1]
    ):
        wanted = resolver.resolve(properties)
        if visibility_s is not None and "RedrivePolicy" in wanted:
            wanted["VisibilityTimeout"] = visibility_s
        name = wanted.get("QueueName", f"{prefix}-{logical_id}")
        queues[logical_id], arn = queue(clients.sqs, name, wanted)
        resolver.learn(
            logical_id, queues[logical_id], Arn=arn, QueueName=name, QueueUrl=queues[logical_id]
        )
    for logical_id, properties in _of_type(resources, "AWS::S3::Bucket"):
        name = resolver.resolve(properties.get("BucketName", f"{prefix}-{logical_id}".lower()))
        _bucket(clients.s3, name)
        resolver.learn(logical_id, name, Arn=f"arn:aws:s3:::{name}")
    env, unresolved = _variables(template, resolver)
    return Created(
        env=env, unresolved=unresolved, resolver=resolver, queues=queues, resources=resources
    )


def queue(sqs: Any, name: str, properties: Mapping[str, Any]) -> tuple[str, str]:
    """Make the queue, or give an existing one these properties; its URL and ARN."""
    attributes = {
        key: json.dumps(value) if isinstance(value, dict) else _text(value)
        for key, value in properties.items()
        if key not in {"QueueName", "Tags"}
    }
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    else:
        if attributes:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, arn["Attributes"]["QueueArn"]


def _of_type(resources: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, resource in resources.items():
        if resource.get("Type") == kind:
            yield logical_id, resource.get("Properties", {})


def _table(dynamodb: Any, name: str, wanted: Mapping[str, Any]) -> str:
    taken = {
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "BillingMode",
        "ProvisionedThroughput",
    }
    try:
        dynamodb.create_table(
            TableName=name, **{key: value for key, value in wanted.items() if key in taken}
        )
    except dynamodb.exceptions.ResourceInUseException as error:
        if _keys(dynamodb.describe_table(TableName=name)["Table"]) != _keys(wanted):
            raise TableDiffers(f"{name} exists with other keys or indexes") from error
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    if ttl := wanted.get("TimeToLiveSpecification"):
        _expire(dynamodb, name, ttl)
    arn: str = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return arn


def _keys(table: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    named = [("", table), *((i["IndexName"], i) for i in table.get("GlobalSecondaryIndexes", []))]
    return {
        name: sorted((key["KeyType"], key["AttributeName"]) for key in keyed["KeySchema"])
        for name, keyed in named
    }


def _expire(dynamodb: Any, name: str, ttl: Mapping[str, Any]) -> None:
    now = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if now.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}:
        return  # AWS refuses to enable it twice.
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _bucket(s3: Any, name: str) -> None:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise
        s3.create_bucket(Bucket=name)


def _variables(
    template: Mapping[str, Any], resolver: Resolver
) -> tuple[dict[str, str], dict[str, str]]:
    env: dict[str, str] = {}
    unresolved: dict[str, str] = {}
    for name, value in _declared_variables(template):
        try:
            text = _text(resolver.resolve(value))
        except Unresolvable as reason:
            unresolved[name] = str(reason)
            continue
        if env.setdefault(name, text) != text:
            raise VariableDiffers(f"{name}: {env[name]!r} for one, {text!r} for another")
    return env, unresolved


def _declared_variables(template: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from (
        template.get("Globals", {})
        .get("Function", {})
        .get("Environment", {})
        .get("Variables", {})
        .items()
    )
    for resource in template["Resources"].values():
        environment = resource.get("Properties", {}).get("Environment", {})
        yield from environment.get("Variables", {}).items()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def label(queue_id: str) -> str:
    """`CallEventsQueue` → `CALL_EVENTS`, the word in the names of settings."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", queue_id.removesuffix("Queue")).upper()
