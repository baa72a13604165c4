"""The workspace of the local stack, made once through the API like any other."""

import http.client
import json
from pathlib import Path
from typing import Any

from client.api import Api
from local import keys
from local.keys import Keys

#: The most that a key may be given.
MOST_PER_MINUTE = 100_000


class NoWorkspace(Exception):
    """The API did not make a workspace; the message says what it answered."""


def ensure(port: int, data: Path) -> Keys:
    """Read the keys, with a workspace and an API key that the service knows."""
    known = keys.load(data)
    # An engine that was killed has lost its tables, and the key with them.
    if known.api_key and _ask(port, "GET", "/campaigns", known.api_key)[0] not in {401, 403}:
        return known
    status, answer = _ask(port, "POST", "/workspaces", known.bootstrap_key, {"name": "local"})
    if status not in {200, 201}:
        raise NoWorkspace(f"POST /workspaces answered {status}: {answer}")
    return keys.keep_workspace(
        data, workspace_id=answer["workspace"]["id"], api_key=answer["api_key"]
    )


def ask_often(api: Api) -> None:
    """Raise the limits of a workspace's keys: who watches or audits asks all the time."""
    for key in api.get("/keys")["keys"]:
        api.patch(f"/keys/{key['id']}", {"requests_per_minute": MOST_PER_MINUTE}, etag=None)


def _ask(
    port: int, method: str, path: str, key: str, body: dict[str, str] | None = None
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            method,
            path,
            body=json.dumps(body) if body else None,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    try:
        return response.status, json.loads(text)
    except ValueError:
        return response.status, text
