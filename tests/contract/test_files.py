"""Dropped files: read piece by piece, one version or not at all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from urllib3 import PoolManager

from chalicelibs.adapters.memory import MemoryFiles, version_of
from chalicelibs.adapters.s3 import S3Files
from chalicelibs.bootstrap import aws_ports
from chalicelibs.config import Settings
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.ports.imports import Files, UnreadableFile, Upload
from tests.builders import NOON
from tests.contract.conftest import ALL
from tests.contract.engines import Account, moto_account

KEY = "imports/w1/my contacts ñ.csv"


class Dropped(NamedTuple):
    """Files, and the one among them that was dropped."""

    files: Files
    source: str


FilesWith = Callable[[bytes], Dropped]


def in_bucket(account: Account) -> FilesWith:
    client = account.client("s3")
    bucket = f"drop-{account.access_key}"  # the names of buckets are shared by all accounts
    client.create_bucket(Bucket=bucket)

    def drop(content: bytes) -> Dropped:
        client.put_object(Bucket=bucket, Key=KEY, Body=content)
        return Dropped(S3Files(lambda: client, bucket), f"s3://{bucket}/{KEY}")

    return drop


def in_memory(content: bytes) -> Dropped:
    source = f"s3://drop/{KEY}"
    return Dropped(MemoryFiles({source: content}), source)


@pytest.fixture(params=ALL)
def files_with(request: pytest.FixtureRequest) -> Iterator[FilesWith]:
    if request.param == "memory":
        yield in_memory
    elif request.param == "moto":
        with moto_account() as mocked:
            yield in_bucket(mocked)
    else:
        yield in_bucket(request.getfixturevalue("account"))


CONTENT = b"phone\n+34600000001\n"


def whole(files: Files, source: str, content: bytes) -> bytes:
    """All of a file that has this content."""
    return files.read(source, version_of(content), start=0, size=1_000_000)


def test_any_part_of_a_file_is_read(files_with: FilesWith) -> None:
    content = bytes(range(256)) * 1000
    files, source = files_with(content)
    version = version_of(content)

    assert files.read(source, version, start=0, size=300_000) == content
    assert files.read(source, version, start=255, size=3) == b"\xff\0\1"
    assert files.read(source, version, start=255_999, size=9) == b"\xff"
    assert files.read(source, version, start=256_000, size=9) == b""
    assert files.read(source, version, start=999_000, size=9) == b""


def test_an_empty_file_has_nothing_to_read(files_with: FilesWith) -> None:
    files, source = files_with(b"")

    assert whole(files, source, b"") == b""


def test_a_file_that_is_gone_says_so(files_with: FilesWith) -> None:
    files, source = files_with(CONTENT)

    with pytest.raises(UnreadableFile, match="is gone"):
        whole(files, f"{source}.bak", CONTENT)


def test_a_file_that_was_replaced_says_so(files_with: FilesWith) -> None:
    files, source = files_with(CONTENT)
    files.put(source, b"phone\n")

    with pytest.raises(UnreadableFile, match="was replaced"):
        whole(files, source, CONTENT)
    assert whole(files, source, b"phone\n") == b"phone\n"


def test_a_bucket_that_is_gone_says_so(server: Account) -> None:
    files = S3Files(lambda: server.client("s3"), "never-made")

    with pytest.raises(UnreadableFile, match="is gone"):
        whole(files, "s3://never-made/contacts.csv", CONTENT)


def test_a_file_that_is_put_is_read_as_it_was(files_with: FilesWith) -> None:
    files, _ = files_with(b"")
    source = files.source("imports/w1/mis contactos ñ+1?#%.csv")
    content = "phone\n+34600000001,José\n".encode()

    files.put(source, content)

    assert whole(files, source, content) == content


def test_an_address_is_good_for_as_long_as_was_said(files_with: FilesWith) -> None:
    files, source = files_with(b"")

    upload = files.upload(source, now=NOON, valid_for=timedelta(hours=1))

    assert upload.expires_at == NOON + timedelta(hours=1)
    assert upload.headers == {"Content-Type": "text/csv"}


# --- Addresses of the real thing -----------------------------------------------------------------


def put(url: str, headers: Mapping[str, str]) -> int:
    """Send the file as any program would."""
    with PoolManager() as http:
        return http.request("PUT", url, body=CONTENT, headers=dict(headers)).status


@pytest.fixture
def dropped(account: Account) -> Dropped:
    return in_bucket(account)(b"")


def address(files: Files, source: str, **valid_for: int) -> Upload:
    lasting = timedelta(**(valid_for or {"hours": 1}))
    return files.upload(source, now=datetime.now(UTC), valid_for=lasting)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["contacts.csv", "mis contactos ñ+1 50%?#.csv"])
def test_a_file_sent_to_its_address_is_there(dropped: Dropped, name: str) -> None:
    source = dropped.files.source(f"imports/w1/{name}")
    upload = address(dropped.files, source)

    assert put(upload.url, upload.headers) == 200

    assert whole(dropped.files, source, CONTENT) == CONTENT


@pytest.mark.engine
def test_an_address_takes_no_other_file_and_no_other_type(dropped: Dropped) -> None:
    upload = address(dropped.files, dropped.files.source("imports/w1/contacts.csv"))
    elsewhere = upload.url.replace("/w1/", "/w2/")

    assert elsewhere != upload.url
    assert put(elsewhere, upload.headers) == 403
    assert put(upload.url, {"Content-Type": "text/html"}) == 403
    with pytest.raises(UnreadableFile):
        whole(dropped.files, dropped.files.source("imports/w2/contacts.csv"), CONTENT)


@pytest.mark.engine
def test_an_address_shows_no_file(dropped: Dropped) -> None:
    upload = address(dropped.files, dropped.source)

    with PoolManager() as http:
        assert http.request("GET", upload.url).status == 403


def test_an_address_of_aws_leads_to_the_region_of_the_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name that all regions share is redirected at first, and a signature does not survive."""
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    files = aws_ports(Settings.from_environment({**os.environ, **SETTINGS})).files

    url = urlsplit(address(files, files.source("imports/w/c.csv")).url)

    assert (url.scheme, url.netloc) == ("https", "drop-1.s3.eu-south-2.amazonaws.com")
    assert url.path == "/imports/w/c.csv"
    query = parse_qs(url.query)
    assert query["X-Amz-SignedHeaders"] == ["content-type;host"]
    assert query["X-Amz-Expires"] == ["3600"]


AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-south-2",
}
SETTINGS = {
    "TABLE_NAME": "t",
    "NUDGES_QUEUE_URL": "n",
    "NUDGES_DEAD_LETTERS_URL": "nd",
    "CALLS_DEAD_LETTERS_URL": "cd",
    "CALL_EVENTS_DEAD_LETTERS_URL": "ed",
    "IMPORTS_DEAD_LETTERS_URL": "id",
    "IMPORT_CHUNKS_DEAD_LETTERS_URL": "fd",
    "IMPORT_CHUNKS_QUEUE_URL": "f",
    "CALLS_QUEUE_URL": "c",
    "CALL_EVENTS_QUEUE_URL": "e",
    "EXPORTS_QUEUE_URL": "x",
    "EXPORTS_DEAD_LETTERS_URL": "xd",
    "DROP_BUCKET": "drop-1",
}


# --- In parts ------------------------------------------------------------------------------------

PARTS = (b"x" * (5 << 20), b"the end\n")


def parts_url(files: Files, source: str, upload_id: str) -> Sequence[Upload]:
    lasting = timedelta(hours=1)
    return files.uploads(source, upload_id, len(PARTS), now=datetime.now(UTC), valid_for=lasting)


@pytest.mark.engine
def test_parts_that_are_sent_become_a_file(dropped: Dropped) -> None:
    files, source = dropped.files, dropped.files.source("imports/w1/mis contactos ñ+1.csv")
    upload_id = files.begin_parts(source)
    sent = list(zip(parts_url(files, source, upload_id), PARTS, strict=True))

    with PoolManager() as http:
        for upload, content in reversed(sent):
            assert http.request("PUT", upload.url, body=content).status == 200
    files.join(source, upload_id, sum(map(len, PARTS)))

    client = dropped.files._client()  # type: ignore[attr-defined] # its version is no md5
    bucket, _, key = source.removeprefix("s3://").partition("/")
    tag = client.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    assert files.read(source, tag, start=(5 << 20) - 1, size=4) == b"xthe"
    with pytest.raises(NotAllowed, match="put together before"):
        files.join(source, upload_id, sum(map(len, PARTS)))


def test_parts_of_which_one_is_missing_become_nothing(files_with: FilesWith) -> None:
    files, _ = files_with(b"")
    source = files.source("imports/w1/parts.csv")
    upload_id = files.begin_parts(source)

    with pytest.raises(NotAllowed, match="0 of 7 bytes have come"):
        files.join(source, upload_id, 7)


def test_parts_that_were_cut_otherwise_become_nothing_until_they_are_sent_anew() -> None:
    with moto_account() as account:
        client = account.client("s3")
        client.create_bucket(Bucket="drop")
        files, source = S3Files(lambda: client, "drop"), "s3://drop/imports/w1/parts.csv"
        upload_id, size = files.begin_parts(source), sum(map(len, PARTS))
        place = {"Bucket": "drop", "Key": "imports/w1/parts.csv", "UploadId": upload_id}

        def send(*parts: bytes) -> None:
            for number, content in enumerate(parts, 1):
                client.upload_part(**place, PartNumber=number, Body=content)

        send(*reversed(PARTS))
        with pytest.raises(NotAllowed, match="cut otherwise"):
            files.join(source, upload_id, size)
        send(*PARTS)
        files.join(source, upload_id, size)


def test_parts_that_were_never_begun_become_nothing(files_with: FilesWith) -> None:
    files, _ = files_with(b"")

    with pytest.raises(NotAllowed, match="announce the file again"):
        files.join(files.source("imports/w1/parts.csv"), "never-begun", 7)


def test_the_parts_in_memory_become_a_file() -> None:
    files, source = MemoryFiles({}), "s3://drop/imports/w1/parts.csv"
    upload_id = files.begin_parts(source)
    first, second = files.uploads(source, upload_id, 2, now=NOON, valid_for=timedelta(hours=1))

    files.put_part(upload_id, 2, b"one")
    files.put_part(upload_id, 1, b"ph")
    files.join(source, upload_id, 5)

    assert first.url != second.url
    assert whole(files, source, b"phone") == b"phone"
    with pytest.raises(NotAllowed):
        files.join(source, upload_id, 5)
