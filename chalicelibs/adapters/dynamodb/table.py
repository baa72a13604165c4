"""The one table, spoken to in plain values, with patience for what passes by itself."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from chalicelibs.adapters.dynamodb.codec import Item, decode_item
from chalicelibs.adapters.dynamodb.keys import Key, can_be
from chalicelibs.adapters.dynamodb.writes import Change, Write, encode_key, expressions, update
from chalicelibs.ports.surroundings import Ids

#: Refusals that say nothing of the request: asked again, it may pass.
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
CONDITION_FAILED = "ConditionalCheckFailed"
DUPLICATE = "DuplicateItem"  #: What was to be inserted is there.

#: The first status with which a server says that it is not the request's fault.
SERVER_ERRORS = 500

#: Waits for an answer are long: no more than these in one request.
UNANSWERED = (ConnectionError, HTTPClientError)
MOST_UNANSWERED = 3

TRIES = 8
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 1.0

BATCH_GET = 100  #: Keys that one request may name.
BATCH_CHANGE = 25  #: Statements that one request may hold.


class ConditionFailed(Exception):
    """The stored item is not as the write wanted; `stored` holds it, if that was asked for."""

    def __init__(self, stored: Item) -> None:
        super().__init__("the condition of the write failed")
        self.stored = stored


class Cancelled(Exception):
    """A transaction was not carried out; `failed` are the places of its failed conditions."""

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__(f"conditions failed: {failed}")
        self.failed = failed


class StillThrottled(Exception):
    """Some of a batch was not read or changed, again and again: try later."""


class ChangeRefused(Exception):
    """A statement of a batch can never be carried out; others may have been."""


#: Why a statement of a batch was not carried out.
NotMade = ConditionFailed | ChangeRefused | StillThrottled


class Stretch(NamedTuple):
    """Part of a partition: from one sort key to another, both included."""

    pk: str
    first: str
    last: str


class Part(NamedTuple):
    """Some of a stretch: the items that were wanted, and the sort key of the last one seen."""

    items: list[Item]
    looked_at: int
    last: str | None  #: None: that was all.


class Table:
    """The requests that the adapters make, each of them whole or not at all."""

    def __init__(
        self,
        client: Any,
        name: str,
        ids: Ids,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ids = ids
        self._client = client
        self._name = name
        self._sleep = sleep

    def get(self, key: Key) -> Item | None:
        """An item as it stands now."""
        if not can_be(key):
            return None
        answer = self._patiently(
            self._client.get_item, TableName=self._name, Key=encode_key(key), ConsistentRead=True
        )
        return decode_item(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items of these keys as they stand now; those that are missing are left out."""
        wanted: list[dict[str, Any]] = [encode_key(key) for key in dict.fromkeys(keys)]
        found: dict[Key, Item] = {}
        for start in range(0, len(wanted), BATCH_GET):
            for typed in self._batch(wanted[start : start + BATCH_GET]):
                item = decode_item(typed)
                found[item["pk"], item["sk"]] = item
        return found

    def query(
        self, condition: str, *, forward: bool = True, limit: int | None = None, **values: Any
    ) -> list[Item]:
        """The items of one partition that match, as they stand now."""
        return self._pages(
            expressions(values, KeyConditionExpression=condition)
            | {"ConsistentRead": True, "ScanIndexForward": forward},
            limit,
        )

    def look(
        self,
        stretch: Stretch,
        wanted: str | None,
        values: Mapping[str, Any],
        *,
        most: int,
        forward: bool,
        start: str | None,
    ) -> Part:
        """Look at so many items of a stretch, after one sort key, and give those wanted."""
        pk, first, last = stretch
        params = expressions(
            {"pk": pk, "first": first, "last": last, **values},
            KeyConditionExpression="#pk = :pk AND #sk BETWEEN :first AND :last",
            FilterExpression=wanted,
        )
        if start is not None:
            params["ExclusiveStartKey"] = encode_key((pk, start))
        answer = self._patiently(
            self._client.query,
            TableName=self._name,
            ConsistentRead=True,
            ScanIndexForward=forward,
            Limit=most,
            **params,
        )
        ended_at = answer.get("LastEvaluatedKey")
        return Part(
            items=list(map(decode_item, answer["Items"])),
            looked_at=answer["ScannedCount"],
            last=None if ended_at is None else ended_at["sk"]["S"],
        )

    def query_index(self, index: str, condition: str, *, limit: int, **values: Any) -> list[Item]:
        """The entries of one index partition that match; may be a bit old."""
        return self._pages(
            expressions(values, KeyConditionExpression=condition) | {"IndexName": index}, limit
        )

    def add(self, key: Key, name: str, **beside: Any) -> int:
        """Add one to a counter, and set what stands beside it; gives what it has come to."""
        sets = ", ".join(f"#{other} = :{other}" for other in beside)
        counted = update(key, f"ADD #{name} :one SET {sets}", one=1, **beside)
        answer = self._patiently(
            self._client.update_item,
            TableName=self._name,
            ReturnValues="UPDATED_NEW",
            **counted.params,
        )
        return int(decode_item(answer["Attributes"])[name])

    def write(self, write: Write) -> None:
        """Carry out one write.

        Raises:
            ConditionFailed: when its condition does not hold.
        """
        is_put = write.operation == "Put"
        request = self._client.put_item if is_put else self._client.update_item
        try:
            self._patiently(request, TableName=self._name, **write.params)
        except ClientError as error:
            if _code(error) != f"{CONDITION_FAILED}Exception":
                raise
            answer: Any = error.response
            raise ConditionFailed(decode_item(answer.get("Item", {}))) from None

    def transact(self, writes: Sequence[Write]) -> None:
        """Carry out all writes or none.

        Asked again after a lost answer, under the same token, what was carried out is not held
        against its own conditions.

        Raises:
            Cancelled: when a condition does not hold.
        """
        actions = [
            {write.operation: {"TableName": self._name, **write.params}} for write in writes
        ]
        try:
            self._patiently(
                self._client.transact_write_items,
                TransactItems=actions,
                ClientRequestToken=self.ids.new(),
            )
        except ClientError as error:
            reasons = _reasons(error)
            if CONDITION_FAILED not in reasons:
                raise
            failed = [at for at, reason in enumerate(reasons) if reason == CONDITION_FAILED]
            raise Cancelled(failed) from None

    def change_each(self, changes: Sequence[Change]) -> list[NotMade | None]:
        """Make each change by itself, with few requests; tells of each why it was not made."""
        told: list[NotMade | None] = []
        for start in range(0, len(changes), BATCH_CHANGE):
            told += self._change(changes[start : start + BATCH_CHANGE])
        return told

    def _change(self, changes: Sequence[Change]) -> list[NotMade | None]:
        told: dict[int, NotMade | None] = {}
        for turn in range(TRIES):
            waiting = [place for place in range(len(changes)) if place not in told]
            answer = self._patiently(
                self._client.batch_execute_statement,
                Statements=[self._statement(changes[place]) for place in waiting],
            )
            for place, response in zip(waiting, answer["Responses"], strict=True):
                code = response.get("Error", {}).get("Code")
                if code not in PASSING:
                    told[place] = why_not(code)
            if len(told) == len(changes):
                break
            self._pause(turn)
        throttled = StillThrottled(f"a change was not made in {TRIES} tries")
        return [told.get(place, throttled) for place in range(len(changes))]

    def _statement(self, change: Change) -> dict[str, Any]:
        return {
            "Statement": f'{change.verb} "{self._name}" {change.text}',
            "Parameters": change.values,
        }

    def _batch(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for turn in range(TRIES):
            answer = self._patiently(
                self._client.batch_get_item,
                RequestItems={self._name: {"Keys": keys, "ConsistentRead": True}},
            )
            found += answer["Responses"].get(self._name, [])
            handed_back = answer.get("UnprocessedKeys") or {}
            if self._name not in handed_back:
                return found
            keys = handed_back[self._name]["Keys"]
            self._pause(turn)
        raise StillThrottled(f"{len(keys)} keys of a batch were not read in {TRIES} requests")

    def _pages(self, params: dict[str, Any], limit: int | None) -> list[Item]:
        items: list[Item] = []
        while limit is None or len(items) < limit:
            if limit is not None:
                params["Limit"] = limit - len(items)
            answer = self._patiently(self._client.query, TableName=self._name, **params)
            items += map(decode_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            params["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items

    def _patiently(self, request: Callable[..., Any], **params: Any) -> Any:
        unanswered = 0
        for turn in range(TRIES - 1):
            try:
                return request(**params)
            except ClientError as error:
                if not _may_pass(error):
                    raise
            except UNANSWERED:
                unanswered += 1
                if unanswered == MOST_UNANSWERED:
                    raise
            self._pause(turn)
        return request(**params)

    def _pause(self, turn: int) -> None:
        longest = min(FIRST_PAUSE_S * 2**turn, LONGEST_PAUSE_S)
        self._sleep(longest * (self.ids.lot() + 1) / 1000)


def why_not(code: str | None) -> NotMade | None:
    """What the error of a statement says; None: it was carried out."""
    if code is None:
        return None
    return ConditionFailed({}) if code in {CONDITION_FAILED, DUPLICATE} else ChangeRefused(code)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _reasons(error: ClientError) -> list[str]:
    return [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]


def _may_pass(error: ClientError) -> bool:
    reasons = _reasons(error)
    return (
        _code(error) in PASSING
        or _status(error) >= SERVER_ERRORS
        or (CONDITION_FAILED not in reasons and not PASSING.isdisjoint(reasons))
    )
