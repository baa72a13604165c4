import zoneinfo
from datetime import datetime
from typing import Any

import pytest

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.zones import UnknownZone, zone
from tests.unit.domain.test_calling_hours import CASES, utc


@pytest.mark.parametrize("name", ["Asia/Kolkata", "America/Argentina/Ushuaia", "UTC", "Etc/GMT+5"])
def test_a_zone_is_known_by_its_iana_name(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "localtime",
        "Factory",
        "posixrules",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "asia/kolkata",
        "Asia",
        "Asia/",
        " UTC",
        "UTC\x00",
        "+05:30",
        "IST",
        "Etc/Unknown",
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "../Europe/Berlin",
        "Europe/../UTC",
        "tzdata.zi",
        "C:\\Windows",
        "x" * 10_000,
    ],
)
def test_anything_else_is_refused_with_the_name(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone(name)

    assert refusal.value.name == name
    assert refusal.value.param == "zone"
    assert isinstance(refusal.value, Invalid)


@pytest.mark.parametrize("name", [None, 5, ["UTC"], b"UTC"])
def test_what_is_not_text_is_refused_too(name: Any) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_the_pinned_data_wins_over_the_data_of_the_system() -> None:
    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize("case", CASES["zone_data"], ids=lambda case: case["zone"])
def test_the_pinned_data_is_2026f_or_newer(case: dict[str, str]) -> None:
    local = datetime.fromisoformat(case["local"]).replace(tzinfo=zone(case["zone"]))

    assert local == utc(case["instant"])


def test_every_zone_of_the_list_can_be_loaded() -> None:
    names = zoneinfo.available_timezones() - {"Factory"}

    assert len(names) > 500
    assert {zone(name).key for name in names} == names
