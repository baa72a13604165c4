"""The bucket that files are dropped in, or uploaded to, and read from piece by piece."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.imports import CUT_OTHERWISE, JOINED, check_size
from chalicelibs.ports.imports import UnreadableFile, Upload

SCHEME = "s3://"
CSV = "text/csv"
#: Without the right to list the bucket, S3 denies access to what does not exist.
GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403"})

#: What S3 says of parts that it cannot put together: they are gone, or not as they were announced.
WHY_NOT_JOINED = {"NoSuchUpload": JOINED, "404": JOINED, "EntityTooSmall": CUT_OTHERWISE}

#: What S3 says of an object that has another version, and of a place behind an object's end.
REPLACED = frozenset({"PreconditionFailed", "412"})
BEHIND = frozenset({"InvalidRange", "416"})


class S3Files:
    """Objects by `s3://bucket/key`.

    Most functions touch no file: the client, which costs time to make, is asked for when one is.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def source(self, key: str) -> str:
        """See the port."""
        return f"{SCHEME}{self._bucket}/{key}"

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """See the port. The key and the type are signed: the address is good for nothing else."""
        url = self._client().generate_presigned_url(
            "put_object",
            Params={**_place(source), "ContentType": CSV},
            ExpiresIn=int(valid_for.total_seconds()),
        )
        return Upload(url=url, headers={"Content-Type": CSV}, expires_at=now + valid_for)

    def begin_parts(self, source: str) -> str:
        """See the port. Parts that are never joined go with the bucket's own rule."""
        begun = self._client().create_multipart_upload(**_place(source), ContentType=CSV)
        return str(begun["UploadId"])

    def uploads(
        self, source: str, upload_id: str, count: int, *, now: datetime, valid_for: timedelta
    ) -> Sequence[Upload]:
        """See the port."""
        addresses = (
            self._client().generate_presigned_url(
                "upload_part",
                Params={**_place(source), "UploadId": upload_id, "PartNumber": number},
                ExpiresIn=int(valid_for.total_seconds()),
            )
            for number in range(1, count + 1)
        )
        return [Upload(url=one, headers={}, expires_at=now + valid_for) for one in addresses]

    def join(self, source: str, upload_id: str, size: int) -> None:
        """See the port. The bucket knows the parts: whoever sent them need not tell."""
        try:
            parts = self._parts(source, upload_id)
            check_size(sum(part["Size"] for part in parts), size)
            named = [{name: part[name] for name in ("PartNumber", "ETag")} for part in parts]
            self._client().complete_multipart_upload(
                **_place(source), UploadId=upload_id, MultipartUpload={"Parts": named}
            )
        except ClientError as error:
            reason = WHY_NOT_JOINED.get(error.response["Error"]["Code"])
            if reason is None:
                raise
            raise NotAllowed(reason, "upload") from error

    def _parts(self, source: str, upload_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in (
            self._client()
            .get_paginator("list_parts")
            .paginate(**_place(source), UploadId=upload_id)
        ):
            found += page.get("Parts", [])
        return found

    def put(self, source: str, content: bytes) -> None:
        """See the port."""
        self._client().put_object(**_place(source), Body=content, ContentType=CSV)

    def read(self, source: str, version: str, *, start: int, size: int) -> bytes:
        """See the port."""
        try:
            answer = self._client().get_object(
                **_place(source),
                IfMatch=f'"{version}"',
                Range=f"bytes={start}-{start + size - 1}",
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in BEHIND:
                return b""
            if code in REPLACED:
                raise UnreadableFile(
                    "the file was replaced while it was read: drop it again"
                ) from error
            if code in GONE:
                raise UnreadableFile(
                    f"{source} is gone, or may not be read: drop it again"
                ) from error
            raise
        with closing(answer["Body"]) as body:
            content: bytes = body.read()
        return content


def _place(source: str) -> dict[str, str]:
    bucket, _, key = source.removeprefix(SCHEME).partition("/")
    return {"Bucket": bucket, "Key": key}
