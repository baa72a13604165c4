"""The bucket of the local stack, as a person or a nightly job uses it."""

import boto3

from local.intrinsics import ACCOUNT, REGION, SECRET
from local.settings import Settings


def drop(settings: Settings, workspace_id: str, campaign_id: str, contacts: bytes) -> None:
    """Drop a CSV of contacts for a campaign."""
    s3 = boto3.client(
        "s3",
        endpoint_url=settings.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,  # To the engine, 12 digits are an account.
        aws_secret_access_key=SECRET,
    )
    bucket = next(one["Name"] for one in s3.list_buckets()["Buckets"] if "drop" in one["Name"])
    key = f"imports/{workspace_id}/{campaign_id}/contacts.csv"
    s3.put_object(Bucket=bucket, Key=key, Body=contacts)
    s3.close()
