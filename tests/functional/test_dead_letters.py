"""Poison: it fails alone, says why, is shown to the operator and goes back by one command."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryStore, MemoryTasks
from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task
from chalicelibs.ports.tasks import AtGate
from chalicelibs.use_cases.tend_dead_letters import MOST_MOVED, MOST_SHOWN
from tests.builders import NOON
from tests.functional.command_line import CommandLine, InProcess
from tests.functional.conftest import Log
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product

LAST = 5
PATH = "/admin/dead-letters"
NEVER_A_CALL = "c3p8t6w2e9r4y7h5"

#: What no function can process, by what is wrong with it.
POISON = {
    "not JSON": "{",
    "of another shape": '["call_id"]',
    "empty": "",
    "of an unknown kind": '{"call_id": "c", "kind": "nonsense", "at": 1}',
    "with a field too many": '{"call_id": "c", "kind": "ended", "at": 1, "colour": 1}',
    "with a number for an id": '{"call_id": 7, "kind": "ended", "at": 1}',
    "huge": json.dumps({"x": "ñ" * 100_000}),
    "deep": "[" * 100_000,
}


@pytest.fixture
def operator(product: Product) -> Api:
    assert product
    return Api(OPERATOR_KEY)


def calls_of(product: Product, acme: Acme, count: int) -> list[dict[str, Any]]:
    """Messages that have so many calls placed."""
    acme.put("/workspace/limits", {"concurrency_limit": count})
    campaign_id = acme.campaign()
    for number in range(count):
        acme.pushed(campaign_id, phone=f"+346000001{number:02}")
    nudge = {"workspace_id": acme.workspace_id, "kind": "nudge"}
    product.deliver("app.dispatch", [nudge])
    return [asdict(message) for message, _ in product.queue.placing]


# --- A batch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", POISON.values(), ids=list(POISON))
def test_one_poisoned_message_of_ten_leaves_nine_calls_to_be_placed(
    product: Product, acme: Acme, poison: str
) -> None:
    batch: list[object] = [*calls_of(product, acme, 9)]
    batch.insert(4, poison)

    assert product.deliver("app.place_call", batch) == ["m4"]

    assert len(product.carrier.asked) == 9


def ends_of(product: Product, acme: Acme, count: int) -> list[object]:
    """Messages that tell of the ends of so many calls."""
    product.deliver("app.place_call", calls_of(product, acme, count))
    return [
        {"call_id": asked.call_id, "kind": "ended", "at": epoch_ms(NOON), "outcome": "completed"}
        for asked in product.carrier.asked
    ]


class Restless(MemoryTasks):
    """Tasks of which one moves whenever it is to be settled."""

    def __init__(self, store: MemoryStore, restless: str) -> None:
        super().__init__(store)
        self.restless = restless

    def settle(self, task: Task, tally: Tally) -> Task:
        if task.task_id == self.restless:
            super().save(self.stored(task))
        return super().settle(task, tally)

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        for task, _ in settled:
            if task.task_id == self.restless:
                super().save(self.stored(task))
        return super().settle_all(settled)

    def stored(self, task: Task) -> Task:
        """The task as it stands now."""
        return self._store.tasks[task.task_id]


@pytest.mark.parametrize("moving", [0, 4, 9])
def test_one_task_of_ten_that_never_keeps_still_leaves_nine_reports_to_be_recorded(
    product: Product, acme: Acme, moving: int
) -> None:
    ends = ends_of(product, acme, 10)
    correct, restless = product.service, task_of(product.carrier.asked[moving].call_id)
    record = replace(correct.record_call_event, tasks=Restless(product.store, restless))
    product.service = replace(correct, record_call_event=record)

    assert product.deliver("app.record_call_event", ends) == [f"m{moving}"]

    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["progress"]["outcomes"] == {"completed": 9}
    product.service = correct
    assert product.deliver("app.record_call_event", ends) == [], "those recorded are old news"
    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["progress"]["outcomes"] == {"completed": 10}
    assert product.service.campaigns.slots.held(acme.workspace_id) == frozenset()


@pytest.mark.parametrize("poison", POISON.values(), ids=list(POISON))
def test_one_poisoned_message_of_ten_leaves_nine_reports_to_be_recorded(
    product: Product, acme: Acme, poison: str
) -> None:
    ends = ends_of(product, acme, 9)

    failed = product.deliver("app.record_call_event", [*ends[:4], poison, *ends[4:]])

    assert failed == ["m4"]
    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["progress"]["completed"] == 9


@pytest.mark.parametrize("poison", POISON.values(), ids=list(POISON))
def test_one_poisoned_message_of_ten_leaves_nine_workspaces_to_be_dispatched(
    product: Product, poison: str
) -> None:
    workspaces = [product.workspace(f"W{number}") for number in range(9)]
    for number, one in enumerate(workspaces):
        one.pushed(one.campaign(), phone=f"+346000001{number:02}")
    nudges: list[object] = [
        {"workspace_id": one.workspace_id, "kind": "nudge"} for one in workspaces
    ]

    failed = product.deliver("app.dispatch", [*nudges[:4], poison, *nudges[4:]])

    assert failed == ["m4"]
    assert len(product.queue.placing) == 9


# --- The reason ---------------------------------------------------------------------------------


def reasons(product: Product) -> list[Failure]:
    return list(product.store.failures.values())


def test_the_last_failure_of_a_message_is_its_reason(product: Product) -> None:
    for receives in range(1, LAST):
        product.deliver("app.place_call", ['{"call_id": 7}'], receives=receives)
    assert reasons(product) == [], "it comes again, and may pass"

    product.deliver("app.place_call", ['{"call_id": 7}'], receives=LAST)

    (reason,) = reasons(product)
    assert (reason.queue, reason.message_id, reason.function) == ("calls", "m0", "place_call")
    assert (reason.error, reason.receives, reason.at) == ("TypeError", LAST, NOON)
    assert "'workspace_id'" in reason.message


def test_what_comes_through_at_last_leaves_no_reason(product: Product, acme: Acme) -> None:
    product.deliver("app.place_call", calls_of(product, acme, 1), receives=LAST)

    assert reasons(product) == []


def test_neither_the_reason_nor_the_log_repeats_what_was_sent(product: Product, log: Log) -> None:
    body = {"call_id": "c", "kind": "Eva Pérez", "at": 1, "+34600000001": 1}

    for handler in ("app.place_call", "app.record_call_event"):
        product.deliver(handler, [body], receives=LAST)

    assert len(reasons(product)) == 2
    for told in (str(reasons(product)), log()):
        assert "Eva" not in told
        assert "34600000001" not in told


class Unwritable:
    """Failures that cannot be kept."""

    def save(self, failure: Failure) -> None:
        raise ConnectionError(failure.message_id)

    def of(self, queue: QueueName, message_ids: object) -> dict[str, Failure]:
        raise NotImplementedError(queue, message_ids)


def test_a_reason_that_cannot_be_kept_changes_nothing_for_the_message(
    product: Product, acme: Acme, log: Log
) -> None:
    note = replace(product.service.note_failure, failures=Unwritable())
    product.service = replace(product.service, note_failure=note)
    (good,) = calls_of(product, acme, 1)

    failed = product.deliver("app.place_call", ["{", good], receives=LAST)

    assert failed == ["m0"]
    assert len(product.carrier.asked) == 1
    assert "reason not kept" in log()


def test_each_failure_is_counted_by_cloudwatch(
    product: Product, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    product.deliver("app.dispatch", ["{"], receives=2)

    assert "message failed" in log()
    formatter = logging.getLogger("carillon").handlers[0].formatter
    assert formatter is not None
    lines = [json.loads(formatter.format(record)) for record in caplog.records]
    line, *_ = [one for one in lines if one["message"] == "message failed"]
    assert line["_aws"]["Timestamp"] == epoch_ms(NOON)
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == "Carillon"
    (name,) = (one["Name"] for one in metric["Metrics"])
    assert (line[name], metric["Dimensions"]) == (1, [["stage", "queue"]])
    assert (line["queue"], line["id"], line["receives"]) == ("nudges", "m0", 2)
    assert line["error"] == "JSONDecodeError"


# --- Not poison ---------------------------------------------------------------------------------


@pytest.mark.parametrize("call_id", ["c", "", "+34600000001", NEVER_A_CALL])
def test_a_call_id_that_is_none_is_nobodys_call_and_no_poison(
    product: Product, acme: Acme, call_id: str
) -> None:
    place = {"workspace_id": acme.workspace_id, "call_id": call_id, "workspace_page": 0}
    report = {"call_id": call_id, "kind": "ended", "at": 1}

    assert product.deliver("app.place_call", [place], receives=LAST) == []
    assert product.deliver("app.record_call_event", [report], receives=LAST) == []

    assert reasons(product) == []
    assert product.carrier.asked == []


# --- What the operator sees ---------------------------------------------------------------------


def bury(product: Product, queue: QueueName, message_id: str = "m0", **about: Any) -> DeadLetter:
    letter = DeadLetter(queue=queue, message_id=message_id, sent_at=NOON, **about)
    product.dead_letters.dead.append(letter)
    return letter


def shown(operator: Api, queue: str) -> Any:
    (found,) = [one for one in operator.shown(PATH)["queues"] if one["queue"] == queue]
    return found


def test_where_nothing_is_dead_every_queue_is_empty(operator: Api) -> None:
    queues = operator.shown(PATH)["queues"]

    names = ["nudges", "calls", "call-events", "import-chunks", "exports", "imports"]
    assert [one["queue"] for one in queues] == names
    assert all((one["count"], one["letters"]) == (0, []) for one in queues)


def test_a_dead_letter_is_shown_with_its_reason(product: Product, operator: Api) -> None:
    product.deliver("app.record_call_event", ['{"kind": "nonsense", "at": 1}'], receives=LAST)
    call_id = f"{NEVER_A_CALL}-{NEVER_A_CALL}-1"
    bury(product, QueueName.CALL_EVENTS, kind="nonsense", ids={"call_id": call_id})

    dead = shown(operator, "call-events")

    assert dead["count"] == 1
    assert dead["letters"] == [
        {
            "message_id": "m0",
            "sent_at": "2027-03-05T12:00:00.000Z",
            "kind": "nonsense",
            "ids": {"call_id": call_id},
            "reason": {
                "error": "ValueError",
                "message": "'…' is not a valid EventKind",
                "function": "record_call_event",
                "receives": LAST,
                "at": "2027-03-05T12:00:00.000Z",
            },
        }
    ]


def test_a_letter_of_which_nobody_lived_to_tell_has_no_reason(
    product: Product, operator: Api
) -> None:
    bury(product, QueueName.CALLS)

    (letter,) = shown(operator, "calls")["letters"]

    assert letter["reason"] is None


def test_a_file_brings_its_reason_along(product: Product, operator: Api) -> None:
    failure = Failure(
        queue=QueueName.IMPORTS,
        message_id="m0",
        function="import_csv",
        error="Sandbox.Timedout",
        message="Task timed out",
        receives=3,
        at=NOON,
    )
    bury(product, QueueName.IMPORTS, failure=failure)

    (letter,) = shown(operator, "imports")["letters"]

    assert letter["reason"]["error"] == "Sandbox.Timedout"


def test_of_many_letters_some_are_shown_and_all_counted(product: Product, operator: Api) -> None:
    for number in range(MOST_SHOWN + 7):
        bury(product, QueueName.CALLS, f"m{number}")

    dead = shown(operator, "calls")

    assert (dead["count"], len(dead["letters"])) == (MOST_SHOWN + 7, MOST_SHOWN)


def test_a_workspaces_key_neither_sees_nor_moves_letters(product: Product, acme: Acme) -> None:
    bury(product, QueueName.CALLS)

    seen, moved = acme.get(PATH), acme.post(f"{PATH}/redrive")

    assert (seen.status, seen.error["code"]) == (403, "forbidden")
    assert (moved.status, moved.error["code"]) == (403, "forbidden")
    assert len(product.dead_letters.dead) == 1


# --- Back ---------------------------------------------------------------------------------------


def redriven(operator: Api, body: object = None) -> dict[str, tuple[int, bool]]:
    status, answer = operator.post(f"{PATH}/redrive", body)
    assert status == 200, answer
    return {one["queue"]: (one["moved"], one["has_more"]) for one in answer["queues"]}


def test_one_queues_letters_go_back_and_the_others_stay(product: Product, operator: Api) -> None:
    going = [bury(product, QueueName.CALLS, f"m{number}") for number in range(3)]
    staying = bury(product, QueueName.NUDGES)

    assert redriven(operator, {"queue": "calls"}) == {"calls": (3, False)}

    assert product.dead_letters.sent_back == going
    assert product.dead_letters.dead == [staying]


@pytest.mark.parametrize("body", [{}, {"queue": None}])
def test_all_letters_go_back_at_once(product: Product, operator: Api, body: object) -> None:
    for queue in QueueName:
        bury(product, queue)

    assert redriven(operator, body) == {queue.value: (1, False) for queue in QueueName}

    assert product.dead_letters.dead == []


def test_more_than_one_request_moves_is_said(product: Product, operator: Api) -> None:
    for number in range(MOST_MOVED + 1):
        bury(product, QueueName.CALLS, f"m{number}")

    assert redriven(operator, {"queue": "calls"}) == {"calls": (MOST_MOVED, True)}
    assert redriven(operator, {"queue": "calls"}) == {"calls": (1, False)}


@pytest.mark.parametrize("body", [{"queue": "phones"}, {"queue": 7}, {"queues": "calls"}])
def test_a_queue_that_there_is_not_is_refused(operator: Api, body: object) -> None:
    answer = operator.post(f"{PATH}/redrive", body)

    assert (answer.status, answer.error["code"]) == (422, "invalid")
    assert answer.error["param"] in {"queue", "queues"}


class Buggy(MemoryTasks):
    """Tasks that no dial gate can read."""

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        raise ZeroDivisionError(workspace_id, task_id)


def test_what_a_bug_killed_is_processed_once_the_bug_is_gone(product: Product, acme: Acme) -> None:
    (message,) = calls_of(product, acme, 1)
    correct = product.service
    buggy = replace(correct.place_call, tasks=Buggy(product.store))
    product.service = replace(correct, place_call=buggy)
    assert product.deliver("app.place_call", [message], receives=LAST) == ["m0"]
    product.service = correct

    assert product.deliver("app.place_call", [message]) == []

    (reason,) = reasons(product)
    assert reason.error == "ZeroDivisionError"
    assert len(product.carrier.asked) == 1


# --- The command --------------------------------------------------------------------------------


@pytest.fixture
def carillon() -> CommandLine:
    return CommandLine(OPERATOR_KEY, InProcess())


def test_the_command_lists_letters_and_reasons(product: Product, carillon: CommandLine) -> None:
    product.deliver("app.dispatch", ["{"], receives=LAST)
    bury(product, QueueName.NUDGES, kind="tick", ids={"workspace_id": NEVER_A_CALL})
    bury(product, QueueName.CALLS, "m1")

    said = carillon.run("admin", "dead-letters")

    assert "nudges: 1" in said
    assert f"tick {NEVER_A_CALL}" in said
    assert "JSONDecodeError" in said
    assert "in dispatch, 5 times" in said
    assert "the function ended without a word" in said
    assert "imports: 0" in said
    as_json = json.loads(carillon.run("admin", "dead-letters", "--json"))
    assert [one["count"] for one in as_json["queues"]] == [1, 1, 0, 0, 0, 0]


def test_one_command_sends_a_queues_letters_back(product: Product, carillon: CommandLine) -> None:
    for number in range(MOST_MOVED + 20):
        bury(product, QueueName.CALLS, f"m{number}")
    bury(product, QueueName.NUDGES)

    assert f"calls: {MOST_MOVED + 20} sent back" in carillon.run(
        "admin", "dead-letters", "--redrive", "calls"
    )

    assert [one.queue for one in product.dead_letters.dead] == [QueueName.NUDGES]


def test_one_command_sends_everything_back(product: Product, carillon: CommandLine) -> None:
    for queue in QueueName:
        bury(product, queue)

    moved = json.loads(carillon.run("admin", "dead-letters", "--all", "--json"))

    assert moved == dict.fromkeys(QueueName, 1)
    assert product.dead_letters.dead == []


def test_the_command_says_what_is_wrong(acme: Acme, carillon: CommandLine) -> None:
    assert acme.key is not None

    carillon.run("admin", "dead-letters", "--redrive", "calls", "--all", status=2)
    assert "queue" in carillon.run("admin", "dead-letters", "--redrive", "phones", status=1)
    said = CommandLine(acme.key, InProcess()).run("admin", "dead-letters", status=1)
    assert "operator" in said
