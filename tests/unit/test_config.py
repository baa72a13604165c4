"""The settings are complete, or the service does not begin."""

import pytest

from chalicelibs.config import MissingSetting, Settings
from chalicelibs.domain.dead_letters import QueueName

ENVIRON = {
    "TABLE_NAME": "carillon",
    "NUDGES_QUEUE_URL": "https://sqs.test/nudges",
    "CALLS_QUEUE_URL": "https://sqs.test/calls",
    "CALL_EVENTS_QUEUE_URL": "https://sqs.test/call-events",
    "IMPORT_CHUNKS_QUEUE_URL": "https://sqs.test/import-chunks",
    "EXPORTS_QUEUE_URL": "https://sqs.test/exports",
    "DROP_BUCKET": "drop",
    **{f"{queue.name}_DEAD_LETTERS_URL": f"https://sqs.test/{queue}" for queue in QueueName},
}
CARRIER = {
    "SIMULATED_CARRIER_URL": "http://127.0.0.1:9",
    "SIMULATED_CARRIER_KEY": "k",
    "SIMULATED_CARRIER_SECRET": "s",
}


def test_the_carrier_that_speaks_sip_has_settings_of_its_own() -> None:
    own = {name.replace("SIMULATED", "SIP"): value for name, value in CARRIER.items()}

    settings = Settings.from_environment({**ENVIRON, **own})

    assert settings.sip_carrier is not None
    assert settings.simulated_carrier is None
    with pytest.raises(MissingSetting, match="SIP_CARRIER_SECRET"):
        Settings.from_environment({**ENVIRON, **own, "SIP_CARRIER_SECRET": " "})


def test_without_a_carrier_no_webhook_is_taken() -> None:
    assert Settings.from_environment(ENVIRON).simulated_carrier is None


@pytest.mark.parametrize("name", ENVIRON)
def test_what_is_missing_is_named(name: str) -> None:
    environ = {key: value for key, value in ENVIRON.items() if key != name}

    with pytest.raises(MissingSetting, match=name):
        Settings.from_environment(environ)


@pytest.mark.parametrize("secret", ["", " ", None])
def test_a_carrier_without_a_secret_is_refused(secret: str | None) -> None:
    """Anybody can sign with nothing."""
    given = {**ENVIRON, **CARRIER, "SIMULATED_CARRIER_SECRET": secret}
    environ = {name: value for name, value in given.items() if value is not None}

    with pytest.raises(MissingSetting, match="SIMULATED_CARRIER_SECRET"):
        Settings.from_environment(environ)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [("old", ["old"]), ("new old", ["new", "old"]), (" new\told ", ["new", "old"])],
)
def test_while_a_secret_is_changed_two_are_good(text: str, secrets: list[str]) -> None:
    environ = {**ENVIRON, **CARRIER, "SIMULATED_CARRIER_SECRET": text}
    carrier = Settings.from_environment(environ).simulated_carrier

    assert carrier is not None
    assert carrier.secrets == secrets


def test_without_a_hash_nobody_opens_workspaces() -> None:
    assert (
        Settings.from_environment({**ENVIRON, "BOOTSTRAP_KEY_HASH": ""}).bootstrap_key_hash is None
    )
