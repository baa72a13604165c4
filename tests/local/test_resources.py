import copy
import json
from typing import Any

import pytest

from local import resources
from local.resources import Clients, TableDiffers, VariableDiffers
from local.settings import ROOT
from tests.local.conftest import SAMPLE_APP

pytestmark = pytest.mark.engine


@pytest.fixture
def template() -> dict[str, Any]:
    return copy.deepcopy(resources.load(SAMPLE_APP))


def test_the_template_becomes_a_table_queues_and_a_bucket(
    template: dict[str, Any], clients: Clients
) -> None:
    created = resources.create(template, clients)

    table = clients.dynamodb.describe_table(TableName=created.env["TABLE_NAME"])["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["agenda"]
    calls = clients.sqs.get_queue_attributes(
        QueueUrl=created.env["CALLS_QUEUE_URL"], AttributeNames=["All"]
    )["Attributes"]
    redrive = json.loads(calls["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":carillon-CallsDeadLetters")
    assert calls["VisibilityTimeout"] == "360"
    account = table["TableArn"].split(":")[4]
    clients.s3.head_bucket(Bucket=f"sample-drop-dev-{account}")
    ttl = clients.dynamodb.describe_time_to_live(TableName=created.env["TABLE_NAME"])
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expires_at"


def test_creating_again_finds_everything_and_changes_the_visibility(
    template: dict[str, Any], clients: Clients
) -> None:
    first = resources.create(template, clients)
    clients.sqs.send_message(QueueUrl=first.queues["CallsQueue"], MessageBody="kept")

    second = resources.create(template, clients, visibility_s=7)

    assert second.env == first.env
    attributes = clients.sqs.get_queue_attributes(
        QueueUrl=second.queues["CallsQueue"], AttributeNames=["All"]
    )["Attributes"]
    assert attributes["VisibilityTimeout"] == "7"
    assert attributes["ApproximateNumberOfMessages"] == "1"


def test_a_table_with_other_keys_is_not_taken_for_ours(
    template: dict[str, Any], clients: Clients
) -> None:
    resources.create(template, clients)
    template["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"][0]["IndexName"] = "due"

    with pytest.raises(TableDiffers, match="carillon-Table"):
        resources.create(template, clients)


def test_a_variable_that_names_the_cloud_is_reported_and_not_set(
    template: dict[str, Any], clients: Clients
) -> None:
    created = resources.create(template, clients)

    assert "PUBLIC_URL" not in created.env
    assert created.unresolved == {"PUBLIC_URL": "RestAPI does not exist here"}


def test_two_functions_cannot_give_one_variable_two_values(
    template: dict[str, Any], clients: Clients
) -> None:
    variables = {"CALLS_QUEUE_URL": {"Ref": "CallEventsQueue"}}
    template["Resources"]["PlaceCall"]["Properties"]["Environment"] = {"Variables": variables}

    with pytest.raises(VariableDiffers, match="CALLS_QUEUE_URL"):
        resources.create(template, clients)


def test_carillons_own_template_can_be_created_here(clients: Clients) -> None:
    created = resources.create(resources.load(ROOT), clients)

    assert created.unresolved == {}
    assert {
        "TABLE_NAME",
        "NUDGES_QUEUE_URL",
        "CALLS_QUEUE_URL",
        "CALL_EVENTS_QUEUE_URL",
    } <= created.env.keys()


@pytest.mark.parametrize(
    ("queue", "word"), [("NudgesQueue", "NUDGES"), ("CallEventsQueue", "CALL_EVENTS")]
)
def test_a_queue_has_a_word_in_the_names_of_settings(queue: str, word: str) -> None:
    assert resources.label(queue) == word
