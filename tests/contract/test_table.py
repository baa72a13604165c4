"""Patience with a table that throttles, conflicts, or hands keys back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.dynamodb import DynamoTasks, speak_straight
from chalicelibs.adapters.dynamodb.table import (
    LONGEST_PAUSE_S,
    MOST_UNANSWERED,
    TRIES,
    Cancelled,
    ChangeRefused,
    ConditionFailed,
    StillThrottled,
    Table,
)
from chalicelibs.adapters.dynamodb.writes import (
    IS_NEW,
    insertion,
    put,
    telling_what_is_stored,
    update,
)
from chalicelibs.adapters.ids import RandomIds
from chalicelibs.domain.call import Call
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.task import DueTask
from tests.builders import NOON, WORKSPACE, a_call, a_campaign, a_key, a_task, a_workspace
from tests.contract.engines import TABLE, Account, Ports, moto_account, new_table, ports_in


def refusal(code: str, *reasons: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}}
    answer["ResponseMetadata"] = {"HTTPStatusCode": status}
    if reasons:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "Any")


class Disturbed:
    """A client whose requests fail with these errors, one after another, before they pass."""

    def __init__(self, client: Any, *errors: Exception) -> None:
        self._client = client
        self._errors = list(errors)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def request(**params: Any) -> Any:
            if self._errors:
                raise self._errors.pop(0)
            return getattr(self._client, name)(**params)

        return request


class Losing:
    """A client that carries requests out, but loses the answers to the first of them."""

    def __init__(self, client: Any, *, times: int = 1) -> None:
        self._client = client
        self._times = times
        self.tokens: list[str] = []

    def transact_write_items(self, **params: Any) -> Any:
        self.tokens.append(params["ClientRequestToken"])
        answer = self._client.transact_write_items(**params)
        self._times -= 1
        if self._times >= 0:
            raise ReadTimeoutError(endpoint_url="http://db")
        return answer


class HandingBack:
    """A client that reads only the first key of each batch."""

    def __init__(self, client: Any, *, never: bool = False) -> None:
        self._client = client
        self._never = never

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        ((name, wanted),) = RequestItems.items()
        first, rest = wanted["Keys"][:1], wanted["Keys"][1:]
        if self._never:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        answer = self._client.batch_get_item(RequestItems={name: {**wanted, "Keys": first}})
        answer["UnprocessedKeys"] = {name: {**wanted, "Keys": rest}} if rest else {}
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Refusing:
    """A client that refuses so many statements of each batch, for one reason or another."""

    def __init__(self, client: Any, *codes: str, times: int = 1) -> None:
        self._client = client
        self._codes = codes
        self._times = times
        self.sent: list[int] = []

    def batch_execute_statement(self, Statements: list[Any]) -> Any:  # noqa: N803
        self.sent.append(len(Statements))
        self._times -= 1
        refused = len(self._codes) if self._times >= 0 else 0
        rest = Statements[refused:]
        answer = self._client.batch_execute_statement(Statements=rest) if rest else {}
        errors = [{"Error": {"Code": code, "Message": "no"}} for code in self._codes[:refused]]
        return {"Responses": [*errors, *answer.get("Responses", [])]}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Scene:
    """A table with one task in it, and clients that make trouble on the way to it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.ports: Ports = ports_in(new_table(client))
        self.pauses: list[float] = []
        self.ports.workspaces.add(a_workspace(), a_key())
        self.ports.campaigns.add(a_campaign())
        self.ports.tasks.add([a_task()])

    def tasks(self, client: Any) -> DynamoTasks:
        ids = RandomIds(SystemClock(), Random(7))
        return DynamoTasks(Table(client, TABLE, ids, sleep=self.pauses.append))

    def disturbed(self, *errors: Exception) -> DynamoTasks:
        return self.tasks(Disturbed(self.client, *errors))


@pytest.fixture
def scene() -> Iterator[Scene]:
    with moto_account() as mocked:
        yield Scene(mocked.client("dynamodb"))


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("TransactionConflictException"),
        refusal("InternalServerError"),
        refusal("503", status=503),
    ],
    ids=lambda error: str(error.response["Error"]["Code"]),
)
def test_what_passes_by_itself_is_tried_again(scene: Scene, error: ClientError) -> None:
    tasks = scene.disturbed(error, error, error)

    assert tasks.claim_all([(a_task().as_due, a_call())], WORKSPACE) == {a_call().call_id}

    assert len(scene.pauses) == 3


