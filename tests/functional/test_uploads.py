"""A file of contacts sent through the API: announced and uploaded, or with the request."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from chalicelibs.api.http import MOST_BYTES
from tests.functional.conftest import Log
from tests.functional.product import Acme, Answer, Product

NEVER = "0000000000000000"
ROWS = b"phone,name\n+34600000001,Eva\n+34600000002,Ana\n"
OTHER_ROWS = b"phone,name\n+34600000003,Lea\n"


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def announced(acme: Acme, campaign_id: str, file: str = "contacts.csv") -> Any:
    return acme.made(f"/campaigns/{campaign_id}/imports", {"file": file})


def sent(acme: Acme, campaign_id: str, content: bytes, file: str = "contacts.csv") -> Answer:
    return acme.post_csv(f"/campaigns/{campaign_id}/imports?file={file}", content)


def total(acme: Acme, campaign_id: str) -> int:
    return int(acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"])


# --- Announced -----------------------------------------------------------------------------------


def test_an_announced_file_waits_and_is_told_where_to_go(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = announced(acme, campaign_id)

    job, upload = made["import"], made["upload"]
    assert (job["status"], job["file"], job["rows"]) == ("waiting", "contacts.csv", 0)
    assert acme.shown(f"/imports/{job['id']}") == job
    assert acme.shown(f"/campaigns/{campaign_id}/imports") == {"imports": [job]}
    assert (upload["method"], upload["headers"]) == ("PUT", {"Content-Type": "text/csv"})
    key = f"imports/{acme.workspace_id}/{campaign_id}/{job['id']}/contacts.csv"
    assert f"/{key}?" in upload["url"]
    assert upload["expires_at"] == "2027-03-05T13:00:00.000Z", "an hour from noon"
    assert product.store.tasks == {}


def test_the_file_that_arrives_is_imported_under_the_id_that_was_told(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = announced(acme, campaign_id)

    product.upload(made["upload"], ROWS)

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert (job["id"], job["status"]) == (made["import"]["id"], "completed")
    assert (job["rows"], job["accepted"]) == (2, 2)
    assert total(acme, campaign_id) == 2


def test_a_file_that_never_comes_keeps_no_campaign_from_finishing(
    product: Product, acme: Acme
) -> None:
    campaign_id = str(acme.made("/campaigns", acme.batch(draft=False))["id"])
    sent(acme, campaign_id, b"phone,name\n+34600000001,Eva\n")
    product.let_in()
    announced(acme, campaign_id)
    product.run()
    product.ended(product.carrier.asked[0].call_id)
    product.run()

    product.tick()

    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "completed"
    jobs = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert [job["status"] for job in jobs] == ["completed", "waiting"]


def test_a_file_that_comes_when_its_campaign_is_over_says_so(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = announced(acme, campaign_id)
    acme.post(f"/campaigns/{campaign_id}/archive")

    product.upload(made["upload"], ROWS)

    job = acme.shown(f"/imports/{made['import']['id']}")
    assert (job["status"], job["accepted"]) == ("failed", 0)
    assert "archived" in job["reason"]


def test_two_files_of_one_name_are_two_imports(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    one, two = announced(acme, campaign_id), announced(acme, campaign_id)

    product.upload(one["upload"], ROWS)
    product.upload(two["upload"], OTHER_ROWS)

    assert one["import"]["id"] != two["import"]["id"]
    assert total(acme, campaign_id) == 3


# --- Twice ---------------------------------------------------------------------------------------


def test_the_same_file_sent_twice_is_imported_once(
    product: Product, acme: Acme, campaign_id: str, log: Log
) -> None:
    upload = announced(acme, campaign_id)["upload"]
    product.upload(upload, ROWS)
    stored = product.everything()

    product.upload(upload, ROWS)

    assert product.everything() == stored
    assert "not imported" not in log()


def test_another_file_sent_to_the_same_address_is_not_imported_and_the_log_says_so(
    product: Product, acme: Acme, campaign_id: str, log: Log
) -> None:
    made = announced(acme, campaign_id)
    product.upload(made["upload"], ROWS)
    job = acme.shown(f"/imports/{made['import']['id']}")

    product.upload(made["upload"], OTHER_ROWS)

    assert acme.shown(f"/campaigns/{campaign_id}/imports") == {"imports": [job]}
    assert total(acme, campaign_id) == 2
    assert "file not imported: its import has another" in log()


def test_a_file_that_could_not_be_used_may_be_mended_and_sent_again(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = announced(acme, campaign_id)
    product.upload(made["upload"], b"name,city\nEva,Vigo\n")
    assert acme.shown(f"/imports/{made['import']['id']}")["status"] == "failed"

    product.upload(made["upload"], ROWS)

    job = acme.shown(f"/imports/{made['import']['id']}")
    assert (job["status"], job["reason"], job["accepted"]) == ("completed", None, 2)


def test_rows_of_two_files_never_mix_in_one_import(
    product: Product, acme: Acme, campaign_id: str, log: Log
) -> None:
    good = b"".join(b"+346000%05d,x\n" % number for number in range(100))
    made = announced(acme, campaign_id)
    url = urlsplit(made["upload"]["url"])
    source = f"s3:/{unquote(url.path)}"
    product.bucket.bytes_by_source[source] = b"phone,name\n" + good
    product.plan_import(source)

    product.upload(made["upload"], b"phone,name\n" + good.replace(b"+346000", b"+346999"))

    job = acme.shown(f"/imports/{made['import']['id']}")
    assert (job["status"], job["rows"]) == ("failed", 0)
    assert "was replaced" in job["reason"]
    assert total(acme, campaign_id) == 0
    assert "file not imported" in log()


# --- Beside the drop by hand ---------------------------------------------------------------------


def test_a_folder_that_looks_like_an_id_is_a_folder(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/2027march0000000/contacts.csv"
    product.drop(source, ROWS)

    product.drop(source, OTHER_ROWS)

    jobs = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert [(job["status"], job["accepted"]) for job in jobs] == [
        ("completed", 2),
        ("completed", 1),
    ]


def test_a_file_dropped_into_the_folder_of_an_announced_one_is_not_that_one(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = announced(acme, campaign_id)
    folder = f"imports/{acme.workspace_id}/{campaign_id}/{made['import']['id']}"

    product.drop(f"s3://drop/{folder}/other.csv", ROWS)

    assert acme.shown(f"/imports/{made['import']['id']}")["status"] == "waiting"
    assert total(acme, campaign_id) == 2


# --- With the request ----------------------------------------------------------------------------


def test_a_small_file_comes_with_its_request(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    answer = sent(acme, campaign_id, ROWS)

    assert (answer.status, answer.body["upload"]) == (202, None)
    job = answer.body["import"]
    assert (job["status"], job["file"]) == ("waiting", "contacts.csv")
    product.let_in()
    assert acme.shown(f"/imports/{job['id']}")["status"] == "completed"
    assert total(acme, campaign_id) == 2


@pytest.mark.parametrize("media_type", ["text/csv; charset=utf-8", "Text/CSV"])
def test_the_type_may_be_written_as_http_allows(
    acme: Acme, campaign_id: str, media_type: str
) -> None:
    path = f"/campaigns/{campaign_id}/imports?file=contacts.csv"

    assert acme.post_csv(path, ROWS, media_type=media_type).status == 202


def test_a_file_of_a_mebibyte_is_taken_and_a_larger_one_is_shown_the_way(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    before = product.everything()

    large = sent(acme, campaign_id, b"x" * (MOST_BYTES + 1))

    assert (large.status, large.error["code"]) == (413, "too_large")
    assert "announce it" in large.error["message"]
    assert product.everything() == before
    assert sent(acme, campaign_id, b"x" * MOST_BYTES).status == 202


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("phone,name\n+34600000001,José\n".encode("latin-1"), id="latin-1"),
        pytest.param("phone,name\n+34600000001,José\n".encode("utf-16"), id="utf-16"),
        pytest.param("phone,name\n+34600000001,Jos\ufffd\n".encode(), id="mangled on its way"),
    ],
)
def test_a_file_that_is_not_text_is_refused_before_anybody_gets_a_wrong_name(
    product: Product, acme: Acme, campaign_id: str, content: bytes
) -> None:
    before = product.everything()

    answer = sent(acme, campaign_id, content)

    assert (answer.status, answer.error["code"]) == (400, "malformed")
    assert "UTF-8" in answer.error["message"]
    assert product.everything() == before


def test_a_file_without_a_name_is_refused(product: Product, acme: Acme, campaign_id: str) -> None:
    before = product.everything()

    answer = acme.post_csv(f"/campaigns/{campaign_id}/imports", ROWS)

    assert (answer.status, answer.error["param"]) == (422, "file")
    assert product.everything() == before


# --- Refused -------------------------------------------------------------------------------------

BAD_NAMES = [
    pytest.param("", id="empty"),
    pytest.param("contacts.txt", id="another ending"),
    pytest.param("contacts.CSV", id="an ending that the bucket does not tell of"),
    pytest.param("../contacts.csv", id="a way up"),
    pytest.param("lists\\contacts.csv", id="a path of Windows"),
    pytest.param("con\ntacts.csv", id="a line end"),
    pytest.param("con\u0085tacts.csv", id="a control character"),
    pytest.param("x" * 197 + ".csv", id="too long"),
]


@pytest.mark.parametrize("file", BAD_NAMES)
def test_a_name_that_is_none_is_refused(
    product: Product, acme: Acme, campaign_id: str, file: str
) -> None:
    before = product.everything()

    answer = acme.post(f"/campaigns/{campaign_id}/imports", {"file": file})

    assert (answer.status, answer.error["param"]) == (422, "file")
    assert product.everything() == before


@pytest.mark.parametrize("file", ["x" * 196 + ".csv", "mis contactos ñ+1 50%?#.csv", "名簿.csv"])
def test_a_name_of_all_letters_arrives(
    product: Product, acme: Acme, campaign_id: str, file: str
) -> None:
    made = announced(acme, campaign_id, file)

    product.upload(made["upload"], ROWS)

    job = acme.shown(f"/imports/{made['import']['id']}")
    assert (job["file"], job["status"]) == (file, "completed")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 422, "file"),
        ({"file": 5}, 422, "file"),
        ({"file": None}, 422, "file"),
        ({"file": "a.csv", "size": 3}, 422, "size"),
        (["a.csv"], 400, None),
        (b"phone,name\n", 400, None),
    ],
    ids=str,
)
def test_a_body_that_announces_nothing_is_refused(
    acme: Acme, campaign_id: str, body: Any, status: int, param: str | None
) -> None:
    answer = acme.post(f"/campaigns/{campaign_id}/imports", body)

    assert (answer.status, answer.error["param"]) == (status, param)


def closed(product: Product, acme: Acme, how: str) -> str:
    """A campaign that takes no file."""
    if how == "unknown":
        return NEVER
    if how == "realtime":
        return acme.campaign()
    ends = (product.clock.at + timedelta(minutes=1)).isoformat()
    campaign_id = str(acme.made("/campaigns", acme.batch(end_at=ends))["id"])
    if how == "archived":
        acme.post(f"/campaigns/{campaign_id}/archive")
    else:
        product.clock.pass_(timedelta(minutes=1))
    return campaign_id


@pytest.mark.parametrize("with_file", [False, True], ids=["announced", "with the request"])
@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("unknown", 404, "there is no campaign"),
        ("realtime", 422, "push tasks instead"),
        ("archived", 409, "archived"),
        ("ended", 409, "ended"),
    ],
)
def test_a_campaign_that_takes_no_contacts_says_so_before_anything_is_made(
    product: Product, acme: Acme, how: str, status: int, message: str, with_file: bool
) -> None:
    campaign_id = closed(product, acme, how)
    path, before = f"/campaigns/{campaign_id}/imports", product.everything()

    answer = (
        acme.post_csv(f"{path}?file=contacts.csv", ROWS)
        if with_file
        else acme.post(path, {"file": "contacts.csv"})
    )

    assert answer.status == status
    assert message in answer.error["message"]
    assert product.everything() == before
    assert product.bucket.bytes_by_source == {}


# --- Repeated ------------------------------------------------------------------------------------


def test_a_file_sent_again_under_its_key_is_stored_once(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/imports?file=contacts.csv"
    first = acme.post_csv(path, ROWS, once="monday")

    again = acme.post_csv(path, ROWS, once="monday")
    renamed = acme.post_csv(path.replace("contacts", "others"), ROWS, once="monday")

    assert again == first
    assert len(product.bucket.arrived) == 1
    assert (renamed.status, renamed.error["code"]) == (409, "idempotency_key_reused")


def test_the_log_names_nobody(product: Product, acme: Acme, campaign_id: str, log: Log) -> None:
    made = announced(acme, campaign_id)
    product.upload(made["upload"], ROWS)
    product.upload(made["upload"], OTHER_ROWS)
    sent(acme, campaign_id, ROWS)

    assert "60000000" not in log()
    assert json.dumps(made["upload"]["url"])[1:-1] not in log(), "whoever knows it can write"
