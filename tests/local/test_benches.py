"""What benches make of what they saw."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import heat, latency, size, throughput
from bench.replay import Request, Sender, readdressed, requests_of, snake
from local import recorder
from local.recorder import FUNCTIONS, PUMPS, Recorded
from local.resources import Clients

GET = Recorded(FUNCTIONS, "DynamoDB_20120810.GetItem", '{"Key": {}}')
START = Recorded(FUNCTIONS, "DynamoDB_20120810.PutItem", json.dumps({"state": {"S": "active"}}))
SEND = Recorded(FUNCTIONS, "AmazonSQS.SendMessageBatch", "{}")
TABLE = Recorded(PUMPS, "DynamoDB_20120810.CreateTable", "{}")


QUEUES = ("calls", "drops")
RECEIVE = Recorded(PUMPS, "AmazonSQS.ReceiveMessage", '{"QueueUrl": "q", "WaitTimeSeconds": 1}')


def test_only_what_functions_ask_of_the_table_is_sent_again() -> None:
    assert requests_of([TABLE, GET, SEND]) == [("dynamodb", "get_item", {"Key": {}})]


def test_what_the_queues_are_asked_is_sent_again_if_wanted_and_waits_for_nothing() -> None:
    assert requests_of([TABLE, GET, SEND, RECEIVE], with_queues=True) == [
        ("dynamodb", "get_item", {"Key": {}}),
        ("sqs", "send_message_batch", {}),
        ("sqs", "receive_message", {"QueueUrl": "q", "WaitTimeSeconds": 0}),
    ]


def test_the_same_queue_is_asked_where_it_is_now_and_no_other() -> None:
    here = "http://here:1/0/calls"
    get = Request("dynamodb", "get_item", {"Key": {}})
    asked = [Request("sqs", "send", {"QueueUrl": f"http://there:2/0/{name}"}) for name in QUEUES]

    assert readdressed([get, *asked], [here]) == [
        get,
        Request("sqs", "send", {"QueueUrl": here}),
    ]


class Queue:
    """Gives one message each time, under another handle."""

    def __init__(self) -> None:
        self.received = 0
        self.deleted: list[str] = []

    def receive_message(self, **_: object) -> dict[str, Any]:
        self.received += 1
        return {"Messages": [{"ReceiptHandle": f"handle {self.received}"}]}

    def delete_message_batch(self, **params: Any) -> dict[str, Any]:
        self.deleted += (entry["ReceiptHandle"] for entry in params["Entries"])
        return {}


def test_what_is_received_again_is_what_is_deleted() -> None:
    queue = Queue()
    sender = Sender(Clients(dynamodb=None, sqs=queue, s3=None))
    receive = Request("sqs", "receive_message", {"QueueUrl": "q"})
    entries = [{"Id": str(number), "ReceiptHandle": "of then"} for number in range(3)]
    delete = Request("sqs", "delete_message_batch", {"QueueUrl": "q", "Entries": entries})

    for request in (receive, receive, delete, delete):
        sender.send(request)

    assert queue.deleted == ["handle 1", "handle 2", "of then", "of then", "of then"]


def test_a_method_is_called_as_its_operation() -> None:
    assert snake("TransactWriteItems") == "transact_write_items"


def test_what_is_measured_begins_with_the_start_of_the_campaign() -> None:
    assert throughput.parts([GET, SEND, START, GET]) == ([GET, SEND], [START, GET])


def test_requests_are_counted_by_who_asks() -> None:
    assert throughput.per_call([GET, GET, SEND], 2) == {
        "functions: GetItem": 1.0,
        "functions: SendMessageBatch": 0.5,
    }


class Session:
    """Hands every request to whoever listens."""

    def __init__(self) -> None:
        self.events = self
        self.listeners: list[Callable[..., None]] = []

    def register(self, name: str, listener: Callable[..., None]) -> None:
        assert name == "before-send"
        self.listeners.append(listener)

    def send(self, request: Any) -> None:
        for listener in self.listeners:
            listener(request=request)


class OnItsWay:
    """A request as it is sent."""

    def __init__(self, body: bytes, **headers: str) -> None:
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def test_requests_are_written_down_in_order_and_read_again(tmp_path: Path) -> None:
    session = Session()

    with (tmp_path / "requests").open("ab", buffering=0) as file:
        recorder.Recorder(file).watch(session, FUNCTIONS)
        session.send(OnItsWay(b'{"Key": {}}', X_Amz_Target=GET.target))
        session.send(OnItsWay(b"a file for the bucket"))
        session.send(OnItsWay(b"{}", X_Amz_Target=SEND.target))

    assert recorder.read(tmp_path / "requests") == [GET, SEND]


def test_nothing_is_written_down_unless_asked_for() -> None:
    assert recorder.recorder({}) is None


def test_a_pause_is_as_late_as_the_last_call_after_it() -> None:
    assert latency.until_still([1000, 9000], [500, 1100, 1400, 8000]) == [400, 0]


def test_a_slot_is_refilled_by_the_next_call() -> None:
    assert latency.until_refilled([200, 400], [100, 250, 430]) == [50, 30]


def test_one_duration_has_no_spread() -> None:
    assert latency.spread([3]) == {"n": 1}
    assert latency.spread([10.0] * 100) == {"n": 100, "p50_ms": 10, "p99_ms": 10}


def looked(requests: float, units: float) -> dict[str, float]:
    return {"requests": requests, "read_units": units, "write_units": 0, "ms": 1}


def test_the_worst_size_counts_and_less_is_not_better_than_flat() -> None:
    found = {
        "1": {"list": looked(4, 2), "pause": looked(4, 2)},
        "10": {"list": looked(4, 5), "pause": looked(3, 1)},
        "100": {"list": looked(6, 2), "pause": looked(4, 2)},
    }

    assert size.ratios(found) == {"list": 2.5, "pause": 1.0}


def test_partitions_bear_what_is_said_of_them() -> None:
    found = heat.heat(20_000)

    bears = {kind: one["calls_per_s"] for kind, one in found.items()}
    assert bears["calls in flight of a workspace (index)"] == 500
    assert bears["tasks of a campaign"] > 2_300
    assert bears["lane of a campaign (index)"] > 19_000
