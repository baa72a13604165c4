"""What workspaces have with carriers, and where the secrets are."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelibs.adapters.secrets import EnvironmentSecrets, SsmSecrets
from chalicelibs.api import carriers
from chalicelibs.api.carriers import LONGEST_HEADER, LONGEST_NAME, MOST_BODY_BYTES
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind
from tests.builders import OTHER_WORKSPACE, WORKSPACE
from tests.contract.engines import Ports


def an_account(name: str = "voice", workspace_id: str = WORKSPACE) -> CarrierAccount:
    return CarrierAccount(
        workspace_id=workspace_id,
        name=name,
        kind=CarrierKind.HTTP,
        settings={"url": "https://voice.test", "body": {"x": [1.5, None, {"ñ": "{{to}}"}]}},
        secrets={"webhook": "hooks", "key": "voice-key"},
    )


def test_an_account_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.accounts.save(an_account())

    assert ports.accounts.get(WORKSPACE, "voice") == an_account()
    assert ports.accounts.get(WORKSPACE, "other") is None
    assert ports.accounts.get(OTHER_WORKSPACE, "voice") is None


def test_the_largest_that_the_api_takes_can_be_kept(ports: Ports) -> None:
    """Each letter of these takes the most that one can."""
    names = [f"{number:03}" + "😀" * (LONGEST_NAME - 3) for number in range(100)]
    body = {
        "kind": "http",
        "url": "https://voice.test/" + "x" * 481,
        "headers": {f"{number:0100}": "x" * LONGEST_HEADER for number in range(20)},
        "body": {"x": "y" * (MOST_BODY_BYTES - 10)},
        "fields": dict.fromkeys(names[:20], "😀" * 100),
        "words": dict.fromkeys(names, "x" * 64),
        "secrets": {"webhook": "w", **dict.fromkeys(names[:9], "k" * 64)},
    }
    largest = carriers.account(json.dumps(body).encode(), workspace_id=WORKSPACE, name="voice")

    ports.accounts.save(largest)

    assert ports.accounts.get(WORKSPACE, "voice") == largest


def test_a_workspace_lists_its_own_by_name(ports: Ports) -> None:
    for account in (an_account("b"), an_account("a"), an_account("c", OTHER_WORKSPACE)):
        ports.accounts.save(account)

    assert ports.accounts.list(WORKSPACE) == [an_account("a"), an_account("b")]


def test_the_last_one_saved_is_the_one_that_is_there(ports: Ports) -> None:
    ports.accounts.save(an_account())
    changed = CarrierAccount(workspace_id=WORKSPACE, name="voice", kind=CarrierKind.RETELL)

    ports.accounts.save(changed)

    assert ports.accounts.list(WORKSPACE) == [changed]


def test_one_that_is_removed_is_gone_and_may_be_removed_again(ports: Ports) -> None:
    ports.accounts.save(an_account())

    for _ in range(2):
        ports.accounts.remove(WORKSPACE, "voice")

    assert ports.accounts.get(WORKSPACE, "voice") is None
    assert ports.accounts.list(WORKSPACE) == []


# --- Secrets -------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("ssm", region_name="us-east-1")


def store(ssm: Any, place: str, value: str) -> None:
    ssm.put_parameter(Name=place, Value=value, Type="SecureString", Overwrite=True)


def test_a_secret_is_read_once_a_minute(ssm: Any) -> None:
    clock, place = Clock(), f"/carillon/dev/{WORKSPACE}/token"
    secrets = SsmSecrets(lambda: ssm, "/carillon/dev", now_s=clock)
    store(ssm, place, "old")
    assert secrets.get(WORKSPACE, "token") == ("old",)

    store(ssm, place, "new old")

    assert secrets.get(WORKSPACE, "token") == ("old",)
    clock.now_s += 61
    assert secrets.get(WORKSPACE, "token") == ("new", "old")


def test_of_calls_that_are_placed_side_by_side_one_reads_the_secret(ssm: Any) -> None:
    asked, made = list[str](), list[str]()
    ssm.meta.events.register("before-call.ssm.GetParameter", lambda **_: asked.append("secret"))
    store(ssm, f"/carillon/dev/{WORKSPACE}/token", "here")

    def client() -> Any:
        made.append("client")
        time.sleep(0.02)  # making one takes as long, and boto3 makes one at a time
        return ssm

    secrets = SsmSecrets(client, "/carillon/dev")
    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(lambda _: secrets.get(WORKSPACE, "token"), range(10)))

    assert found == [("here",)] * 10
    assert (made, asked) == (["client"], ["secret"])


def test_a_secret_that_is_stored_late_is_found_soon(ssm: Any) -> None:
    clock = Clock()
    secrets = SsmSecrets(lambda: ssm, "/carillon/dev", now_s=clock)
    assert secrets.get(WORKSPACE, "token") == ()

    store(ssm, f"/carillon/dev/{WORKSPACE}/token", "here")
    clock.now_s += 6

    assert secrets.get(WORKSPACE, "token") == ("here",)


def test_nobody_names_anothers_secret(ssm: Any) -> None:
    secrets = SsmSecrets(lambda: ssm, "/carillon/dev")
    store(ssm, f"/carillon/dev/{OTHER_WORKSPACE}/token", "theirs")

    assert secrets.get(WORKSPACE, "token") == ()


class Throttled:
    """A store that has answered enough."""

    def __init__(self, ssm: Any) -> None:
        self.exceptions = ssm.exceptions

    def get_parameter(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParameter")


def test_while_the_store_is_out_of_reach_the_last_value_is_good(ssm: Any) -> None:
    clock = Clock()
    secrets = SsmSecrets(lambda: ssm, "/carillon/dev", now_s=clock)
    store(ssm, f"/carillon/dev/{WORKSPACE}/token", "good")
    secrets.get(WORKSPACE, "token")

    secrets._client = Throttled(ssm)
    clock.now_s += 61

    assert secrets.get(WORKSPACE, "token") == ("good",)
    with pytest.raises(ClientError):
        secrets.get(WORKSPACE, "another")


@pytest.mark.parametrize("name", ["twilio-token", "twilio.token", "TWILIO_TOKEN"])
def test_on_ones_own_machine_secrets_are_variables(name: str) -> None:
    secrets = EnvironmentSecrets({"CARRIER_SECRET_TWILIO_TOKEN": "new old"})

    assert secrets.get(WORKSPACE, name) == ["new", "old"]
    assert secrets.get(WORKSPACE, "another") == []
