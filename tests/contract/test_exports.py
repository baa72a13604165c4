"""Exports: how far each has come, and the files that they become."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from urllib3 import PoolManager

from chalicelibs.adapters.memory import MemoryParts
from chalicelibs.adapters.s3_parts import S3Parts
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.exports import (
    Checkpoint,
    Export,
    ExportFormat,
    ExportKind,
)
from chalicelibs.ports.exports import PART_BYTES, Parts, UploadGone
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, plain_id
from tests.contract.conftest import ALL, PARALLEL
from tests.contract.engines import Account, Ports, moto_account

EXPORT = plain_id(1, "x")
SECOND = timedelta(seconds=1)


def an_export(number: int = 1, **changes: object) -> Export:
    export = Export(
        export_id=plain_id(number, "x"),
        workspace_id=WORKSPACE,
        campaign_id=CAMPAIGN,
        kind=ExportKind.TASKS,
        format=ExportFormat.CSV,
        file="renewals-tasks.csv",
        created_at=NOON,
    )
    return replace(export, **changes)  # type: ignore[arg-type]


FULL = an_export(
    kind=ExportKind.REJECTED_ROWS,
    format=ExportFormat.NDJSON,
    context=("name", "ñ=1"),
    import_id=plain_id(1, "f"),
    has_duplicates=True,
    total=7,
    reason="why not",
    done=Checkpoint(
        upload="u", parts=('"1"', '"2"'), rest="exports/x.rest", cursor="c", rows=5, is_whole=True
    ),
    held_until=NOON + SECOND,
)


@pytest.mark.parametrize("export", [an_export(), FULL], ids=["new", "with everything"])
def test_an_export_comes_back_as_it_was_stored(ports: Ports, export: Export) -> None:
    assert ports.exports.add(export) == export

    assert ports.exports.get(WORKSPACE, CAMPAIGN, EXPORT) == export


def test_adding_again_gives_what_is_stored(ports: Ports) -> None:
    ports.exports.add(an_export())
    saved = ports.exports.save(an_export().held(NOON))

    assert ports.exports.add(an_export(total=9)) == saved


def test_another_workspaces_or_campaigns_export_is_not_there(ports: Ports) -> None:
    ports.exports.add(an_export())

    assert ports.exports.get(OTHER_WORKSPACE, CAMPAIGN, EXPORT) is None
    assert ports.exports.get(WORKSPACE, plain_id(2, "c"), EXPORT) is None
    assert list(ports.exports.of_campaign(OTHER_WORKSPACE, CAMPAIGN)) == []
    assert list(ports.exports.of_campaign(WORKSPACE, plain_id(2, "c"))) == []


def test_the_exports_of_a_campaign_come_newest_first(ports: Ports) -> None:
    exports = [ports.exports.add(an_export(number)) for number in (1, 3, 2)]

    listed = list(ports.exports.of_campaign(WORKSPACE, CAMPAIGN))

    assert listed == sorted(exports, key=lambda one: one.export_id, reverse=True)


def test_of_two_who_save_what_they_read_one_is_too_late(ports: Ports) -> None:
    read = ports.exports.add(an_export())

    saved = ports.exports.save(read.held(NOON))

    assert saved == replace(read.held(NOON), version=1)
    with pytest.raises(Stale):
        ports.exports.save(read.withdrawn())
    assert ports.exports.get(WORKSPACE, CAMPAIGN, EXPORT) == saved


def test_what_is_not_there_cannot_be_saved(ports: Ports) -> None:
    with pytest.raises(Stale):
        ports.exports.save(an_export())


# --- Files ---------------------------------------------------------------------------------------

KEY = an_export().key
LARGE = b"x" * PART_BYTES


class Bucket(NamedTuple):
    """Where files are written, and how one is read there."""

    parts: Parts
    read: Callable[[str], bytes]


def in_bucket(account: Account) -> Bucket:
    client = account.client("s3")
    name = f"exports-{account.access_key}"
    client.create_bucket(Bucket=name)
    parts = S3Parts(lambda: client, name)
    return Bucket(parts, lambda key: client.get_object(Bucket=name, Key=key)["Body"].read())


@pytest.fixture(params=ALL)
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    if request.param == "memory":
        twin = MemoryParts()
        yield Bucket(twin, twin.content_by_key.__getitem__)
    elif request.param == "moto":
        with moto_account() as mocked:
            yield in_bucket(mocked)
    else:
        yield in_bucket(request.getfixturevalue("account"))


def test_parts_become_a_file_when_they_are_complete_and_not_before(bucket: Bucket) -> None:
    parts = bucket.parts
    upload = parts.begin(KEY, ExportFormat.CSV)
    tags = [parts.add(KEY, upload, 1, LARGE), parts.add(KEY, upload, 2, b"end")]
    assert not parts.is_there(KEY)

    parts.complete(KEY, upload, tags)

    assert parts.is_there(KEY)
    assert bucket.read(KEY) == LARGE + b"end"


def test_a_file_may_be_one_part_of_nothing(bucket: Bucket) -> None:
    upload = bucket.parts.begin(KEY, ExportFormat.NDJSON)

    bucket.parts.complete(KEY, upload, [bucket.parts.add(KEY, upload, 1, b"")])

    assert bucket.read(KEY) == b""


def test_a_repeated_part_replaces_itself(bucket: Bucket) -> None:
    upload = bucket.parts.begin(KEY, ExportFormat.CSV)
    bucket.parts.add(KEY, upload, 1, b"first")
    tag = bucket.parts.add(KEY, upload, 1, b"second")

    bucket.parts.complete(KEY, upload, [tag])

    assert bucket.read(KEY) == b"second"


def test_a_part_that_was_replaced_by_another_is_no_part_of_the_file(bucket: Bucket) -> None:
    upload = bucket.parts.begin(KEY, ExportFormat.CSV)
    tag = bucket.parts.add(KEY, upload, 1, b"first")
    bucket.parts.add(KEY, upload, 1, b"of a worker that was thought dead")

    with pytest.raises(UploadGone):
        bucket.parts.complete(KEY, upload, [tag])

    assert not bucket.parts.is_there(KEY)


@pytest.mark.parametrize("bucket", PARALLEL, indirect=True)  # moto stumbles
def test_a_file_that_is_complete_takes_no_parts(bucket: Bucket) -> None:
    upload = bucket.parts.begin(KEY, ExportFormat.CSV)
    tag = bucket.parts.add(KEY, upload, 1, b"all")
    bucket.parts.complete(KEY, upload, [tag])

    with pytest.raises(UploadGone):
        bucket.parts.add(KEY, upload, 1, b"more")
    assert bucket.read(KEY) == b"all"


def test_parts_belong_to_one_writing_of_a_file(bucket: Bucket) -> None:
    first, second = (bucket.parts.begin(KEY, ExportFormat.CSV) for _ in range(2))
    bucket.parts.add(KEY, first, 1, b"first")
    tag = bucket.parts.add(KEY, second, 1, b"second")

    bucket.parts.complete(KEY, second, [tag])

    assert bucket.read(KEY) == b"second"


def test_what_is_kept_comes_back(bucket: Bucket) -> None:
    bucket.parts.keep(f"{KEY}.3.rest", b"some rows")

    assert bucket.parts.kept(f"{KEY}.3.rest") == b"some rows"
    bucket.parts.keep(KEY, b"")
    assert bucket.read(KEY) == b""


@pytest.mark.engine
def test_the_address_of_a_file_gives_it_under_its_name_and_gives_no_other(
    account: Account,
) -> None:
    bucket = in_bucket(account)
    for key in (KEY, f"{KEY}x"):
        bucket.parts.keep(key, b"a row\r\n")

    download = bucket.parts.download(
        KEY, name="renewals.csv", now=datetime.now(UTC), valid_for=timedelta(minutes=15)
    )

    with PoolManager() as http:
        answer = http.request("GET", download.url)
        elsewhere = http.request("GET", download.url.replace(".csv?", ".csvx?"))
        changed = http.request("DELETE", download.url)
    assert (answer.status, answer.data) == (200, b"a row\r\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="renewals.csv"'
    assert (elsewhere.status, changed.status) == (403, 403)
    assert parse_qs(urlsplit(download.url).query)["X-Amz-Expires"] == ["900"]
