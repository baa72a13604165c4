"""The command line of the simulated carrier."""

from pathlib import Path

import pytest

from local.carrier.faults import Faults
from local.carrier.outcomes import RULES, WEIGHTS, Span
from local.carrier.settings import parse_settings


def test_an_empty_command_line_means_the_defaults() -> None:
    settings = parse_settings([])

    assert settings.port == 8702
    assert settings.journal == Path(".local/carrier/journal.jsonl")
    assert settings.faults == Faults()
    assert settings.webhooks.retry_delays == (0.5, 1, 2, 4, 8, 8)
    assert settings.behaviour.odds.rules == RULES
    assert settings.behaviour.odds.weights == WEIGHTS
    assert settings.behaviour.timing.ring == Span(low_ms=200, high_ms=800)
    assert settings.behaviour.timing.talk == Span(low_ms=500, high_ms=2000)


def test_rules_weights_times_and_faults_are_given_by_flags() -> None:
    flags = "--rule 55=busy,completed --weights busy=1 --ring 0.1 --webhook-lost 0.5 --late-ms 9"

    settings = parse_settings(flags.split())

    assert settings.behaviour.odds.rules == {**RULES, "55": ("busy", "completed")}
    assert settings.behaviour.odds.weights == {"busy": 1}
    assert settings.behaviour.timing.ring == Span(low_ms=100, high_ms=100)
    assert settings.faults == Faults(webhook_lost=0.5, late_ms=9)


def test_the_built_in_rules_may_be_left_out() -> None:
    settings = parse_settings(["--no-rules", "--rule", "1=refused"])

    assert settings.behaviour.odds.rules == {"1": ("refused",)}


@pytest.mark.parametrize(
    "flags",
    [
        "--ring 2:1",
        "--talk long",
        "--rule 01=asleep",
        "--rule x=busy",
        "--weights refused=1",
        "--weights busy=0",
        "--webhook-lost 2",
        "--analysis-delay -1",
    ],
)
def test_a_wrong_flag_stops_the_start(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_settings(flags.split())

    assert "error:" in capsys.readouterr().err
