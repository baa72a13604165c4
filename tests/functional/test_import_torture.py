"""Files as bad as they come: each has a clear result, and rows in are rows told of."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from chalicelibs.domain.csv_rows import LONGEST_LINE
from chalicelibs.domain.dead_letters import MOST_RECEIVES
from tests.functional.product import Acme, Product

GOOD = b"+34600000001,Eva\n"


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def imported(product: Product, acme: Acme, campaign_id: str, content: bytes) -> Any:
    """The import of a file, of which every row is accounted for."""
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/contacts.csv"
    product.drop(source, content)
    job = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"][-1]
    assert job["rows"] == job["accepted"] + job["rejected"] + job["duplicates"]
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == job["accepted"]
    assert not product.store.campaigns[campaign_id].importing
    return job


def codes(product: Product, job: Any) -> list[tuple[int, str]]:
    found = product.store.rejected[job["id"]]
    return [(line, found[line].code) for line in sorted(found)]


@pytest.mark.parametrize(
    ("content", "accepted", "expected"),
    [
        pytest.param(b"", 0, [], id="a header and nothing else"),
        pytest.param(
            GOOD + b"+34600000002\n+34600000003,a,b\n",
            1,
            [
                (3, "wrong_number_of_columns"),
                (4, "wrong_number_of_columns"),
            ],
            id="ragged rows",
        ),
        pytest.param(
            b"x" * (3 * LONGEST_LINE) + b"\n" + GOOD,
            1,
            [
                (2, "line_too_long"),
            ],
            id="a long line",
        ),
        pytest.param(
            b'+34600000002,"' + b"x" * (10 << 20) + b'"\n' + GOOD,
            1,
            [
                (2, "line_too_long"),
            ],
            id="a field of 10 MB",
        ),
        pytest.param(
            b"+34600000002," + b"x" * 200_000 + b"\n" + GOOD,
            1,
            [
                (2, "field_too_long"),
            ],
            id="a field too long for a line of its own",
        ),
        pytest.param(
            b"+34600000002," + b"x" * 9_000 + b"\n" + GOOD,
            1,
            [
                (2, "context_too_large"),
            ],
            id="more than is kept of a contact",
        ),
        pytest.param(b"+34600000002,a\0b\n" + GOOD, 1, [(2, "zero_byte")], id="zero bytes"),
        pytest.param(
            "+34600000002,José\n".encode("latin-1") + GOOD,
            1,
            [
                (2, "not_text"),
            ],
            id="mixed encodings",
        ),
        pytest.param(
            b'+34600000002,"Ana\n' + GOOD,
            1,
            [
                (2, "broken_quotes"),
            ],
            id="a quote never closed",
        ),
        pytest.param(
            b'+34600000002,"Ana\n' * 3 + GOOD,
            1,
            [
                (2, "broken_quotes"),
                (3, "broken_quotes"),
                (4, "broken_quotes"),
            ],
            id="quotes never closed",
        ),
        pytest.param(b'"+34600000001","E""v""a,\nof Vigo"\r\n', 1, [], id="quotes as they should"),
        pytest.param(
            b"+34600000001,Eva\r+34600000002,Ana\r\n\n+34600000003,Lea",
            3,
            [],
            id="every kind of line end",
        ),
    ],
)
def test_what_is_bad_costs_itself_and_nothing_else(
    product: Product,
    acme: Acme,
    campaign_id: str,
    content: bytes,
    accepted: int,
    expected: list[tuple[int, str]],
) -> None:
    job = imported(product, acme, campaign_id, b"phone,name\n" + content)

    assert (job["status"], job["accepted"]) == ("completed", accepted)
    assert codes(product, job) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_says_how_a_file_is_written(
    product: Product, acme: Acme, campaign_id: str, encoding: str
) -> None:
    content = "phone;name\r\n+34600000001;José 🙂\r\n".encode(encoding)

    job = imported(product, acme, campaign_id, content)

    (task,) = product.store.tasks.values()
    assert (job["status"], task.context) == ("completed", {"name": "José 🙂"})


def test_a_thousand_columns_are_kept(product: Product, acme: Acme, campaign_id: str) -> None:
    names = ["phone", "name", *(f"c{number}" for number in range(1, 1_200))]
    row = ["+34600000001", "Eva", *("x" for _ in names[2:])]

    job = imported(product, acme, campaign_id, f"{','.join(names)}\n{','.join(row)}\n".encode())

    assert (job["status"], job["accepted"]) == ("completed", 1)


def test_two_thousand_columns_are_too_many_for_a_contact(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    wide = ["phone", *(f"column_{number}" for number in range(2_000))]

    job = imported(product, acme, campaign_id, ",".join(wide).encode())

    assert job["status"] == "failed"
    assert "leave out the columns" in job["reason"]


def test_thousands_of_duplicates_become_one_task(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, b"phone,name\n" + GOOD * 10_000)

    assert (job["status"], job["rows"]) == ("completed", 10_000)
    assert (job["accepted"], job["duplicates"], job["rejected"]) == (1, 9_999, 0)
    assert Counter(code for _, code in codes(product, job)) == {"duplicate": 9_999}


def test_a_file_that_is_imported_again_brings_nothing_new(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    rows = b"".join(b"+346%08d,Eva\n" % number for number in range(6_000))
    first = imported(product, acme, campaign_id, b"phone,name\n" + rows)

    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/again.csv"
    product.drop(source, b"phone,name\n" + rows)

    again = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"][-1]
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (6_000, 0, 6_000)
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 6_000


def two_chunks() -> bytes:
    return b"phone,name\n" + b"".join(b"+346%08d,Eva\n" % number for number in range(12_000))


@pytest.mark.parametrize("how", ["deleted", "replaced", "archived"])
def test_a_world_that_changes_during_an_import_ends_it(
    product: Product, acme: Acme, campaign_id: str, how: str
) -> None:
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/contacts.csv"
    product.bucket.bytes_by_source[source] = two_chunks()
    product.plan_import(source)
    first, *product.queue.importing = product.queue.importing
    rest, product.queue.importing = product.queue.importing, [first]
    product.import_chunks()
    if how == "deleted":
        del product.bucket.bytes_by_source[source]
    elif how == "replaced":
        product.bucket.bytes_by_source[source] = b"phone,name\n" + GOOD
    else:
        acme.post(f"/campaigns/{campaign_id}/archive")

    product.queue.importing = rest
    product.import_chunks()

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert job["status"] == "failed"
    assert {"deleted": "gone", "replaced": "replaced", "archived": "archived"}[how] in job[
        "reason"
    ]
    assert 0 < job["rows"] == job["accepted"] < job["total"] == 12_000
    (missing,) = acme.shown(f"/imports/{job['id']}/missing")["missing"]
    assert missing["last"] - missing["first"] + 1 == 12_000 - job["rows"]
    assert missing["last"] == 12_001
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == job["accepted"]


def test_a_running_campaign_takes_more_contacts_and_calls_them_at_once(
    product: Product, acme: Acme
) -> None:
    campaign_id = str(acme.made("/campaigns", acme.batch(draft=False))["id"])
    folder = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}"
    product.drop(f"{folder}/one.csv", b"phone,name\n" + GOOD)
    product.run()
    assert len(product.carrier.asked) == 1

    product.bucket.bytes_by_source[f"{folder}/two.csv"] = two_chunks()
    product.plan_import(f"{folder}/two.csv")
    first, *rest = product.queue.importing
    product.queue.importing = [first]
    product.run()

    assert len(product.carrier.asked) > 1, "while the rest is still to be imported"
    product.queue.importing = rest
    product.run()
    job = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"][-1]
    assert (job["status"], job["rows"]) == ("completed", 12_000)


def test_a_chunk_that_fails_again_and_again_is_named_and_sent_back(
    product: Product, acme: Acme, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/contacts.csv"
    product.bucket.bytes_by_source[source] = two_chunks()
    product.plan_import(source)
    bad, *product.queue.importing = product.queue.importing

    def no_route(*_: object, **__: object) -> bytes:
        raise ConnectionError("no route to +34600000001")

    with monkeypatch.context() as patch:
        patch.setattr(product.bucket, "read", no_route)
        for receives in range(1, MOST_RECEIVES + 1):
            failed = product.deliver("app.import_chunk", [asdict(bad)], receives=receives)
            assert failed == ["m0"]
    product.import_chunks()

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    (missing,) = acme.shown(f"/imports/{job['id']}/missing")["missing"]
    assert job["status"] == "failed"
    assert f"{12_000 - job['rows']} rows could not be imported" in job["reason"]
    assert missing == {
        "first": 2,
        "last": 12_001 - job["rows"],
        "reason": "ConnectionError: no route to …",
    }

    assert product.deliver("app.import_chunk", [asdict(bad)]) == []

    done = acme.shown(f"/imports/{job['id']}")
    assert (done["status"], done["reason"], done["accepted"]) == ("completed", None, 12_000)
    assert acme.shown(f"/imports/{job['id']}/missing") == {"missing": []}
