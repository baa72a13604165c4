"""What is deployed: the zip holds all it needs, the template wires it up safely."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import app
from chalicelibs.domain.dead_letters import QueueName
from chalicelibs.domain.exports import KEPT_FOR, LEASE, TURN
from tests.package.conftest import ROOT, Build, Package

#: What each function must be able to do, and no more.
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
READERS = {"Authorize", "ReceiveReport", "Tick"}

PINNED = re.findall(r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def test_every_module_of_ours_is_in_the_zip_with_its_byte_code(package: Package) -> None:
    ours = [ROOT / "app.py", *(ROOT / "chalicelibs").rglob("*.py")]

    sources = {path.relative_to(ROOT).as_posix() for path in ours}
    compiled = {name for name in package.names() if name.endswith(".pyc")}

    assert sources <= package.names()
    assert len(compiled) >= len([name for name in package.names() if name.endswith(".py")])


def test_the_description_of_the_api_and_its_viewer_are_in_the_zip(package: Package) -> None:
    api = ROOT / "chalicelibs" / "api"

    files = [api / "openapi.json", *(api / "viewer").iterdir()]

    assert len(files) > 5
    assert {path.relative_to(ROOT).as_posix() for path in files} <= package.names()


def test_the_gateway_compresses_what_is_worth_it(package: Package) -> None:
    assert package.template["Resources"]["RestAPI"]["Properties"]["MinimumCompressionSize"] == 1400


def test_browsers_may_upload_contacts_and_do_nothing_else(package: Package) -> None:
    bucket = package.template["Resources"]["DropBucket"]["Properties"]

    (rule,) = bucket["CorsConfiguration"]["CorsRules"]

    assert (rule["AllowedMethods"], rule["AllowedOrigins"]) == (["PUT"], ["*"])
    assert rule["AllowedHeaders"] == ["content-type"], "what the address was signed with"


def test_nothing_but_the_product_is_in_the_zip(package: Package) -> None:
    top_level = {name.partition("/")[0] for name in package.names()}

    assert not top_level & {
        "client",
        "local",
        "tests",
        "bench",
        "pip",
        "setuptools",
        "pytest",
        "moto",
        "bin",
    }


def test_what_is_shipped_is_what_is_pinned(package: Package) -> None:
    """Else the same sources would give another zip tomorrow, and one that no test ran on."""
    shipped = {
        tuple(name.partition(".dist-info/")[0].rsplit("-", 1))
        for name in package.names()
        if ".dist-info/" in name
    }

    assert shipped == {(name.replace("-", "_"), version) for name, version in PINNED}


def test_what_is_pinned_is_what_the_tests_run_on() -> None:
    for name, version in PINNED:
        assert metadata.version(name) == version


def test_every_handler_imports_in_a_clean_interpreter(package: Package, tmp_path: Path) -> None:
    with zipfile.ZipFile(package.archive) as archive:
        archive.extractall(tmp_path)

    for function in package.resources("AWS::Serverless::Function").values():
        module, name = function["Handler"].rsplit(".", 1)
        probe = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {module} as m\n"
            f"assert callable(m.{name}) and m.__file__.startswith({str(tmp_path)!r})"
        )
        subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", probe],
            env={"AWS_DEFAULT_REGION": "us-east-1"},
            check=True,
        )


def test_every_queue_consumer_reports_which_messages_failed(package: Package) -> None:
    consumers = set()
    for name, function in package.resources("AWS::Serverless::Function").items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                consumers.add(name)
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    assert consumers == {
        "Dispatch",
        "PlaceCall",
        "RecordCallEvent",
        "ImportChunk",
        "WriteExport",
    }


def test_every_queue_hands_what_keeps_failing_to_dead_letters(package: Package) -> None:
    queues = package.resources("AWS::SQS::Queue")

    for name, queue in queues.items():
        if name.endswith("DeadLetters"):
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        else:
            assert queue["RedrivePolicy"] == {
                "deadLetterTargetArn": {
                    "Fn::GetAtt": [name.replace("Queue", "DeadLetters"), "Arn"]
                },
                "maxReceiveCount": 5,
            }


def test_every_dead_letter_queue_has_an_alarm_that_a_topic_may_be_told_of(
    package: Package,
) -> None:
    alarms = package.resources("AWS::CloudWatch::Alarm")
    queues = {name for name in package.resources("AWS::SQS::Queue") if "DeadLetters" in name}

    watched = set()
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"][0]["Fn::If"][1] == {"Ref": "AlarmTopicArn"}
        if "DeadLetters" not in name:
            continue
        (dimension,) = alarm["Dimensions"]
        watched.add(dimension["Value"]["Fn::GetAtt"][0])
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert watched == queues
    assert len(queues) == len(QueueName)
    assert package.template["Parameters"]["AlarmTopicArn"]["Default"] == ""
    assert "HasAlarmTopic" in package.template["Conditions"]


def test_every_function_has_a_policy_of_its_own(package: Package) -> None:
    functions = package.resources("AWS::Serverless::Function")
    roles = package.resources("AWS::IAM::Role")
    del roles["GatewayLogRole"]  # API Gateway's own: it lets it write logs, and nothing else

    used = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]

    assert sorted(used) == sorted(roles)
    for role in roles.values():
        for statement in statements(role):
            assert not [action for action in statement["Action"] if "*" in action]
            assert statement["Resource"] != "*"


def test_who_is_asked_by_anybody_and_who_only_wakes_others_cannot_write(package: Package) -> None:
    functions = package.resources("AWS::Serverless::Function")
    roles = package.resources("AWS::IAM::Role")

    for name, function in functions.items():
        actions = {
            action
            for statement in statements(roles[function["Role"]["Fn::GetAtt"][0]])
            for action in statement["Action"]
        }
        assert bool(actions & WRITES) == (name not in READERS), name
        assert not actions & {"dynamodb:Scan", "dynamodb:DeleteTable"}, name


def test_of_the_bucket_nothing_is_deleted_but_what_was_said_in_calls(package: Package) -> None:
    roles = package.resources("AWS::IAM::Role")
    del roles["GatewayLogRole"]  # API Gateway's own
    found = [
        statement["Resource"]["Fn::Sub"]
        for role in roles.values()
        for statement in statements(role)
        if "s3:DeleteObject" in statement["Action"]
    ]

    assert len(found) == 2  # the API, which erases people, and who records a late report
    assert all(one.endswith("/results/*") for one in found)


def test_settings_of_functions_are_settings_of_functions_that_exist(package: Package) -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    named = set(config["stages"]["dev"]["lambda_functions"])
    handlers = {
        function["Handler"].removeprefix("app.").replace("app", "api_handler")
        for function in package.resources("AWS::Serverless::Function").values()
    }

    assert handlers <= named


def test_a_worker_at_an_export_is_gone_when_the_next_one_may_begin(package: Package) -> None:
    writer = package.resources("AWS::Serverless::Function")["WriteExport"]
    queue = package.resources("AWS::SQS::Queue")["ExportsQueue"]

    alive = timedelta(seconds=writer["Timeout"])
    assert TURN < alive < LEASE
    assert timedelta(seconds=queue["VisibilityTimeout"]) > LEASE


def test_what_holds_data_outlives_the_stack(package: Package) -> None:
    for name in ("Table", "DropBucket"):
        resource = package.template["Resources"][name]

        # But not a stack that never came to be: the next try needs their names.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_everything_that_is_stored_is_encrypted(package: Package) -> None:
    tables = package.resources("AWS::DynamoDB::Table").values()
    buckets = package.resources("AWS::S3::Bucket").values()

    assert [table["SSESpecification"] for table in tables] == [{"SSEEnabled": True}]
    for queue in package.resources("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for bucket in buckets:
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_no_queue_and_no_bucket_is_spoken_to_in_the_clear(package: Package) -> None:
    of_queues = package.resources("AWS::SQS::QueuePolicy").values()
    of_buckets = package.resources("AWS::S3::BucketPolicy").values()

    for policy in (*of_queues, *of_buckets):
        [statement] = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] in {"sqs:*", "s3:*"}
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    covered = {queue["Ref"] for policy in of_queues for queue in policy["Queues"]}
    assert covered == package.resources("AWS::SQS::Queue").keys()
    assert {policy["Bucket"]["Ref"] for policy in of_buckets} == package.resources(
        "AWS::S3::Bucket"
    ).keys()


def test_no_bucket_is_open_to_the_public(package: Package) -> None:
    for bucket in package.resources("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_what_expires_does(package: Package) -> None:
    [bucket] = package.resources("AWS::S3::Bucket").values()
    rules = bucket["LifecycleConfiguration"]["Rules"]
    [table] = package.resources("AWS::DynamoDB::Table").values()

    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules} == {
        "imports/": 30,
        "exports/": KEPT_FOR.days,
    }
    for rule in rules:
        assert rule["Status"] == "Enabled"
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_every_functions_log_goes_after_thirty_days(package: Package) -> None:
    """As docs/security.md says; a group that Lambda makes by itself keeps its log for ever."""
    groups = package.resources("AWS::Logs::LogGroup")
    functions = package.resources("AWS::Serverless::Function")

    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    told = {group["LogGroupName"]["Fn::Sub"] for group in groups.values()}
    of_requests = "/aws/apigateway/${AWS::StackName}"
    of_webhooks = "/aws/vendedlogs/apigateway/${AWS::StackName}-reports"
    own = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]
    of_functions = {groups[name]["LogGroupName"]["Fn::Sub"] for name in own}
    assert len(of_functions) == len(functions), "each has its own"
    assert told == {of_requests, of_webhooks, *of_functions}


def test_errors_of_the_gateway_have_the_shape_of_our_own(package: Package) -> None:
    responses = package.template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]

    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for response in responses.values():
        template = response["ResponseTemplates"]["application/json"]
        body = json.loads(template.replace("$context.error.messageString", '"any"'))
        assert list(body) == ["error"]
        assert set(body["error"]) == {"code", "message", "param", "type"}


def test_the_same_sources_give_the_same_bytes(
    package: Package, build: Build, tmp_path: Path
) -> None:
    done = build(tmp_path)

    assert done.returncode == 0, done.stderr
    for name in ("deployment.zip", "sam.json"):
        assert (tmp_path / name).read_bytes() == (package.folder / name).read_bytes()


def test_the_front_for_webhooks_has_their_routes_and_no_others(package: Package) -> None:
    """All else asks for a key, which only the REST API finds out about."""
    (api,) = package.resources("AWS::ApiGatewayV2::Api")
    routes = package.resources("AWS::ApiGatewayV2::Route").values()
    (integration,) = package.resources("AWS::ApiGatewayV2::Integration").values()
    declared = {
        f"{method} {path}"
        for path, entries in app.app.routes.items()
        for method in entries
        if path.startswith("/webhooks/")
    }

    assert {route["RouteKey"] for route in routes} == declared
    assert {route["ApiId"]["Ref"] for route in routes} == {api}
    assert not any("AuthorizationType" in route for route in routes)
    assert "${ReceiveReport.Arn}" in integration["IntegrationUri"]["Fn::Sub"]
    assert integration["PayloadFormatVersion"] == "1.0", "Chalice reads no other"


def test_functions_are_told_where_carriers_report_with_the_first_release(
    package: Package,
) -> None:
    variables = package.template["Globals"]["Function"]["Environment"]["Variables"]
    mapping = package.template["Resources"]["ReportsMapping"]

    own, told, otherwise = variables["PUBLIC_URL"]["Fn::If"]
    _, domain, front = otherwise["Fn::If"]

    assert (own, told) == ("HasPublicUrl", {"Ref": "PublicUrl"})
    assert front["Fn::Sub"].startswith("https://${Reports}.execute-api.")
    assert domain["Fn::Sub"] == f"https://${{DomainName}}/{mapping['Properties']['ApiMappingKey']}"
    assert package.template["Outputs"]["ReportsUrl"]["Value"]["Fn::If"][1:] == [domain, front]


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    [policy] = role["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found