def test_a_transaction_that_met_another_is_tried_again_and_counts_once(scene: Scene) -> None:
    conflict = refusal("TransactionCanceledException", "None", "TransactionConflict")

    scene.disturbed(conflict, conflict).settle(a_task(), {"calls": 1})

    assert scene.ports.campaigns.progress(a_task().campaign_id).calls == 1
    assert len(scene.pauses) == 2


def test_a_failed_condition_is_not_tried_again(scene: Scene) -> None:
    both = refusal("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict")

    with pytest.raises(Stale):
        scene.disturbed(both).settle(a_task(), {"calls": 1})

    assert scene.pauses == []


def test_each_transaction_has_a_token_of_its_own(scene: Scene) -> None:
    client = Losing(scene.client, times=0)
    tasks = scene.tasks(client)

    tasks.add([a_task(2)])
    tasks.add([a_task(3)])

    assert len(set(client.tokens)) == 2
    assert all(1 <= len(token) <= 36 for token in client.tokens)


@pytest.mark.engine  # moto knows no tokens
def test_a_transaction_whose_answer_was_lost_is_not_held_against_itself(account: Account) -> None:
    connection = account.client("dynamodb")
    table = new_table(connection)
    client, pauses = Losing(connection, times=MOST_UNANSWERED - 1), list[float]()
    ids = RandomIds(SystemClock())
    impatient = Table(client, TABLE, ids, sleep=pauses.append)

    impatient.transact([put(("p", "1"), {}, IS_NEW), update(("p", "2"), "ADD #count :one", one=1)])

    assert len(set(client.tokens)) == 1
    assert len(pauses) == MOST_UNANSWERED - 1
    assert table.get(("p", "2")) == {"pk": "p", "sk": "2", "count": 1}
    with pytest.raises(Cancelled):
        impatient.transact([put(("p", "1"), {}, IS_NEW)])


def test_pauses_grow_and_end(scene: Scene) -> None:
    throttled = refusal("ThrottlingException")

    with pytest.raises(ClientError):
        scene.disturbed(*[throttled] * TRIES).get(a_task().task_id)

    assert len(scene.pauses) == TRIES - 1
    assert all(0 < pause <= LONGEST_PAUSE_S for pause in scene.pauses)
    assert scene.pauses[-1] != scene.pauses[-2]


