"""The bucket that exports are written to, part by part, and downloaded from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.domain.exports import ExportFormat
from chalicelibs.ports.exports import Download, UploadGone

TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.NDJSON: "application/x-ndjson",
}

#: What S3 says of parts that cannot become the file, or not any more.
UPLOAD_GONE = frozenset({"NoSuchUpload", "InvalidPart"})

#: Without the right to list the bucket, S3 denies access to what does not exist.
NOT_THERE = frozenset({"404", "403", "NoSuchKey", "AccessDenied"})


class S3Parts:
    """Objects by their key, written by multipart uploads."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str, ending: ExportFormat) -> str:
        """See the port."""
        begun = self._client().create_multipart_upload(
            **self._place(key), ContentType=TYPES[ending]
        )
        return str(begun["UploadId"])

    def add(self, key: str, upload: str, number: int, content: bytes) -> str:
        """See the port."""
        with gone(key):
            stored = self._client().upload_part(
                **self._place(key), UploadId=upload, PartNumber=number, Body=content
            )
        return str(stored["ETag"])

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """See the port."""
        named = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(parts, 1)]
        with gone(key):
            self._client().complete_multipart_upload(
                **self._place(key), UploadId=upload, MultipartUpload={"Parts": named}
            )

    def is_there(self, key: str) -> bool:
        """See the port."""
        try:
            self._client().head_object(**self._place(key))
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            return False
        return True

    def keep(self, key: str, content: bytes) -> None:
        """See the port."""
        self._client().put_object(**self._place(key), Body=content)

    def kept(self, key: str) -> bytes:
        """See the port."""
        content: bytes = self._client().get_object(**self._place(key))["Body"].read()
        return content

    def download(self, key: str, *, name: str, now: datetime, valid_for: timedelta) -> Download:
        """See the port. The name is signed, too: the address gives this file and no other."""
        url = self._client().generate_presigned_url(
            "get_object",
            Params={
                **self._place(key),
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=int(valid_for.total_seconds()),
        )
        return Download(url, now + valid_for)

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": key}


@contextmanager
def gone(key: str) -> Iterator[None]:
    """Say so where the parts of a file are not what they were thought to be."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in UPLOAD_GONE:
            raise
        raise UploadGone(key) from error
