"""Places in an erasing, and the writings of a number."""

import pytest

from chalicelibs.domain.erasing import Place, could_mean, is_place
from tests.builders import CAMPAIGN, IMPORT, a_task


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place(after=CAMPAIGN),
        Place(after=CAMPAIGN, task_id=a_task().task_id),
        Place(import_id=IMPORT, row="0000000050"),
    ],
)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert is_place(str(place))
    assert Place.of(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        f"{CAMPAIGN}",
        f"{CAMPAIGN}....",
        f"{CAMPAIGN.upper()}...",
        f".{CAMPAIGN}..",
        f"..{IMPORT}#.1",
        f"..{IMPORT}.12345678901",
        f"..{IMPORT}.١",
        f"{CAMPAIGN}...\n",
    ],
)
def test_what_is_no_place_is_known(text: str) -> None:
    assert is_place(text) is (text == "...")


@pytest.mark.parametrize(
    ("text", "is_theirs"),
    [
        ("+34600000001", True),
        ("+34 600 00 00 01", True),
        ("0034-600-000-001", True),
        ("600000001", True),
        ("0600000001", True),
        ("+34600000001 x12", True),
        ("call 34600000001 after six", True),
        ("＋34 ６00 000 001", True),
        ("+٣٤٦٠٠٠٠٠٠٠١", True),
        ("+34600000002", False),
        ("000001", False),
        ("0000001", False),
        ("", False),
        ("Eva", False),
    ],
)
def test_a_number_is_recognised_in_the_writings_of_people(text: str, is_theirs: bool) -> None:
    assert could_mean(text, "+34600000001") is is_theirs
