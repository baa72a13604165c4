"""The bucket that keeps what was said in calls, where it is too much for the table."""

from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from typing import Any

from botocore.exceptions import ClientError

from chalicelibs.domain.naming import campaign_of, task_of

#: Without the right to list the bucket, S3 denies access to what does not exist.
GONE = frozenset({"NoSuchKey", "404", "AccessDenied", "403"})


class S3Results:
    """An object for each version, named by its call and its content, and never changed.

    So whoever loses a race, or dies before the call names the object, harms no other version.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, workspace_id: str, call_id: str, content: bytes) -> str:
        """Keep a version; gives what it is known by."""
        digest = blake2b(content, digest_size=12).hexdigest()
        self._client().put_object(
            Bucket=self._bucket,
            Key=_key(workspace_id, call_id, digest),
            Body=content,
            ContentType="application/json",
        )
        return digest

    def get(self, workspace_id: str, call_id: str, digest: str) -> bytes | None:
        """A version; None: it was forgotten."""
        key = _key(workspace_id, call_id, digest)
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            return None
        with closing(answer["Body"]) as body:
            content: bytes = body.read()
        return content

    def forget(self, workspace_id: str, task_id: str) -> None:
        """Remove all versions of all calls of a task, those included that no call names."""
        prefix = f"{_folder(workspace_id, task_id)}{task_id}-"
        pages = self._client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                self._client().delete_object(Bucket=self._bucket, Key=found["Key"])


def _key(workspace_id: str, call_id: str, digest: str) -> str:
    return f"{_folder(workspace_id, task_of(call_id))}{call_id}/{digest}.json"


def _folder(workspace_id: str, task_id: str) -> str:
    return f"results/{workspace_id}/{campaign_of(task_id)}/"
