"""What is sent, and what is made of the answer."""

import io

import pytest

from client.api import MOST_WAITS, Refused, path_of
from client.transport import Answer
from tests.unit.client.script import Script, answer, page

SLOWER = {"error": {"code": "slower", "message": "slower", "param": None, "type": "x"}}
THROTTLED = answer(SLOWER, 429, retry_after="2")


def test_the_key_travels_with_every_request() -> None:
    script = Script([answer({"agents": []})])

    script.api().get("/agents")

    ((method, url, headers, body),) = script.sent
    assert (method, url, body) == ("GET", "http://api.test/agents", None)
    assert headers["Authorization"] == "Bearer k"


def test_an_id_stays_one_step_of_the_path() -> None:
    assert path_of("campaigns", "../agents?x", "start") == "/campaigns/..%2Fagents%3Fx/start"


def test_a_plus_in_a_query_stays_a_plus() -> None:
    script = Script([answer({})])

    script.api().get("/calls", since="2027-03-05T10:00+01:00", outcome=None)

    assert script.sent[0][1] == "http://api.test/calls?since=2027-03-05T10%3A00%2B01%3A00"


def test_a_list_goes_on_after_a_page_that_is_short_or_empty() -> None:
    script = Script([page([1], "a"), page([], "b"), page([2, 3], None)])

    assert script.api().first(None, "/tasks", "tasks") == {
        "tasks": [1, 2, 3],
        "next_cursor": None,
    }
    assert [url.partition("?")[2] for _, url, _, _ in script.sent] == [
        "limit=200",
        "limit=200&cursor=a",
        "limit=200&cursor=b",
    ]


def test_no_more_is_asked_for_than_is_wanted() -> None:
    script = Script([page([1, 2], "a"), page([3], "b")])

    shown = script.api().first(3, "/tasks", "tasks", status="queued")

    assert shown == {"tasks": [1, 2, 3], "next_cursor": "b"}
    assert [url.partition("?")[2] for _, url, _, _ in script.sent] == [
        "status=queued&limit=3",
        "status=queued&limit=1&cursor=a",
    ]


def test_reading_waits_as_long_as_the_api_asks() -> None:
    script = Script([THROTTLED, THROTTLED, answer({"agents": []})])

    assert script.api().get("/agents") == {"agents": []}
    assert script.slept == [2, 2]


def test_patience_ends_after_the_third_wait() -> None:
    script = Script([THROTTLED] * 10)

    with pytest.raises(Refused, match="slower"):
        script.api().get("/agents")
    assert len(script.slept) == MOST_WAITS
    assert len(script.sent) == MOST_WAITS + 1


def test_nobody_waits_for_an_hour() -> None:
    script = Script([answer(SLOWER, 429, retry_after="3600")])

    with pytest.raises(Refused, match="slower"):
        script.api().get("/agents")
    assert script.slept == []


def test_what_could_be_done_twice_is_sent_once() -> None:
    script = Script([THROTTLED])

    with pytest.raises(Refused, match="slower"):
        script.api().post("/tasks", {})
    assert len(script.sent) == 1


def test_what_has_a_key_of_its_own_is_sent_again_with_it() -> None:
    script = Script([THROTTLED, answer({"task": {}}, 201)])

    script.api().post("/tasks", {"phone": "+34600000001"}, idempotency_key="k1")

    assert script.sent[0] == script.sent[1]
    assert script.sent[0][2]["Idempotency-Key"] == "k1"


def test_a_change_is_made_to_what_was_read() -> None:
    script = Script([answer({"name": "A"}, etag='"7"'), answer({"name": "B"})])
    api = script.api()

    was, etag = api.get_tagged("/campaigns/c1")
    api.patch("/campaigns/c1", {"name": "B"}, etag=etag)

    assert was == {"name": "A"}
    assert script.sent[1][2]["If-Match"] == '"7"'


def test_an_upload_has_a_length_and_does_not_carry_the_key() -> None:
    script = Script([Answer(200, {}, b"")])
    target = {"method": "PUT", "url": "http://bucket.test/x?s=1", "headers": {"X-A": "b"}}

    script.api().upload(target, io.BytesIO(b"phone\n"), 6)

    assert script.sent == [
        ("PUT", "http://bucket.test/x?s=1", {"X-A": "b", "Content-Length": "6"}, b"phone\n")
    ]


def test_an_upload_that_is_refused_is_told() -> None:
    script = Script([Answer(403, {}, b"<Error/>")])
    target = {"method": "PUT", "url": "http://bucket.test/x", "headers": {}}

    with pytest.raises(Refused, match="403"):
        script.api().upload(target, io.BytesIO(b""), 0)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(
            answer({"error": {"message": "must be after start_at", "param": "end_at"}}, 422),
            r"must be after start_at \(end_at\)",
            id="a field is wrong",
        ),
        pytest.param(
            answer({"error": {"message": "too fast", "param": None}}, 500),
            "^too fast$",
            id="no field is wrong",
        ),
        pytest.param(Answer(502, {}, b"<html>"), "status 502", id="a proxy answers"),
        pytest.param(Answer(200, {}, b"<html>"), "check the address", id="something else answers"),
        pytest.param(answer(["what"], 400), "status 400", id="an error of another shape"),
        pytest.param(answer({"error": "no"}, 400), "status 400", id="an error that is a word"),
    ],
)
def test_whatever_comes_back_is_told_in_words(said: Answer, message: str) -> None:
    with pytest.raises(Refused, match=message):
        Script([said]).api().get("/agents")
