"""The stack as CloudFormation makes it, as far as its stand-in can."""

import copy
import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import boto3
import pytest
from moto import mock_aws

Json = dict[str, Any]

#: What moto's CloudFormation does not know, or gets wrong: an API that is all in its body, and
#: any HTTP API. What refers to them falls out with them.
UNKNOWN = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
}

#: Where the translator says that the code is.
UPLOADED = ("uploaded", "deployment.zip")

REGION = "us-east-1"


def named_in(value: Any) -> Iterator[str]:
    """Every resource or parameter that a part of a template refers to."""
    if isinstance(value, list):
        for one in value:
            yield from named_in(one)
    for key, one in value.items() if isinstance(value, dict) else ():
        if key in {"Ref", "Fn::GetAtt", "DependsOn"}:
            yield (one if isinstance(one, list) else one.split("."))[0]
            continue
        if key == "Fn::Sub":
            text = one if isinstance(one, str) else one[0]
            yield from (name.partition(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text))
        yield from named_in(one)


def without(template: Json, kinds: set[str]) -> Json:
    """A template without resources of these kinds, nor what refers to them."""
    left = copy.deepcopy(template)
    resources = left["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in kinds}
    while gone & resources.keys():
        for name in gone & resources.keys():
            del resources[name]
        gone |= {name for name, one in resources.items() if gone & set(named_in(one))}
    outputs = left["Outputs"].items()
    left["Outputs"] = {name: one for name, one in outputs if not gone & set(named_in(one))}
    return left


def with_known_address(template: Json) -> Json:
    """A template whose functions are told some address: all else would fall out with the real."""
    known = copy.deepcopy(template)
    for resource in known["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"]["Environment"]["Variables"]
            variables["PUBLIC_URL"] = "https://reports.example.com"
    return known


def an_archive() -> bytes:
    """Some code: what is in the real archive is tested elsewhere."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "")
    return file.getvalue()


@pytest.fixture(scope="module")
def stack(translated: Json) -> Iterator[Json]:
    """A stack that was made, by what was asked for."""
    asked = without(with_known_address(translated), UNKNOWN)
    for resource in asked["Resources"].values():
        # moto knows only the older word, and deletes what has the other.
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    with mock_aws():
        bucket, key = UPLOADED
        boto3.client("s3", REGION).create_bucket(Bucket=bucket)
        boto3.client("s3", REGION).put_object(Bucket=bucket, Key=key, Body=an_archive())
        boto3.client("cloudformation", REGION).create_stack(
            StackName="carillon-dev",
            TemplateBody=json.dumps(asked),
            Capabilities=["CAPABILITY_IAM"],
        )
        yield asked


def test_what_moto_cannot_make_is_still_what_is_named_here(translated: Json) -> None:
    kinds = {resource["Type"] for resource in translated["Resources"].values()}

    assert kinds >= UNKNOWN, "what is gone need not be named any more"


def test_the_api_has_the_one_stage_that_is_watched(translated: Json) -> None:
    """SAM adds one of its own, which nothing throttles and nobody logs, unless told otherwise."""
    resources = translated["Resources"].values()

    (stage,) = [one for one in resources if one["Type"] == "AWS::ApiGateway::Stage"]
    (deployment,) = [one for one in resources if one["Type"] == "AWS::ApiGateway::Deployment"]

    assert stage["Properties"]["StageName"] == "api"
    assert "StageName" not in deployment["Properties"]


def test_everything_else_is_made(stack: Json) -> None:
    client = boto3.client("cloudformation", REGION)

    (made,) = client.describe_stacks(StackName="carillon-dev")["Stacks"]
    found = client.describe_stack_resources(StackName="carillon-dev")["StackResources"]

    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert {one.get("LogicalResourceId") for one in found} >= stack["Resources"].keys()
    assert {"TableName", "DropBucketName"} <= {one["OutputKey"] for one in made["Outputs"]}


def test_the_table_is_on_demand_with_its_index_and_can_be_restored(stack: Json) -> None:
    client = boto3.client("dynamodb", REGION)
    (name,) = client.list_tables()["TableNames"]

    table = client.describe_table(TableName=name)["Table"]
    asked = stack["Resources"]["Table"]["Properties"]

    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["agenda"]
    # Nobody would know of moto: it leaves this out.
    assert asked["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_each_consumer_reads_its_queue_and_reports_what_failed(stack: Json) -> None:
    sources = boto3.client("lambda", REGION).list_event_source_mappings()["EventSourceMappings"]

    asked = [
        one for one in stack["Resources"].values() if one["Type"].endswith("EventSourceMapping")
    ]
    assert len(sources) == len(asked) > 4
    assert {tuple(one["FunctionResponseTypes"]) for one in sources} == {
        ("ReportBatchItemFailures",)
    }


def test_what_holds_data_is_there_when_the_stack_is_not(stack: Json) -> None:
    boto3.client("cloudformation", REGION).delete_stack(StackName="carillon-dev")

    assert stack["Resources"]["Table"]["DeletionPolicy"] == "Retain"
    assert len(boto3.client("dynamodb", REGION).list_tables()["TableNames"]) == 1
    buckets = [one["Name"] for one in boto3.client("s3", REGION).list_buckets()["Buckets"]]
    assert [name for name in buckets if name.startswith("carillon-drop-")]
    assert boto3.client("lambda", REGION).list_functions()["Functions"] == []
