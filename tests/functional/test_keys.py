"""A workspace has keys with names and limits; each can be taken away, but not the last."""

from typing import Any

import pytest

from chalicelibs.domain.workspace import MOST_KEYS
from tests.functional.product import Acme, Api, Product


def new_key(acme: Acme, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = acme.made("/keys", {"name": "jobs", **changes})
    return made


def test_the_key_that_came_with_the_workspace_is_listed(acme: Acme) -> None:
    (first,) = acme.shown("/keys")["keys"]

    assert acme.key is not None
    assert first == {
        "id": acme.key.split("_")[1],
        "name": "first",
        "scope": "manage",
        "requests_per_minute": 600,
        "created_at": "2027-03-05T12:00:00.000Z",
    }


def test_a_new_key_works_at_once_and_its_secret_is_told_once(product: Product, acme: Acme) -> None:
    made = new_key(acme, requestsPerMinute=30)

    assert Api(made["api_key"]).shown("/workspace") == acme.shown("/workspace")
    assert made["key"]["requests_per_minute"] == 30
    assert made["key"] in acme.shown("/keys")["keys"]
    assert made["api_key"] not in str(acme.shown("/keys"))
    assert made["api_key"].split("_", 2)[2] not in str(product.everything())


def test_what_a_change_leaves_out_stays(acme: Acme) -> None:
    key = new_key(acme)["key"]

    renamed = acme.patch(f"/keys/{key['id']}", {"name": "nightly"})
    slowed = acme.patch(f"/keys/{key['id']}", {"requests_per_minute": 1})

    assert renamed == (200, {**key, "name": "nightly"})
    both = {**key, "name": "nightly", "requests_per_minute": 1}
    assert slowed == (200, both)
    assert both in acme.shown("/keys")["keys"]


def test_a_changed_key_still_opens_the_workspace(acme: Acme) -> None:
    made = new_key(acme)

    acme.patch(f"/keys/{made['key']['id']}", {"name": "nightly"})

    assert Api(made["api_key"]).get("/workspace").status == 200


def test_a_revoked_key_opens_nothing(acme: Acme) -> None:
    made = new_key(acme)

    revoked = acme.delete(f"/keys/{made['key']['id']}")

    assert revoked == (200, made["key"])
    assert Api(made["api_key"]).get("/workspace").status == 403
    assert made["key"] not in acme.shown("/keys")["keys"]
    assert acme.delete(f"/keys/{made['key']['id']}").status == 404


def test_a_key_may_revoke_itself_if_it_is_not_the_last(acme: Acme) -> None:
    made = new_key(acme)
    own = Api(made["api_key"])

    assert own.delete(f"/keys/{made['key']['id']}").status == 200
    assert own.get("/workspace").status == 403
    assert acme.get("/workspace").status == 200


def test_the_last_key_cannot_be_revoked(acme: Acme) -> None:
    (only,) = acme.shown("/keys")["keys"]

    answer = acme.delete(f"/keys/{only['id']}")

    assert (answer.status, answer.error["code"]) == (409, "not_allowed")
    assert "last" in answer.error["message"]
    assert acme.get("/workspace").status == 200


def test_there_are_only_so_many_keys(acme: Acme) -> None:
    for _ in range(MOST_KEYS - 1):
        new_key(acme)

    answer = acme.post("/keys", {"name": "one too many"})

    assert (answer.status, answer.error["code"]) == (409, "not_allowed")
    assert str(MOST_KEYS) in answer.error["message"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": None}, "name"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"requests_per_minute": 100_001}, "requests_per_minute"),
        ({"requests_per_minute": "9"}, "requests_per_minute"),
        ({"requests_per_minute": None}, "requests_per_minute"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    product: Product, acme: Acme, changes: dict[str, Any], param: str
) -> None:
    (only,) = acme.shown("/keys")["keys"]
    stored = product.everything()

    made = acme.post("/keys", {"name": "jobs", **changes})
    changed = acme.patch(f"/keys/{only['id']}", changes)

    assert (made.status, made.error["param"]) == (422, param)
    assert (changed.status, changed.error["param"]) == (422, param)
    assert product.everything() == stored


def test_a_key_needs_a_name(acme: Acme) -> None:
    answer = acme.post("/keys", {})

    assert (answer.status, answer.error["param"]) == (422, "name")
