"""What is watched: alarms, the dashboard, and the page that says what to do."""

import json
import re
from typing import Any

import pytest

from chalicelibs.api.journal import figures_of
from chalicelibs.domain.journal import Happened, Note
from tests.package.conftest import ROOT, Package

Json = dict[str, Any]

#: What a line of a request must not tell.
NAMING = re.compile(r"context\.path|querystring|\.header|context\.error\.message|integration")

#: Figures that triggers measure, besides those of the journal.
TRIGGERED = {"calls_asked_for", "calls_held_back", "dispatch_lag_ms", "message_failed"}


@pytest.fixture(scope="module")
def alarms(package: Package) -> dict[str, Json]:
    return package.resources("AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def charts(package: Package) -> list[Json]:
    (board,) = package.resources("AWS::CloudWatch::Dashboard").values()
    widgets: list[Json] = json.loads(board["DashboardBody"]["Fn::Sub"])["widgets"]
    return widgets


def measured() -> set[str]:
    """Every figure that the service writes."""
    notes = (Note(what=what, workspace_id="w") for what in Happened)
    return TRIGGERED | {name for note in notes for name in figures_of(note)[0]}


def names_of(alarm: Json) -> set[str]:
    """The functions, queues or tables that an alarm looks at."""
    metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", [])[1:]] or [alarm]
    values = [one["Value"] for metric in metrics for one in metric["Dimensions"]]
    return {
        value.get("Ref") or value["Fn::GetAtt"][0] for value in values if isinstance(value, dict)
    }


def test_every_queue_that_is_worked_on_has_an_alarm_of_its_oldest_message(
    package: Package, alarms: dict[str, Json]
) -> None:
    queues = {name for name in package.resources("AWS::SQS::Queue") if name.endswith("Queue")}
    ages = [one for one in alarms.values() if one.get("MetricName", "").endswith("OldestMessage")]

    assert {name for one in ages for name in names_of(one)} == queues


@pytest.mark.parametrize("name", ["FunctionErrorsAlarm", "FunctionThrottlesAlarm"])
def test_every_function_is_in_the_alarms_of_functions(
    package: Package, alarms: dict[str, Json], name: str
) -> None:
    functions = package.resources("AWS::Serverless::Function").keys()
    total, *_ = alarms[name]["Metrics"]

    assert names_of(alarms[name]) == functions
    assert len(total["Expression"].split("+")) == len(functions) <= 10, "CloudWatch takes ten"


def test_what_is_late_raises_an_alarm(alarms: dict[str, Json]) -> None:
    late = {name: alarms[name]["MetricName"] for name in ("DispatchLagAlarm", "RescueLagAlarm")}

    assert late == {"DispatchLagAlarm": "dispatch_lag_ms", "RescueLagAlarm": "rescue_lag_ms"}
    assert alarms["ScheduleStoppedAlarm"]["TreatMissingData"] == "breaching"


def test_refused_writes_count_wherever_they_are_refused(alarms: dict[str, Json]) -> None:
    """AWS counts those to an index under its name, and not with those to its table."""
    total, *metrics = alarms["TableThrottlesAlarm"]["Metrics"]

    looked_at = [one["MetricStat"]["Metric"] for one in metrics]
    table, index = (
        {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]}
        for one in looked_at
    )

    assert {one["MetricName"] for one in looked_at} == {"WriteThrottleEvents"}
    assert table == {"TableName": {"Ref": "Table"}}
    assert index == {**table, "GlobalSecondaryIndexName": "agenda"}
    assert total["Expression"].split("+") == [one["Id"] for one in metrics]


def test_the_figures_of_two_stages_are_told_apart(
    package: Package, alarms: dict[str, Json], charts: list[Json]
) -> None:
    """CloudWatch knows a REST API by its name, which two stages of an account must not share."""
    api = package.template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["info"]["title"]
    (chart,) = [one for one in charts if one["properties"].get("title") == "API"]

    assert api == {"Fn::Sub": "carillon-${Stage}"}
    assert {"Name": "ApiName", "Value": api} in alarms["ApiErrorsAlarm"]["Dimensions"]
    assert {row[3] for row in chart["properties"]["metrics"]} == {api["Fn::Sub"]}


def test_what_is_watched_is_what_is_measured(alarms: dict[str, Json], charts: list[Json]) -> None:
    watched = {one["MetricName"] for one in alarms.values() if one.get("Namespace") == "Carillon"}
    text = json.dumps(charts)
    drawn = set(re.findall(r'"Carillon", "(\w+)"', text))
    drawn |= set(re.findall(r'MetricName=\\\\\\"(\w+)', json.dumps(text)))

    assert watched | drawn <= measured()
    assert drawn >= {"calls_asked_for", "attempts_settled", "slots_used", "wait_ms"}


def test_the_dashboard_shows_every_alarm_and_nothing_twice(
    alarms: dict[str, Json], charts: list[Json]
) -> None:
    board, *others = charts

    assert set(board["properties"]["alarms"]) == {f"${{{name}.Arn}}" for name in alarms}
    places = [(one["x"], one["y"]) for one in others]
    assert len(places) == len(set(places))
    assert len({one["properties"]["title"] for one in others}) == len(others)


def test_every_alarm_is_told_of_in_the_operators_page(alarms: dict[str, Json]) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()

    told = set(re.findall(r"\| `(\w+Alarm)`", page))

    assert told == alarms.keys()


def test_the_api_is_throttled_and_its_requests_are_logged_without_what_they_name(
    package: Package,
) -> None:
    api = package.template["Resources"]["RestAPI"]["Properties"]

    (settings,) = api["MethodSettings"]
    logged = api["AccessLogSetting"]["Fn::If"][1]["Format"]

    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert "$context.resourcePath" in logged
    assert json.loads(logged)["requestId"] == "$context.requestId", "API Gateway asks for it"
    assert not NAMING.search(logged), "numbers stand in paths"


def test_webhooks_are_throttled_and_logged_without_what_they_name(package: Package) -> None:
    (stage,) = package.resources("AWS::ApiGatewayV2::Stage").values()

    settings = stage["DefaultRouteSettings"]
    logged = stage["AccessLogSettings"]["Fn::If"][1]["Format"]

    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestsAtOnce"}
    assert json.loads(logged)["route"] == "$context.routeKey"
    assert json.loads(logged)["requestId"] == "$context.requestId", "API Gateway asks for it"
    assert not NAMING.search(logged), "calls stand in paths"


def test_imports_and_webhooks_leave_concurrency_for_calls(package: Package) -> None:
    functions = package.resources("AWS::Serverless::Function")

    bounded = {
        name: function["ReservedConcurrentExecutions"]["Fn::If"][:2]
        for name, function in functions.items()
        if "ReservedConcurrentExecutions" in function
    }

    assert bounded == {
        "ImportChunk": ["ReservesConcurrency", 10],
        "ImportCsv": ["ReservesConcurrency", 5],
        "ReceiveReport": ["ReservesConcurrency", 50],
    }


def test_traces_are_made_on_request(package: Package) -> None:
    roles = package.resources("AWS::IAM::Role")

    for function in package.resources("AWS::Serverless::Function").values():
        assert function["Tracing"] == {"Ref": "Tracing"}
        role = roles[function["Role"]["Fn::GetAtt"][0]]
        assert [one["Fn::If"][0] for one in role["ManagedPolicyArns"]] == ["IsTraced"]
