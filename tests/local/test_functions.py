import os

import pytest

from local.functions import Declared, Function, load
from tests.local.conftest import SAMPLE_APP


def test_every_trigger_is_found_with_its_handler_string(sample: Declared) -> None:
    assert [function.handler for function, _ in sample.schedules] == ["app.tick"]
    assert [function.handler for function, _ in sample.queues] == [
        "app.place_call",
        "app.record_call_event",
    ]
    assert sample.functions["import_csv"].handler == "app.import_csv"


def test_a_functions_timeout_is_the_one_of_its_stage(sample: Declared) -> None:
    timeout_by_name = {function.name: function.timeout_s for function, _ in sample.queues}

    assert timeout_by_name == {"place_call": 42, "record_call_event": 60}


def test_a_handler_string_is_resolved_as_lambda_does() -> None:
    function = Function(name="join", handler="os.path.join")

    assert function.resolve() is os.path.join


def test_the_variables_of_the_stage_give_way_to_what_is_set(sample: Declared) -> None:
    environ = {"TABLE_NAME": "ours"}

    load(SAMPLE_APP, environ)

    assert environ == {"TABLE_NAME": "ours", "FROM_CONFIG": "config"}
    assert sample


def test_each_invocation_has_an_event_and_a_context_of_its_own() -> None:
    event = {"Records": [{"body": "x"}]}

    first = Function(name="keep", handler="tests.local.test_functions.keep").invoke(event)
    second = Function(name="keep", handler="tests.local.test_functions.keep").invoke(event)

    assert first["request"] != second["request"]
    assert 0 < first["left_ms"] <= 60_000
    assert event == {"Records": [{"body": "x"}]}


def test_an_answer_that_json_cannot_hold_is_a_failure() -> None:
    with pytest.raises(TypeError):
        Function(name="odd", handler="tests.local.test_functions.odd").invoke({})


def keep(event: dict[str, list[str]], context: object) -> dict[str, object]:
    event["Records"].clear()
    return {
        "request": context.aws_request_id,  # type: ignore[attr-defined]
        "left_ms": context.get_remaining_time_in_millis(),  # type: ignore[attr-defined]
    }


def odd(_event: object, _context: object) -> object:
    return object()
