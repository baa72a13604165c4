"""The command line of the `sip` carrier, and the settings that choose it."""

import sys
from pathlib import Path

import pytest

from local import keys, parts
from local.settings import Settings
from local.sip.network import REFUSALS, scenario
from local.sip.settings import parse_settings


def test_by_default_calls_go_to_phones_of_this_machine() -> None:
    settings = parse_settings([])

    assert (settings.trunk, settings.address) == ("127.0.0.1:5080", "127.0.0.1:5070")
    assert settings.manners.recordings == Path(".local/carrier/recordings")


@pytest.mark.parametrize(
    "flags",
    [
        ["--trunk", "nowhere"],
        ["--trunk", "127.0.0.1:5080\nnet_interface eth0"],
        ["--address", ":5070"],
        ["--trunk", "127.0.0.1:99999"],
        ["--most-calls", "0"],
        ["--greeting", "no-such-file.wav"],
    ],
)
def test_what_it_cannot_do_is_refused_at_the_start(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_settings(flags)

    assert flags[0] in capsys.readouterr().err or flags[0] == "--greeting"


def test_the_stack_starts_the_carrier_that_is_named(tmp_path: Path) -> None:
    sip = Settings.from_environment({"CARILLON_CARRIER": "sip", "CARILLON_DATA": str(tmp_path)})
    python, *program = parts.carrier(sip).command

    assert python == str(sip.sip_python)
    assert program[:2] == ["-m", "local.sip"]
    parse_settings(program[2:])
    assert parts.carrier(Settings(data=tmp_path)).command[0] == sys.executable


def test_a_carrier_is_never_taken_over_for_another(tmp_path: Path) -> None:
    """Else a campaign for the simulated carrier would ring real phones."""
    keys.load(tmp_path)
    names = {
        parts.carrier(Settings(data=tmp_path, carrier_name=name)).name
        for name in ("simulated", "sip")
    }

    assert len(names) == 2


def test_an_unknown_carrier_is_refused() -> None:
    with pytest.raises(SystemExit, match="simulated or sip, not 'pigeon'"):
        Settings.from_environment({"CARILLON_CARRIER": "pigeon"})


def test_the_network_has_every_phone() -> None:
    network = scenario(ring_ms=300)

    for status in (*REFUSALS.values(), "180 Ringing", "487 Request Terminated", "200 OK"):
        assert f"SIP/2.0 {status}\n" in network
