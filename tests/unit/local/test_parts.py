from dataclasses import replace
from pathlib import Path

from local import keys, parts
from local.carrier.settings import parse_settings
from local.settings import Settings


def test_a_carrier_starts_with_any_secret(tmp_path: Path) -> None:
    secret = replace(keys.load(tmp_path), carrier_secret="-begins-with-a-dash")
    keys._save(tmp_path, secret)

    _, _, _, *flags = parts.carrier(Settings(data=tmp_path)).command

    assert parse_settings(flags).webhooks.secret == "-begins-with-a-dash"
