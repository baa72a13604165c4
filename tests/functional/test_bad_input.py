"""What cannot be done is refused by name, and nothing of it is written."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.functional.product import CALLER_ID, OPERATOR_KEY, Acme, Api, Product

NEVER = "0000000000000000"
TOO_LARGE = b'{"name": "' + b"x" * (1024 * 1024) + b'"}'


def each(param: str, *values: Any) -> list[tuple[str, Any]]:
    """A field, and the values it must not have."""
    return [(param, value) for value in values]


#: Whatever a field is, it is not all of these.
NO_TEXT: list[Any] = [7, 1.5, True, [], {}]

#: For every field of a body, a value of a wrong type, and one that is wrong in itself.
WORKSPACE_FIELDS = [
    *each("name", *NO_TEXT, None, "", " ", "x" * 201),
    *each("concurrency_limit", "7", 1.5, True, None, [], 0, -1, 10_001),
]
AGENT_FIELDS = [
    *each("name", *NO_TEXT, None, "", " ", "x" * 201),
    *each("carrier", *NO_TEXT, None, "", "acme"),
    *each("prompt", *NO_TEXT, None, "x" * 20_001),
    *each("system_messages", "x", 7, {}, None, ["x"] * 51, ["x" * 9_999, "y" * 10_000]),
    *each("system_messages[0]", [7], [None], [""], ["x" * 20_001]),
    *each("voice", "x", 7, [], None, {"id": "x" * 8192}, {"id": "ñ" * 4096}),
    *each("offers_callbacks", 1, "true", None, []),
    *each("custom_outcomes", "x", 7, {}, None, ["Not This"], ["ñ"]),
    *each("custom_outcomes[0]", [7], [None], [{}]),
    *each("ring_timeout_s", "7", True, None, [], 0, 601, 1e300),
    *each("max_duration_s", "7", True, None, {}, 0, 14_401),
    *each("is_active", 1, "true", None, []),
]
NUMBER_FIELDS = [
    *each("phone", *NO_TEXT, None, "", "600000001", "+34", "+999123", "x"),
    *each("carrier", *NO_TEXT, None, "", "acme"),
    *each("name", *NO_TEXT, "", " ", "x" * 201),
    *each("has_outbound_trunk", 1, "true", None, []),
]
INSTANTS: list[Any] = [
    *("tomorrow", "", "2027-03-06", "2027-03-06T10:00:00", "2027-13-06T10:00:00Z", True, [], {}),
    *(-1, 10**15, 10**30, 1.5, "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"),
]
CAMPAIGN_FIELDS = [
    *each("name", *NO_TEXT, None, "", " ", "x" * 201),
    *each("type", *NO_TEXT, None, "", "Batch", "stream"),
    *each("agent_id", *NO_TEXT, None, "", NEVER, "x" * 3000, "ñ/€#"),
    *each("caller_id", *NO_TEXT, None, "", "910", "+34910000009", "+1" * 900),
    *each("priority", *NO_TEXT, None, "", "urgent"),
    *each("timezone", *NO_TEXT, None, "", "Mars/Base", "../etc/passwd", "CET0"),
    *each("calling_hours", 7, "10-18", [], True),
    *each("start_at", *INSTANTS),
    *each("end_at", *INSTANTS, "2027-03-05T12:00:00Z", 0),
    *each("max_attempts", "3", 1.5, True, None, [], 0, -1, 21, 10**30),
    *each("retry_intervals_ms", 7, "7", {}, True, [1], [1, 2, 3], []),
    *each("retry_intervals_ms[0]", ["1", 1], [1.5, 1], [None, 1], [True, 1], [-1, 1], [10**12, 1]),
    *each("retry_intervals_ms[1]", [1, 10**30], [1, []]),
    *each("retry_outcomes", 7, "busy", {}, None, ["nonsense"], [""], ["a" * 99]),
    *each("retry_outcomes[0]", [7], [None], [[]]),
    *each("callbacks_outside_hours", 1, "true", None, []),
    *each("concurrency_limit", "7", 1.5, True, [], 0, -1, 10_001),
    *each("draft", 1, "true", []),
]
HOURS_FIELDS = [
    *each("start", None, True, [], "10", "25:00", "10:60", 2500, -1, 1.5, ""),
    *each("end", None, True, {}, "18", "24:01", 1860, "10:00", 1000, "18:00:30"),
    *each("days", "mon", 7, [], {}, ["someday"], [""]),
    *each("days[0]", [1], [None]),
]
TASK_FIELDS = [
    *each("phone", *NO_TEXT, None, "", "600000001", "+34", "+999123", "+" * 500),
    *each("campaign", *NO_TEXT, None),
    *each("from", *NO_TEXT, "", "910", "+34910000009"),
    *each("agent", *NO_TEXT, NEVER, "ñ/€#"),
    *each("start", True, [], "10", "25:00", 2500, ""),
    *each("end", True, {}, "18", "24:01", "10:00", 1000),
    *each("timezone", *NO_TEXT, "", "Mars/Base", "../etc/passwd"),
    *each("start_after", *INSTANTS),
    *each("end_after", *INSTANTS, "2027-03-06T07:59:59Z"),
    *each("priorities", 7, "7", {}, [], [1], [1, 2], [1, 2, 3, 4], [1, 2, 1001]),
    *each("priorities[0]", ["1", 1, 1], [1.5, 1, 1], [None, 1, 1], [True, 1, 1]),
    *each("priorities", [-1, 1, 1], [10**30, 1, 1]),
    *each("retries", "3", 1.5, True, [], 0, -1, 21, 10**9, 10**30),
    *each("intervals", 7, "7", {}, [], [1], [1, 2, 3]),
    *each(
        "intervals[1]", [1, "1"], [1, 1.5], [1, None], [1, True], [1, -1], [1, 10**12], [1, 10**30]
    ),
    *each("retry_outcomes", 7, "busy", {}, ["nonsense"]),
    *each("retry_outcomes[0]", [7], [None]),
    *each("external_id", *NO_TEXT, "", "x" * 201, "two\nlines"),
    *each("context", 7, "x", [], None, {}, {"name": "x" * 60_000}),
    *each("context.name", {"name": None}, {"name": []}, {"name": {}}),
]


def label(value: object) -> str:
    return str(value)[:30] if not isinstance(value, bytes) else str(value[:20])


def field_of(param: str) -> str:
    """`intervals` of `intervals[0]` and `context` of `context.name`."""
    return param.partition("[")[0].partition(".")[0]


def check(
    product: Product, acme: Acme, path: str, body: object, status: int, param: str | None
) -> None:
    """Refused with this status for this field, and nothing written."""
    before = product.everything()

    answer = acme.post(path, body)

    assert answer.status == status, answer
    told = answer.error["param"]
    # A value that may be text or number is refused as neither: `start.str`, `start.int`.
    assert told == param or (told or "").startswith(f"{param}."), answer
    assert product.everything() == before


@pytest.mark.parametrize(("field", "value"), WORKSPACE_FIELDS, ids=label)
def test_a_workspace(product: Product, field: str, value: object) -> None:
    before = product.everything()

    answer = Api(OPERATOR_KEY).post("/workspaces", {"name": "Acme", field: value})

    assert answer.status == 422, answer
    assert answer.error["param"] == field
    assert product.everything() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("concurrency_limit", value) for value in ("7", None, 0, 10_001)],
        *[("calls_per_second", value) for value in ("7", 1.5, 0, 1001, True)],
        ("name", "x"),
    ],
    ids=label,
)
def test_limits(product: Product, acme: Acme, field: str, value: object) -> None:
    before = product.everything()

    answer = acme.put("/workspace/limits", {"concurrency_limit": 5, field: value})

    assert answer.status == 422, answer
    assert answer.error["param"] == field
    assert product.everything() == before


@pytest.mark.parametrize(("param", "value"), AGENT_FIELDS, ids=label)
def test_an_agent(product: Product, acme: Acme, param: str, value: object) -> None:
    body = {"name": "Ana", "carrier": "simulated", field_of(param): value}

    check(product, acme, "/agents", body, 422, param)


@pytest.mark.parametrize(("param", "value"), AGENT_FIELDS, ids=label)
def test_a_change_of_an_agent(product: Product, acme: Acme, param: str, value: object) -> None:
    before = product.everything()

    answer = acme.patch(f"/agents/{acme.agent_id}", {field_of(param): value})

    assert (answer.status, answer.error["param"]) == (422, param), answer
    assert product.everything() == before


@pytest.mark.parametrize(
    ("param", "value"), [pair for pair in NUMBER_FIELDS if pair[0] != "phone"], ids=label
)
def test_a_change_of_a_number(product: Product, acme: Acme, param: str, value: object) -> None:
    before = product.everything()

    answer = acme.patch(f"/numbers/{CALLER_ID}", {param: value})

    assert (answer.status, answer.error["param"]) == (422, param), answer
    assert product.everything() == before


@pytest.mark.parametrize("field", ["id", "phone", "version", "variables"])
def test_what_cannot_be_changed(product: Product, acme: Acme, field: str) -> None:
    before = product.everything()

    for path in (f"/agents/{acme.agent_id}", f"/numbers/{CALLER_ID}"):
        answer = acme.patch(path, {field: "x"})
        assert (answer.status, answer.error["param"]) == (422, field), answer

    assert product.everything() == before


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_context_with_a_number_that_is_none(product: Product, acme: Acme, number: str) -> None:
    task = json.dumps(acme.task(acme.campaign(), context={"name": "?"})).replace('"?"', number)

    check(product, acme, "/tasks", task.encode(), 422, "context.name")
    (result,) = acme.made("/tasks", f"[{task}]".encode())["results"]
    assert result["error"]["param"].startswith("context.name")


@pytest.mark.parametrize("raw", [b'{"voice": {"x": NaN}}', b'{"voice": {"x": 1e999}}'], ids=label)
def test_a_voice_with_a_number_that_is_none(product: Product, acme: Acme, raw: bytes) -> None:
    before = product.everything()

    answer = acme.patch(f"/agents/{acme.agent_id}", raw)

    assert (answer.status, answer.error["param"]) == (422, "voice")
    assert product.everything() == before


def test_an_agent_that_is_told_things_in_two_spellings(product: Product, acme: Acme) -> None:
    both = {"prompt": "Hello.", "system_messages": ["Hello."]}
    body = {"name": "Ana", "carrier": "simulated", **both}

    check(product, acme, "/agents", body, 422, "prompt")
    assert acme.patch(f"/agents/{acme.agent_id}", both).error["param"] == "prompt"


@pytest.mark.parametrize(("param", "value"), NUMBER_FIELDS, ids=label)
def test_a_number(product: Product, acme: Acme, param: str, value: object) -> None:
    body = {"phone": "+34600000001", "carrier": "simulated", param: value}

    check(product, acme, "/numbers", body, 422, param)


@pytest.mark.parametrize("kind", ["batch", "realtime"])
@pytest.mark.parametrize(("param", "value"), CAMPAIGN_FIELDS, ids=label)
def test_a_campaign(product: Product, acme: Acme, kind: str, param: str, value: object) -> None:
    rules = {"max_attempts": 3, "retry_intervals_ms": [1, 2], "start_at": "2027-03-05T12:00:00Z"}
    if param == "max_attempts" or field_of(param) == "start_at":
        rules.pop("retry_intervals_ms")

    check(
        product,
        acme,
        "/campaigns",
        {**acme.batch(type=kind), **rules, field_of(param): value},
        422,
        param,
    )


@pytest.mark.parametrize(("param", "value"), HOURS_FIELDS, ids=label)
def test_calling_hours(product: Product, acme: Acme, param: str, value: object) -> None:
    hours = {"start": "10:00", "end": "18:00", field_of(param): value}

    body = acme.batch(calling_hours=hours)
    check(product, acme, "/campaigns", body, 422, f"calling_hours.{param}")


@pytest.mark.parametrize(("param", "value"), TASK_FIELDS, ids=label)
def test_a_task(product: Product, acme: Acme, param: str, value: object) -> None:
    campaign_id = acme.campaign()
    rules = {"retries": 3, "intervals": [1, 2], "start": "10:00", "end": "18:00"}
    if param == "retries":
        rules.pop("intervals")
    start = {"start_after": "2027-03-06T08:00:00Z"}
    body = {**acme.task(campaign_id), **rules, **start, field_of(param): value}

    check(product, acme, "/tasks", body, 422, param)


@pytest.mark.parametrize("campaign", ["", NEVER, "ñ/€#", "x" * 3000, "../..", " "], ids=label)
def test_a_task_for_an_unknown_campaign(product: Product, acme: Acme, campaign: str) -> None:
    check(product, acme, "/tasks", acme.task(campaign), 404, "campaign")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"start": "10:00"}, "end"),
        ({"end": "18:00"}, "start"),
        ({"priorities": [5, 4]}, "priorities"),
        ({"intervals": [1, 2], "priorities": [5]}, "priorities"),
        ({"retries": 2, "intervals": [1, 2]}, "intervals"),
    ],
    ids=str,
)
def test_parts_of_a_task_that_do_not_fit_together(
    product: Product, acme: Acme, changes: dict[str, Any], param: str
) -> None:
    check(product, acme, "/tasks", {**acme.task(acme.campaign()), **changes}, 422, param)


def test_a_task_without_agent_or_number(product: Product, acme: Acme) -> None:
    campaign_id = acme.made("/campaigns", {"name": "Bare", "type": "realtime"})["id"]
    task = acme.task(campaign_id)

    check(product, acme, "/tasks", task, 422, "agent")
    check(product, acme, "/tasks", {**task, "agent": acme.agent_id}, 422, "from")


@pytest.mark.parametrize("field", ["agent", "from", "retries", "priorities", "end_after", "start"])
def test_a_task_of_a_batch_campaign_brings_no_rules(
    product: Product, acme: Acme, field: str
) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    values: dict[str, Any] = {
        "agent": acme.agent_id,
        "from": "+34910000000",
        "retries": 1,
        "priorities": [5],
        "end_after": "2027-12-01T00:00:00Z",
        "start": "10:00",
    }
    task = acme.task(campaign_id, **{field: values[field]})
    if field == "start":
        task["end"] = "11:00"

    check(product, acme, "/tasks", task, 422, "campaign")


@pytest.mark.parametrize("missing", ["name", "carrier"])
def test_an_agent_that_lacks_a_field(product: Product, acme: Acme, missing: str) -> None:
    body = {"name": "Ana", "carrier": "simulated"}
    del body[missing]

    check(product, acme, "/agents", body, 422, missing)


@pytest.mark.parametrize("missing", ["name", "agent_id", "caller_id"])
@pytest.mark.parametrize("kind", ["batch", "realtime"])
def test_a_campaign_that_lacks_a_field(
    product: Product, acme: Acme, kind: str, missing: str
) -> None:
    body = acme.batch(type=kind)
    del body[missing]

    check(product, acme, "/campaigns", body, 422, missing)


@pytest.mark.parametrize("field", ["calling_hours", "max_attempts", "retry_outcomes"])
def test_rules_of_a_realtime_campaign_are_not_dropped_for_want_of_an_agent(
    product: Product, acme: Acme, field: str
) -> None:
    rules: dict[str, Any] = {
        "calling_hours": {"start": "10:00", "end": "18:00"},
        "max_attempts": 3,
        "retry_outcomes": ["voicemail"],
    }
    body = {"name": "Leads", "type": "realtime", field: rules[field]}

    check(product, acme, "/campaigns", body, 422, "agent_id")


@pytest.mark.parametrize("missing", ["phone", "campaign"])
def test_a_task_that_lacks_a_field(product: Product, acme: Acme, missing: str) -> None:
    task = acme.task(acme.campaign())
    del task[missing]

    check(product, acme, "/tasks", task, 422, missing)


POSTED = ["/agents", "/numbers", "/campaigns", "/tasks"]
ONE_FIELD = {
    "/agents": "name",
    "/numbers": "phone",
    "/campaigns": "name",
    "/tasks": "phone",
}


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize(
    "raw",
    [
        *(b"{", b'{"name": ', b"name=x", b"\xff\xfe", b'{"name": "\xff"}', b'{"a": "\\ud800"}'),
        *(b"null", b"7", b'"text"', b"true", b"[" * 100_000, b'{"a":' * 100_000, b"{}{}", b" "),
    ],
    ids=label,
)
def test_what_is_no_json_object(product: Product, acme: Acme, path: str, raw: bytes) -> None:
    check(product, acme, path, raw, 400, None)


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("raw", [None, b"", b"{}"], ids=str)
def test_an_empty_body(product: Product, acme: Acme, path: str, raw: bytes | None) -> None:
    before = product.everything()

    answer = acme.post(path, raw)

    expected = (422, ONE_FIELD[path]) if raw else (400, None)
    assert (answer.status, answer.error["param"]) == expected
    assert product.everything() == before


@pytest.mark.parametrize("raw", [None, b"", b" "], ids=str)
@pytest.mark.parametrize("path", ["/agents/{agent}", "/numbers/{number}", "/keys/{key}"])
def test_a_change_without_a_body(
    product: Product, acme: Acme, path: str, raw: bytes | None
) -> None:
    key_id = acme.shown("/keys")["keys"][0]["id"]
    before = product.everything()

    answer = acme.patch(path.format(agent=acme.agent_id, number=CALLER_ID, key=key_id), raw)

    assert (answer.status, answer.error["code"]) == (400, "malformed")
    assert product.everything() == before


@pytest.mark.parametrize("path", ["/agents", "/numbers", "/campaigns"])
def test_a_list_where_one_is_wanted(product: Product, acme: Acme, path: str) -> None:
    check(product, acme, path, [acme.batch()], 400, None)


def test_lists_of_tasks_that_are_empty_or_too_long(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()

    check(product, acme, "/tasks", [], 400, None)
    check(product, acme, "/tasks", [acme.task(campaign_id)] * 501, 413, None)


@pytest.mark.parametrize("path", POSTED)
def test_a_body_over_the_limit(product: Product, acme: Acme, path: str) -> None:
    check(product, acme, path, TOO_LARGE, 413, None)


@pytest.mark.parametrize("name", ["colour", "__class__", "id", "workspace_id", "ñ", ""])
def test_an_unknown_field_is_refused_by_name(product: Product, acme: Acme, name: str) -> None:
    param = name or None
    task = acme.task(acme.campaign())

    check(product, acme, "/campaigns", acme.batch(**{name: 1}), 422, param)
    check(product, acme, "/tasks", {**task, name: 1}, 422, param)
    check(product, acme, "/agents", {"name": "A", "carrier": "simulated", name: 1}, 422, param)


def test_an_unknown_field_of_the_calling_hours(product: Product, acme: Acme) -> None:
    body = acme.batch(calling_hours={"start": "10:00", "end": "11:00", "zone": "UTC"})

    check(product, acme, "/campaigns", body, 422, "calling_hours.zone")


def test_the_value_that_was_refused_is_not_repeated(acme: Acme) -> None:
    answer = acme.post("/tasks", acme.task(acme.campaign(), phone="+34 1234 5678 90"))

    assert "1234" not in answer.error["message"]


# --- Paths and pages ----------------------------------------------------------------------------

STRANGE = [
    *(NEVER, f"{NEVER}-{NEVER}", f"{NEVER}-{NEVER}-1", f"{NEVER}-{NEVER}-²", "-", "--", "."),
    *(
        "%2E%2E",
        "%00",
        "ñ",
        "€",
        "'",
        '"',
        "<b>",
        "{campaign_id}",
        "#",
        "%",
        "W#x",
        "a b",
        "0" * 9,
    ),
    *("ILOU" * 4, "x" * 5000, f"{NEVER}-{NEVER}-{'9' * 4000}"),
]


@pytest.mark.parametrize("key", STRANGE, ids=label)
@pytest.mark.parametrize(
    ("method", "path", "param"),
    [
        ("GET", "/agents/{}", "agent_id"),
        ("GET", "/campaigns/{}", "campaign_id"),
        ("POST", "/campaigns/{}/start", "campaign_id"),
        ("POST", "/campaigns/{}/pause", "campaign_id"),
        ("POST", "/campaigns/{}/resume", "campaign_id"),
        ("POST", "/campaigns/{}/archive", "campaign_id"),
        ("GET", "/campaigns/{}/tasks", "campaign_id"),
        ("GET", "/campaigns/{}/imports", "campaign_id"),
        ("GET", "/tasks/{}", "task_id"),
        ("GET", "/tasks/{}/calls", "task_id"),
        ("GET", "/calls/{}", "call_id"),
        ("GET", "/imports/{}", "import_id"),
        ("GET", "/imports/{}/rows", "import_id"),
    ],
)
def test_an_id_that_is_none(
    product: Product, acme: Acme, method: str, path: str, param: str, key: str
) -> None:
    before = product.everything()
    headers = {"Authorization": f"Bearer {acme.key}"}

    answer = acme.ask(method, path.format(quote(key, safe="%{}'\"<>")), None, headers)

    assert answer.status == 404, answer
    assert answer.error["code"] == "not_found"
    assert answer.error["param"] == param
    assert product.everything() == before


@pytest.mark.parametrize(
    "path", ["/campaigns", "/campaigns/{campaign}/tasks", "/calls", "/imports/{import}/rows"]
)
@pytest.mark.parametrize(
    ("query", "param"),
    [("colour=red", "colour"), ("limit=5&limit=6", "limit"), ("limit=5&limit=5", "limit")],
)
def test_a_parameter_that_is_unknown_or_comes_twice(
    product: Product, acme: Acme, path: str, query: str, param: str
) -> None:
    path = path.format(**paths_of(product, acme))

    answer = acme.get(f"{path}?{query}")

    assert (answer.status, answer.error["param"]) == (422, param)


@pytest.mark.parametrize("name", ["outcome", "status", "phone", "attempts", "since", "agent_id"])
def test_a_filter_that_comes_twice(acme: Acme, name: str) -> None:
    path = "/calls" if name in {"since", "agent_id"} else f"/campaigns/{acme.campaign()}/tasks"

    answer = acme.get(f"{path}?{name}=1&{name}=1")

    assert (answer.status, answer.error["param"]) == (422, name)


LISTS = ["/campaigns", "/campaigns/{campaign}/tasks", "/imports/{import}/rows"]


def paths_of(product: Product, acme: Acme) -> dict[str, str]:
    """A campaign and an import of this workspace."""
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/a.csv"
    product.drop(source, b"phone,name\n600,Eva\n601,Ana\n")
    (import_id,) = product.store.imports
    return {"campaign": campaign_id, "import": import_id}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "limit", ["0", "-1", "201", "", "x", "1.5", "1e2", "²", "٣", " 5", "9" * 5000], ids=label
)
def test_a_limit_that_is_none(product: Product, acme: Acme, path: str, limit: str) -> None:
    path = path.format(**paths_of(product, acme))

    answer = acme.get(f"{path}?limit={quote(limit)}")

    assert answer.status == 422, answer
    assert answer.error["param"] == "limit"


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%00",
        "-1",
        "²",
        "ñ",
        "null",
        "9" * 5000,
        "../",
        f"{NEVER}-",
        "ILOU" * 4,
        '{"pk":1}',
    ],
    ids=label,
)
def test_a_cursor_that_no_list_gave(product: Product, acme: Acme, path: str, cursor: str) -> None:
    path = path.format(**paths_of(product, acme))

    answer = acme.get(f"{path}?cursor={quote(cursor, safe='%')}")

    assert answer.status == 422, answer
    assert answer.error["param"] == "cursor"


@pytest.mark.parametrize(
    ("path", "cursor"),
    [(LISTS[0], NEVER), (LISTS[1], f"{NEVER}-{NEVER}"), (LISTS[2], "7")],
    ids=["campaigns", "tasks", "rows"],
)
def test_a_made_up_cursor_that_could_be_one_is_harmless(
    product: Product, acme: Acme, path: str, cursor: str
) -> None:
    path = path.format(**paths_of(product, acme))

    assert acme.get(f"{path}?cursor={cursor}").status == 200
