"""The queues: what is sent comes out as it was meant."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryQueue
from chalicelibs.adapters.sqs import NotSent, SqsQueue, whole_seconds
from chalicelibs.api.triggers import chunk_in
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.queues import ImportChunk, PlaceCall, Queue, WithdrawCall, WriteExport
from tests.builders import CAMPAIGN, IMPORT, NOON, OTHER_WORKSPACE, WORKSPACE, a_call, a_task
from tests.contract.engines import Account

NOW = timedelta(0)


class Mailbox:
    """A queue and, by kind, what has come out of it."""

    def __init__(
        self, queue: Queue, placing: Any, reports: Any, nudges: Any, chunks: Any, exports: Any
    ) -> None:
        self.queue = queue
        self.chunks: Callable[[], list[ImportChunk]] = chunks
        self.placing: Callable[[], list[PlaceCall]] = placing
        self.reports: Callable[[], list[CallEvent]] = reports
        self.nudges: Callable[[], list[dict[str, str]]] = nudges
        self.exports: Callable[[], list[WriteExport]] = exports


def in_memory() -> Mailbox:
    queue = MemoryQueue()
    return Mailbox(
        queue,
        lambda: [message for message, _ in queue.placing],
        lambda: queue.reports,
        lambda: [
            *({"workspace_id": one, "kind": "nudge"} for one, _ in queue.nudges),
            *({"workspace_id": one, "kind": "tick"} for one in queue.ticks),
        ],
        lambda: queue.importing,
        lambda: [message for message, _ in queue.exports],
    )


def in_sqs(client: Any) -> Mailbox:
    urls = {
        f"{name}_url": client.create_queue(QueueName=name)["QueueUrl"]
        for name in ("calls", "events", "nudges", "chunks", "exports")
    }

    def bodies(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url = urls[f"{name}_url"]
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            found += (json.loads(message["Body"]) for message in messages)
        return found

    return Mailbox(
        SqsQueue(client, **urls),
        lambda: [PlaceCall(**body) for body in bodies("calls")],
        lambda: [CallEvent.from_message(body) for body in bodies("events")],
        lambda: bodies("nudges"),
        lambda: [chunk_in(body) for body in bodies("chunks")],
        lambda: [WriteExport(**body) for body in bodies("exports")],
    )


@pytest.fixture
def sqs(server: Account) -> Mailbox:
    return in_sqs(server.client("sqs"))


def a_message(number: int, **pages: Any) -> PlaceCall:
    call_id = a_call(a_task(number)).call_id
    return PlaceCall(workspace_id=WORKSPACE, call_id=call_id, **{"workspace_page": 0, **pages})


def place_calls(mailbox: Mailbox) -> None:
    messages = [a_message(number, workspace_page=number, campaign_page=2) for number in range(23)]
    messages.append(a_message(23))

    mailbox.queue.calls((message, NOW) for message in messages)

    assert sorted(mailbox.placing(), key=lambda one: one.call_id) == messages


def report_events(mailbox: Mailbox) -> None:
    plain = CallEvent(call_id=a_call().call_id, kind=EventKind.IN_PROGRESS, at=NOON)
    full = CallEvent(
        call_id=a_call().call_id,
        kind=EventKind.ENDED,
        at=NOON + timedelta(milliseconds=7),
        carrier_call_id="sim-1",
        outcome="busy_callback",
        is_permanent=True,
        reason="búsy",
        duration=timedelta(seconds=9),
        callback_at=NOON + timedelta(days=1),
        cost="0.0123 USD",
        recording_url="https://example.com/r.wav",
        transcript=(Utterance("agent", "¿Sí?", timedelta(seconds=1)), Utterance("contact", "No.")),
        analysis={"score": 0.87},
        analysis_follows=True,
    )

    mailbox.queue.events([plain, full])

    assert sorted(mailbox.reports(), key=lambda event: event.at) == [plain, full]


def report_endless_events(mailbox: Mailbox) -> None:
    endless = CallEvent(
        call_id=a_call().call_id,
        kind=EventKind.ENDED,
        at=NOON,
        reason="ñ" * 300_000,
        transcript=tuple(Utterance("contact", f"{number} ñ 🙂") for number in range(30_000)),
        analysis={"raw": ["ñ" * 300_000], "summary": "ñ" * 300_000},
    ).bounded()

    mailbox.queue.events([endless] * 3)

    assert list(mailbox.reports()) == [endless] * 3


def wake_workspaces(mailbox: Mailbox) -> None:
    mailbox.queue.nudge(WORKSPACE)
    mailbox.queue.tick([WORKSPACE, OTHER_WORKSPACE])

    assert sorted(mailbox.nudges(), key=lambda one: (one["kind"], one["workspace_id"])) == [
        {"workspace_id": WORKSPACE, "kind": "nudge"},
        {"workspace_id": WORKSPACE, "kind": "tick"},
        {"workspace_id": OTHER_WORKSPACE, "kind": "tick"},
    ]


def have_exports_written(mailbox: Mailbox) -> None:
    message = WriteExport(workspace_id=WORKSPACE, campaign_id=CAMPAIGN, export_id="0" * 16)

    mailbox.queue.export(message)

    assert mailbox.exports() == [message]


def import_chunks(mailbox: Mailbox) -> None:
    messages = [
        ImportChunk(workspace_id=WORKSPACE, campaign_id=CAMPAIGN, import_id=IMPORT, number=number)
        for number in range(23)
    ]

    mailbox.queue.chunks(messages)

    assert sorted(mailbox.chunks(), key=lambda one: one.number) == messages


CONVERSATIONS = [
    import_chunks,
    place_calls,
    report_events,
    report_endless_events,
    wake_workspaces,
    have_exports_written,
]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_what_the_twin_is_given_can_be_taken(conversation: Callable[[Mailbox], None]) -> None:
    conversation(in_memory())


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_what_is_sent_to_sqs_comes_out(
    sqs: Mailbox, conversation: Callable[[Mailbox], None]
) -> None:
    conversation(sqs)


def test_a_delayed_message_does_not_come_at_once(sqs: Mailbox) -> None:
    sqs.queue.calls([(a_message(1), timedelta(seconds=60)), (a_message(2), NOW)])
    sqs.queue.nudge(WORKSPACE, timedelta(hours=2))

    assert sqs.placing() == [a_message(2)]
    assert sqs.nudges() == []


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=1, milliseconds=1), 2),
        (timedelta(minutes=15), 900),
        (timedelta(minutes=15, milliseconds=1), 900),
        (timedelta(seconds=-5), 0),
    ],
)
def test_delays_are_whole_seconds_rounded_up(delay: timedelta, seconds: int) -> None:
    assert whole_seconds(delay) == seconds


class Refusing:
    """A client that refuses some messages, some times, and remembers what it took."""

    def __init__(self, *refused: set[str]) -> None:
        self.refused = list(refused)
        self.requests: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803, ARG002
        self.requests.append([entry["MessageBody"] for entry in Entries])
        refused = self.refused.pop(0) if self.refused else set()
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
            for entry in Entries
            if entry["Id"] in refused
        ]
        return {"Failed": failed} if failed else {}


def queue_of(client: Refusing) -> SqsQueue:
    urls = {f"{name}_url": name for name in ("calls", "events", "nudges", "chunks", "exports")}
    return SqsQueue(client, **urls)


def test_a_refused_message_is_sent_once_more_alone() -> None:
    client = Refusing({"1"})

    queue_of(client).tick(["a", "b", "c"])

    assert client.requests[1] == [client.requests[0][1]]
    assert len(client.requests) == 2


def test_messages_refused_twice_are_an_error_that_counts_them() -> None:
    client = Refusing({"0", "2"}, {"0", "2"})

    with pytest.raises(NotSent, match="2 messages were not sent: InternalError"):
        queue_of(client).tick(["a", "b", "c"])


def test_heavy_events_travel_in_smaller_batches() -> None:
    client = Refusing()
    event = CallEvent(
        call_id="x", kind=EventKind.ANALYSIS, at=NOON, analysis={"transcript": "ñ" * 20_000}
    )

    queue_of(client).events([event] * 5)

    assert [len(request) for request in client.requests] == [2, 2, 1]


def test_nothing_to_send_sends_nothing() -> None:
    client = Refusing()

    queue_of(client).calls([])

    assert client.requests == []


def test_a_call_to_be_taken_back_goes_where_calls_are_placed() -> None:
    """Who may speak to carriers reads there; see `api/triggers.py`."""
    client = Refusing()

    queue_of(client).withdraw([WithdrawCall(workspace_id=WORKSPACE, call_id="c-t-1")])

    ((sent,),) = client.requests
    assert json.loads(sent) == {
        "kind": "withdraw",
        "workspace_id": WORKSPACE,
        "call_id": "c-t-1",
    }
