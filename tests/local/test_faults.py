"""The faults of AWS: they meet the functions' clients, and only while the file says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local import faults
from local.faults import Faults
from local.resources import Clients

pytestmark = pytest.mark.engine

ONCE = Config(retries={"total_max_attempts": 1})
KEYS = [{"pk": {"S": "a"}, "sk": {"S": str(number)}} for number in range(3)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "faults.json"


@pytest.fixture
def session(file: Path) -> boto3.Session:
    session = boto3.Session(
        aws_access_key_id="222222222222", aws_secret_access_key="x", region_name="us-east-1"
    )
    Faults(file, lambda: 0.5).install(session)
    return session


@pytest.fixture
def met(session: boto3.Session, endpoint: str) -> Iterator[Clients]:
    clients = Clients.of(session, endpoint_url=endpoint, config=ONCE)
    yield clients
    for client in (clients.dynamodb, clients.sqs, clients.s3):
        client.close()


def ask(clients: Clients, service: str) -> Any:
    requests = {
        "dynamodb": clients.dynamodb.list_tables,
        "sqs": clients.sqs.list_queues,
        "s3": clients.s3.list_buckets,
    }
    return requests[service]()


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException"),
        ("sqs", "RequestThrottled"),
        ("s3", "SlowDown"),
    ],
)
def test_each_service_throttles_in_its_own_words(
    met: Clients, file: Path, service: str, code: str
) -> None:
    file.write_text('{"throttled": 0.6}')

    with pytest.raises(ClientError) as refused:
        ask(met, service)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("said", [None, "{}", '{"throttled": 0.4}'])
def test_whoever_is_not_met_by_chance_is_answered(
    met: Clients, file: Path, said: str | None
) -> None:
    if said is not None:
        file.write_text(said)

    assert "TableNames" in ask(met, "dynamodb")


@pytest.fixture
def things(met: Clients, file: Path) -> Iterator[None]:
    """A table with a few items, where parts of batches are held back."""
    file.write_text('{"held_back": 0.6}')
    met.dynamodb.create_table(
        TableName="things",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    for key in KEYS:
        met.dynamodb.put_item(TableName="things", Item=key)
    yield
    met.dynamodb.delete_table(TableName="things")


@pytest.mark.usefixtures("things")
def test_a_statement_of_a_batch_is_not_carried_out_and_says_so(met: Clients) -> None:
    text = 'UPDATE "things" SET "seen" = ? WHERE "pk" = ? AND "sk" = ?'
    statements = [
        {"Statement": text, "Parameters": [{"BOOL": True}, key["pk"], key["sk"]]} for key in KEYS
    ]

    answer = met.dynamodb.batch_execute_statement(Statements=statements)

    errors = [one.get("Error", {}).get("Code") for one in answer["Responses"]]
    assert errors == [None, None, "ThrottlingError"]
    items = met.dynamodb.scan(TableName="things")["Items"]
    assert sorted(item["sk"]["S"] for item in items if "seen" in item) == ["0", "1"]


@pytest.mark.usefixtures("things")
def test_part_of_a_batch_is_handed_back(met: Clients) -> None:
    answer = met.dynamodb.batch_get_item(RequestItems={"things": {"Keys": KEYS}})

    read, handed_back = answer["Responses"]["things"], answer["UnprocessedKeys"]["things"]
    assert len(read) == 2
    assert sorted([*read, *handed_back["Keys"]], key=str) == KEYS
    assert handed_back["ConsistentRead"]


def test_part_of_the_messages_are_not_sent_and_named(met: Clients, file: Path) -> None:
    file.write_text('{"held_back": 0.6}')
    url = met.sqs.create_queue(QueueName="q")["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(3)]

    answer = met.sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert [one["Id"] for one in answer["Successful"]] == ["0", "1"]
    assert [one["Id"] for one in answer["Failed"]] == ["2"]
    single = met.sqs.send_message_batch(QueueUrl=url, Entries=entries[:1])
    assert [one["Id"] for one in single["Successful"]] == ["0"]


def test_nothing_is_in_the_way_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    faults.install({}, lambda: 0.0)
    assert boto3.DEFAULT_SESSION is None

    faults.install({faults.VARIABLE: "/nowhere/faults.json"}, lambda: 0.0)
    assert boto3.DEFAULT_SESSION is not None
