"""Alarms and the dashboard, as resources of the template: too much alike to be written by hand.

What each alarm means and what to do stands in docs/operations.md.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]

#: The logical ids of all functions, and of the queues that they read.
FUNCTIONS = (
    "Tick",
    "Dispatch",
    "PlaceCall",
    "RecordCallEvent",
    "ReceiveReport",
    "WriteExport",
    "ImportChunk",
    "ImportCsv",
    "Authorize",
    "APIHandler",
)
QUEUES = ("NudgesQueue", "CallsQueue", "CallEventsQueue", "ImportChunksQueue", "ExportsQueue")

#: What goes wrong when messages of a queue were given up.
DEAD = {
    "Nudges": "Workspaces could not be dispatched",
    "Calls": "Calls could not be placed",
    "CallEvents": "Carriers' reports could not be recorded",
    "ImportChunks": "Parts of files could not be imported",
    "Imports": "Files could not be imported",
    "Exports": "Exports could not be written",
}

#: How old, in seconds, the oldest message of a queue may become, and what is late then.
OLDEST = {
    "Nudges": (300, "Workspaces wait five minutes to be dispatched"),
    "Calls": (180, "Dispatched calls wait three minutes to be placed"),
    "CallEvents": (300, "Carriers' reports wait five minutes to be recorded"),
    "ImportChunks": (3600, "Parts of files wait an hour to be imported"),
    "Exports": (3600, "Exports wait an hour to be written"),
}

#: What package.py calls the API, and the dimension that tells the index from its table.
API = "carillon-${Stage}"
INDEX = {"Name": "GlobalSecondaryIndexName", "Value": "agenda"}

MINUTE_MS = 60_000


def resources() -> Json:
    """Everything that watches."""
    alarms = {**dead_letters(), **ages(), **of_functions(), **of_ours(), **of_aws()}
    return {**alarms, "Dashboard": dashboard(alarms)}


def outputs() -> Json:
    """Where it is looked at."""
    console = "https://console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}"
    return {
        "DashboardUrl": {
            "Description": "What goes on, at a glance",
            "Value": {"Fn::Sub": f"{console}#dashboards:name=${{Dashboard}}"},
        }
    }


# --- Alarms --------------------------------------------------------------------------------------


def alarm(about: str, over: float, **properties: Any) -> Json:
    """An alarm of which a topic is told, where there is one."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": about,
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": over,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [
                {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]}
            ],
            **properties,
        },
    }


def metric(namespace: str, name: str, dimension: str, value: Any) -> Json:
    """The metric that an alarm looks at."""
    dimensions = [{"Name": dimension, "Value": value}]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


def of_queue(queue: str, name: str) -> Json:
    """A metric of a queue, at its largest."""
    arn = {"Fn::GetAtt": [queue, "QueueName"]}
    return {**metric("AWS/SQS", name, "QueueName", arn), "Statistic": "Maximum"}


def dead_letters() -> Json:
    """One for each queue that messages are given up to: with the first it goes off."""
    visible = "ApproximateNumberOfMessagesVisible"
    return {
        f"{name}DeadLettersAlarm": alarm(
            f"{about}: see GET /admin/dead-letters", 0, **of_queue(f"{name}DeadLetters", visible)
        )
        for name, about in DEAD.items()
    }


def ages() -> Json:
    """One for each queue that is worked on: three minutes on end its oldest message is old."""
    oldest = "ApproximateAgeOfOldestMessage"
    return {
        f"{name}AgeAlarm": alarm(
            about, seconds, EvaluationPeriods=3, **of_queue(f"{name}Queue", oldest)
        )
        for name, (seconds, about) in OLDEST.items()
    }


def of_functions() -> Json:
    """What no queue tells of: functions that die, or are not started."""
    died = "A function died: out of time, out of memory, or at its start"
    throttled = "Functions are not started: the account's concurrency is used up"
    return {
        "FunctionErrorsAlarm": total(died, 0, of_each_function("Errors")),
        "FunctionThrottlesAlarm": total(throttled, 0, of_each_function("Throttles")),
    }


def of_each_function(name: str) -> dict[str, Json]:
    """A metric of every function."""
    return {
        f"of_{function.lower()}": metric("AWS/Lambda", name, "FunctionName", {"Ref": function})
        for function in FUNCTIONS
    }


def total(about: str, over: float, summed: Mapping[str, Json]) -> Json:
    """An alarm over the sum of metrics, in five minutes; each has an id. What is missing is 0."""
    [name] = {one["MetricName"] for one in summed.values()}
    queries: list[Json] = [{"Id": "total", "Expression": "+".join(summed), "Label": name}]
    for query, one in summed.items():
        stat = {"Metric": one, "Period": 300, "Stat": "Sum"}
        queries.append({"Id": query, "MetricStat": stat, "ReturnData": False})
    made = alarm(about, over, Metrics=queries)
    del made["Properties"]["Period"]  # each query has its own
    return made


def of_ours() -> Json:
    """What our own figures say, see api/journal.py."""
    dispatch = "Two minutes pass from the schedule's tick to the dispatch of a workspace"
    rescue = "Calls of which nothing was heard are looked into three minutes late"
    twice = {"Statistic": "Maximum", "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    return {
        "DispatchLagAlarm": alarm(dispatch, 2 * MINUTE_MS, **ours("dispatch_lag_ms"), **twice),
        "RescueLagAlarm": alarm(rescue, 3 * MINUTE_MS, **ours("rescue_lag_ms"), **twice),
    }


def ours(name: str) -> Json:
    """A metric of ours, in this stage."""
    return metric("Carillon", name, "stage", {"Ref": "Stage"})


