"""What the functions ask of AWS, request by request, and in which step of a task's life."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench.units import read_units, statement_units

#: What a write pays whose condition fails: as if it had been carried out on a small item.
FAILED_WRITE = {"PutItem": 1, "UpdateItem": 1}


class Asked(NamedTuple):
    """One request."""

    step: str
    service: str
    operation: str
    write_units: float
    read_units: float


class Meter:
    """Stands beside the clients of a boto3 session."""

    def __init__(self, session: Any) -> None:
        self.step = ""
        self.asked: list[Asked] = []
        session.events.register("provide-client-params.dynamodb", self._have_it_told)
        session.events.register("after-call", self._count)

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Put what is asked within the block down to a step."""
        before, self.step = self.step, step
        try:
            yield
        finally:
            self.step = before

    def of(self, act: Callable[[], object]) -> list[Asked]:
        """What an act asks for."""
        before = len(self.asked)
        act()
        return self.asked[before:]

    def _have_it_told(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        context["bench_params"] = params
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _count(
        self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: object
    ) -> None:
        service, operation = model.service_model.service_name, model.name
        read = written = 0.0
        if service == "dynamodb":
            asked = context.get("bench_params", {})
            read = read_units(operation, asked, parsed)
            written = 0.0 if read else write_units(operation, asked, parsed)
        self.asked.append(Asked(self.step, service, operation, written, read))


def write_units(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """The write units of a request, as the engine tells them where it tells them right."""
    if answer.get("Error"):
        # Each action of a transaction that is cancelled is paid for twice, like one that is not.
        return FAILED_WRITE.get(operation, 2 * len(answer.get("CancellationReasons", [])))
    if operation == "BatchExecuteStatement":
        return statement_units(asked, answer)
    told = answer.get("ConsumedCapacity", [])
    return sum(float(one["CapacityUnits"]) for one in (told if isinstance(told, list) else [told]))


class Total(NamedTuple):
    """What some requests come to."""

    requests: int
    write_units: float
    read_units: float


def total(asked: Iterable[Asked]) -> Total:
    """What these requests to the table come to."""
    of_table = [one for one in asked if one.service == "dynamodb"]
    return Total(
        len(of_table),
        sum(one.write_units for one in of_table),
        sum(one.read_units for one in of_table),
    )


def operations(asked: Iterable[Asked]) -> Mapping[str, int]:
    """How often each operation of each service was asked for."""
    return Counter(f"{one.service}:{one.operation}" for one in asked)