NO_ANSWER = [
    EndpointConnectionError(endpoint_url="http://db"),
    ReadTimeoutError(endpoint_url="http://db"),
]


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_a_table_that_does_not_answer_is_asked_again_but_not_for_long(
    scene: Scene, error: Exception
) -> None:
    few, many = [error] * (MOST_UNANSWERED - 1), [error] * MOST_UNANSWERED

    assert scene.disturbed(*few).get(a_task().task_id) == a_task()
    with pytest.raises(type(error)):
        scene.disturbed(*many).get(a_task().task_id)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_what_will_not_pass_is_raised_at_once(scene: Scene, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        scene.disturbed(refusal(code)).due("any", until=NOON, limit=1)

    assert scene.pauses == []


def test_a_cancelled_transaction_without_a_failed_condition_is_raised(scene: Scene) -> None:
    invalid = refusal("TransactionCanceledException", "ValidationError", "None")

    with pytest.raises(ClientError):
        scene.disturbed(invalid).settle(a_task(), {"calls": 1})


def test_keys_that_are_handed_back_are_asked_for_again(scene: Scene) -> None:
    gate = scene.tasks(HandingBack(scene.client)).at_gate(WORKSPACE, a_task().task_id)

    assert gate is not None
    assert gate[:3] == (a_task(), a_campaign(), a_workspace())
    assert len(scene.pauses) == 2


def test_keys_that_are_handed_back_for_ever_are_an_error(scene: Scene) -> None:
    tasks = scene.tasks(HandingBack(scene.client, never=True))

    with pytest.raises(StillThrottled):
        tasks.at_gate(WORKSPACE, a_task().task_id)


PASSING = (
    "ThrottlingError",
    "TransactionConflict",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "InternalServerError",
)


def pairs(scene: Scene, count: int) -> list[tuple[DueTask, Call]]:
    """So many tasks that wait, each with a call that would take it."""
    tasks = [a_task(number) for number in range(1, count + 1)]
    scene.ports.tasks.add(tasks)
    return [(task.as_due, a_call(task)) for task in tasks]


def test_of_many_claims_only_those_are_sent_again_that_were_refused(scene: Scene) -> None:
    claims, client = pairs(scene, 7), Refusing(scene.client, *PASSING)

    ours = scene.tasks(client).claim_all(claims, WORKSPACE)

    assert ours == {call.call_id for _, call in claims}
    assert client.sent == [7, len(PASSING)]
    assert len(scene.pauses) == 1


def test_claims_that_are_refused_for_ever_are_an_error(scene: Scene) -> None:
    claims, client = pairs(scene, 2), Refusing(scene.client, "ThrottlingError", times=TRIES)

    with pytest.raises(StillThrottled):
        scene.tasks(client).claim_all(claims, WORKSPACE)

    assert client.sent == [2, *[1] * (TRIES - 1)]


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError"])
def test_a_claim_that_can_never_be_made_is_an_error_at_once(scene: Scene, code: str) -> None:
    claims = pairs(scene, 2)

    with pytest.raises(ChangeRefused, match=code):
        scene.tasks(Refusing(scene.client, code)).claim_all(claims, WORKSPACE)

    assert scene.pauses == []


@pytest.mark.parametrize(
    ("code", "why_not"), [("ValidationError", ChangeRefused), ("ThrottlingError", StillThrottled)]
)
def test_of_tasks_saved_together_each_is_told_what_became_of_it(
    scene: Scene, code: str, why_not: type[Exception]
) -> None:
    tasks = [a_task(number) for number in range(1, 4)]
    scene.ports.tasks.add(tasks)
    client = Refusing(scene.client, code, times=TRIES)

    first, *saved = scene.tasks(client).save_all(
        [(one, replace(one, attempts=1)) for one in tasks]
    )

    assert isinstance(first, why_not)
    assert saved == [replace(task, attempts=1, version=1) for task in tasks[1:]]
    assert [scene.ports.tasks.get(task.task_id) for task in tasks] == [tasks[0], *saved]


def test_claims_are_sent_25_at_a_time(scene: Scene) -> None:
    claims, client = pairs(scene, 60), Refusing(scene.client)

    assert len(scene.tasks(client).claim_all(claims, WORKSPACE)) == 60

    assert client.sent == [25, 25, 10]


def test_what_goes_and_comes_straight_means_the_same(server: Account) -> None:
    client = server.client("dynamodb", parameter_validation=False)
    table = new_table(speak_straight(client))
    values = {"name": "José 🙂", "count": 7, "raw": bytes(range(256)), "map": {"a": ["b", 1]}}
    new = put(("p", "1"), values, IS_NEW)

    table.transact([new, update(("p", "2"), "ADD #count :more", more=3)])
    with pytest.raises(Cancelled) as cancelled:
        table.transact([put(("p", "3"), {}), new])

    assert cancelled.value.failed == [1]
    assert table.get(("p", "1")) == {"pk": "p", "sk": "1", **values}
    two = {"pk": "p", "sk": "2", "count": 3}
    assert table.get(("p", "2")) == two
    assert table.get(("p", "3")) is None
    assert table.query("#pk = :pk", pk="p") == [{"pk": "p", "sk": "1", **values}, two]
    assert table.get_all([("p", "2"), ("p", "1")])["p", "1"]["raw"] == values["raw"]
    assert table.add(("p", "2"), "count", by="Ana") == 4
    with pytest.raises(ConditionFailed) as failed:
        table.write(telling_what_is_stored(new))
    assert failed.value.stored == {"pk": "p", "sk": "1", **values}
    again = [insertion(("p", "3"), values), insertion(("p", "1"), values)]
    assert [why_not is None for why_not in table.change_each(again)] == [True, False]
    assert table.get(("p", "3")) == {"pk": "p", "sk": "3", **values}


def test_a_client_that_speaks_straight_still_understands_errors(server: Account) -> None:
    client = speak_straight(server.client("dynamodb", parameter_validation=False))
    new_table(client)

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        Table(client, "nowhere", RandomIds(SystemClock())).get(("p", "1"))