def of_aws() -> Json:
    """The schedule, the table, the API and the webhooks."""
    ticks = metric("AWS/Lambda", "Invocations", "FunctionName", {"Ref": "Tick"})
    of_table = metric("AWS/DynamoDB", "WriteThrottleEvents", "TableName", {"Ref": "Table"})
    # What the table counts leaves its index out, which every move of a task writes.
    of_index = {**of_table, "Dimensions": [*of_table["Dimensions"], INDEX]}
    broken = metric("AWS/ApiGateway", "5XXError", "ApiName", {"Fn::Sub": API})
    broken["Dimensions"].append({"Name": "Stage", "Value": "api"})
    unanswered = metric("AWS/ApiGateway", "5xx", "ApiId", {"Ref": "Reports"})
    in_five_minutes = {"Statistic": "Sum", "Period": 300}
    return {
        "ScheduleStoppedAlarm": alarm(
            "The schedule has not run for five minutes",
            1,
            **ticks,
            **in_five_minutes,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="breaching",
        ),
        "TableThrottlesAlarm": total(
            "DynamoDB refuses writes: a partition is hot, or the account's quota is used up",
            500,
            {"of_table": of_table, "of_index": of_index},
        ),
        "ApiErrorsAlarm": alarm(
            "The API answers with errors of its own (5xx)", 5, **broken, **in_five_minutes
        ),
        "ReportErrorsAlarm": alarm(
            "Carriers' webhooks are answered with errors of ours (5xx)",
            5,
            **unanswered,
            **in_five_minutes,
        ),
    }


# --- Dashboard -----------------------------------------------------------------------------------


def dashboard(alarms: Iterable[str]) -> Json:
    """What goes on, at a glance; package.py turns its body into text."""
    state = {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in alarms]}
    top = {"type": "alarm", "x": 0, "y": 0, "width": 24, "height": 4, "properties": state}
    charts = [chart(number, title, rows) for number, (title, rows) in enumerate(charted().items())]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "carillon-${Stage}-${AWS::Region}"},
            "DashboardBody": {"widgets": [top, *charts]},
        },
    }


def charted() -> dict[str, list[Any]]:
    """Each chart with its rows, in the order in which they are looked at."""
    return {
        "Calls asked for, by result": [
            row("calls_dispatched", "Sum"),
            by("result", "calls_asked_for"),
        ],
        "Attempts settled, by outcome": [by("outcome", "attempts_settled")],
        "Held back and let go, by reason": [
            by("result", "calls_held_back"),
            by("reason", "calls_let_go"),
        ],
        "Slots in use": [row("slots_used", "Maximum")],
        "From due to dispatched": [row("wait_ms", "p50"), row("wait_ms", "p99")],
        "A dispatch takes": [row("dispatch_ms", "p50"), row("dispatch_ms", "p99")],
        "Lags": [row("dispatch_lag_ms", "Maximum"), row("rescue_lag_ms", "Maximum")],
        "Rescued calls, braked campaigns": [
            row("calls_rescued", "Sum"),
            row("campaigns_braked", "Sum"),
        ],
        "Failed messages, by queue": [by("queue", "message_failed")],
        "Messages that wait": of_queues("ApproximateNumberOfMessagesVisible"),
        "Age of the oldest message": of_queues("ApproximateAgeOfOldestMessage"),
        "Errors of functions": of_all("Errors", "Sum"),
        "Throttles of functions": of_all("Throttles", "Sum"),
        "Duration of functions": of_all("Duration", "p99"),
        "Table": of_table(),
        "Index": of_table(*INDEX.values()),
        "API": [
            ["AWS/ApiGateway", name, "ApiName", API, "Stage", "api", {"stat": stat}]
            for name, stat in (("Count", "Sum"), ("4XXError", "Sum"), ("5XXError", "Sum"))
        ],
        "Webhooks": [
            ["AWS/ApiGateway", name, "ApiId", "${Reports}", {"stat": "Sum"}]
            for name in ("Count", "4xx", "5xx")
        ],
    }


def chart(number: int, title: str, rows: list[Any]) -> Json:
    """One of three in a line."""
    return {
        "type": "metric",
        "x": number % 3 * 8,
        "y": 4 + number // 3 * 6,
        "width": 8,
        "height": 6,
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "period": 60,
            "view": "timeSeries",
            "metrics": rows,
        },
    }


def row(name: str, stat: str) -> list[Any]:
    """One of our metrics."""
    label = name if stat in {"Sum", "Maximum"} else f"{name} {stat}"
    return ["Carillon", name, "stage", "${Stage}", {"stat": stat, "label": label}]


def by(dimension: str, name: str) -> list[Any]:
    """One of our metrics, told apart: whatever values there will be."""
    what = f'{{Carillon,stage,{dimension}}} MetricName="{name}" stage="${{Stage}}"'
    return [{"expression": f"SEARCH('{what}', 'Sum', 60)"}]


def of_queues(name: str) -> list[Any]:
    """A metric of every queue."""
    return [
        ["AWS/SQS", name, "QueueName", f"${{{queue}.QueueName}}", {"stat": "Maximum"}]
        for queue in QUEUES
    ]


def of_table(*index: str) -> list[Any]:
    """What is used of the table, or of an index, and what is refused."""
    return [
        ["AWS/DynamoDB", name, "TableName", "${Table}", *index, {"stat": "Sum"}]
        for name in (
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        )
    ]


def of_all(name: str, stat: str) -> list[Any]:
    """A metric of every function."""
    return [
        ["AWS/Lambda", name, "FunctionName", f"${{{function}}}", {"stat": stat}]
        for function in FUNCTIONS
    ]
