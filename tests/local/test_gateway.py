import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local import resources
from local.functions import Declared
from local.gateway import MOST_BYTES, Gateway, GatewayServer
from local.gateway_errors import Refusals
from local.trial import free_port, until
from tests.local.conftest import SAMPLE_APP

Answer = tuple[int, Any, http.client.HTTPResponse]


@pytest.fixture
def server(sample: Declared) -> Iterator[GatewayServer]:
    refusals = Refusals(resources.load(SAMPLE_APP)["Resources"])
    server = GatewayServer(Gateway(sample.app, sample.config, refusals), free_port())
    server.begin()
    yield server
    server.finish(5)


@pytest.fixture
def connection(server: GatewayServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
    yield connection
    connection.close()


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    return response.status, json.loads(response.read() or b"null"), response


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        pytest.param("GET", "/campaigns", None, 401, "unauthorized", id="no key"),
        pytest.param("GET", "/campaigns", "", 401, "unauthorized", id="an empty key"),
        pytest.param("GET", "/campaigns", "x", 403, "denied_by_the_template", id="a wrong key"),
        pytest.param("GET", "/campaigns", "Bearer broken", 500, "internal_error", id="authorizer"),
        pytest.param("GET", "/nowhere", None, 404, "not_found", id="no such path"),
        pytest.param("GET", "/nowhere", "Bearer key_1", 404, "not_found", id="no such path, key"),
        pytest.param("DELETE", "/health", None, 404, "not_found", id="no such method"),
        pytest.param("BREW", "/nowhere", None, 404, "not_found", id="no method at all"),
    ],
)
def test_the_gateways_own_refusals_have_the_one_shape(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    token: str | None,
    status: int,
    code: str,
) -> None:
    headers = {} if token is None else {"Authorization": token}

    got, body, response = ask(connection, method, path, headers=headers)

    assert (got, body["error"]["code"]) == (status, code)
    assert body["error"].keys() == {"code", "message", "param", "type"}
    assert response.headers["Content-Type"] == "application/json"


def test_a_method_that_no_api_can_have_is_refused_with_those_that_the_path_has(
    connection: http.client.HTTPConnection,
) -> None:
    status, body, response = ask(connection, "TRACE", "/campaigns")

    assert (status, response.headers["Allow"]) == (405, "GET")
    assert body["error"].keys() == {"code", "message", "param", "type"}


def test_a_known_key_is_let_in(connection: http.client.HTTPConnection) -> None:
    status, body, _ = ask(
        connection, "GET", "/campaigns", headers={"Authorization": "Bearer key_1"}
    )

    assert (status, body) == (200, {"campaigns": []})


def test_a_route_is_told_what_the_authorizer_said_of_the_key(
    connection: http.client.HTTPConnection,
) -> None:
    headers = {"Authorization": "Bearer key_1"}

    status, body, _ = ask(connection, "GET", "/authorizer", headers=headers)

    assert status == 200
    assert body == {"principalId": "someone", "key_id": "key_1", "requests_per_minute": "600"}


def test_a_body_of_more_than_10_mb_is_refused_in_the_templates_words(
    connection: http.client.HTTPConnection,
) -> None:
    status, body, _ = ask(connection, "POST", "/echo", body=b"x" * (MOST_BYTES + 1))

    assert status == 413
    assert body["error"] == {
        "code": "from_the_template",
        "message": "The body is larger than 10 MB.",
        "param": None,
        "type": "REQUEST_TOO_LARGE",
    }


def test_a_body_of_10_mb_passes(connection: http.client.HTTPConnection) -> None:
    headers = {"Content-Type": "text/plain"}

    status, body, _ = ask(connection, "POST", "/echo", body=b"x" * MOST_BYTES, headers=headers)

    assert (status, body) == (200, {"bytes": MOST_BYTES})


@pytest.mark.parametrize(
    ("least", "accepts", "is_compressed"),
    [
        pytest.param(10, "gzip, br", True, id="large, and the client takes it"),
        pytest.param(10, "br", False, id="the client takes another"),
        pytest.param(10, None, False, id="the client says nothing"),
        pytest.param(1000, "gzip", False, id="small"),
        pytest.param(None, "gzip", False, id="not set up"),
    ],
)
def test_what_is_large_is_compressed_for_who_takes_it(
    server: GatewayServer,
    connection: http.client.HTTPConnection,
    least: int | None,
    accepts: str | None,
    is_compressed: bool,
) -> None:
    server.gateway.compresses_from = least

    connection.request(
        "GET", "/health", headers={} if accepts is None else {"Accept-Encoding": accepts}
    )

    response = connection.getresponse()
    raw = response.read()
    assert (response.headers["Content-Encoding"] == "gzip") == is_compressed
    assert json.loads(gzip.decompress(raw) if is_compressed else raw) == {"status": "ok"}


def test_one_connection_serves_many_requests_refused_ones_among_them(
    connection: http.client.HTTPConnection,
) -> None:
    statuses = [ask(connection, "GET", "/health")[0]]
    socket = connection.sock
    statuses += [ask(connection, "GET", "/nowhere")[0], ask(connection, "GET", "/boom")[0]]
    statuses += [ask(connection, "GET", "/health")[0]]

    assert statuses == [200, 404, 500, 200]
    assert connection.sock is socket


def test_each_thread_has_a_request_of_its_own(server: GatewayServer) -> None:
    sizes: list[tuple[int, int]] = []

    def echo(size: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
        for _ in range(20):
            _, body, _ = ask(
                client, "POST", "/echo", body=b"x" * size, headers={"Content-Type": "text/plain"}
            )
            sizes.append((size, body["bytes"]))
        client.close()

    threads = [threading.Thread(target=echo, args=(size,)) for size in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sizes) == 160
    assert all(sent == received for sent, received in sizes)


def test_a_running_request_is_finished_before_the_gateway_is(
    server: GatewayServer, connection: http.client.HTTPConnection
) -> None:
    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(ask(connection, "GET", "/slow/0.5")[0])
    )
    asking.start()
    until(lambda: server.running == 1)

    assert server.finish(5)
    asking.join()
    assert answers == [200]


def test_a_refusal_without_an_entry_takes_the_body_of_its_family_and_its_own_status() -> None:
    body = '{"error": {"code": "family", "id": "$context.requestId"}}'
    refusals = Refusals(
        {
            "Any": {
                "Type": "AWS::ApiGateway::GatewayResponse",
                "Properties": {
                    "ResponseType": "DEFAULT_4XX",
                    "ResponseTemplates": {"application/json": body},
                    "ResponseParameters": {"gatewayresponse.header.X-Own": "'yes'"},
                },
            }
        }
    )

    refusal = refusals.of("UNAUTHORIZED", request_id="r1")

    assert refusal.status == 401
    assert json.loads(refusal.body) == {"error": {"code": "family", "id": "r1"}}
    assert refusal.headers == {"X-Own": "yes"}
