"""The bucket that files are dropped in, or uploaded to, and read from piece by piece."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.ports import UnreadableFile, Upload

SCHEME = "s3://"
CSV = "text/csv"
#: Without the right to list the bucket, S3 denies access to what does not exist.
GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403"})

#: What S3 says of an object that has another version, and of a place behind an object's end.
REPLACED = frozenset({"PreconditionFailed", "412"})
BEHIND = frozenset({"InvalidRange", "416"})


class S3Files:
    """Objects by `s3://bucket/key`.

    Most functions touch no file: the client, which costs time to make, is made when one is.
    """

    def __init__(self, make_client: Callable[[], Any], bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self._made: Any = None
        self._making = Lock()  # boto3 makes clients for one thread at a time

    @property
    def _client(self) -> Any:
        with self._making:
            self._made = self._made or self._make_client()
        return self._made

    def source(self, key: str) -> str:
        """See the port."""
        return f"{SCHEME}{self._bucket}/{key}"

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """See the port. The key and the type are signed: the address is good for nothing else."""
        url = self._client.generate_presigned_url(
            "put_object",
            Params={**_place(source), "ContentType": CSV},
            ExpiresIn=int(valid_for.total_seconds()),
        )
        return Upload(url=url, headers={"Content-Type": CSV}, expires_at=now + valid_for)

    def put(self, source: str, content: bytes) -> None:
        """See the port."""
        self._client.put_object(**_place(source), Body=content, ContentType=CSV)

    def read(self, source: str, version: str, *, start: int, size: int) -> bytes:
        """See the port."""
        try:
            answer = self._client.get_object(
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
