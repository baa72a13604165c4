"""What may be shown of a message that failed, and of why."""

import json
from pathlib import Path

import pytest

from chalicelibs.domain.dead_letters import LONGEST_TEXT, MOST_RECEIVES, ids_in, kind_in, told

RESOURCES = Path(__file__).parents[3] / ".chalice" / "resources.json"
CALL_ID = "c3p8t6w2e9r4y7h5-t5d1g8j3k6z2b9s4-1"


@pytest.mark.parametrize(
    ("error", "message", "shown"),
    [
        ("KeyError", "'workspace_page'", "'workspace_page'"),
        ("KeyError", "'+34600000001'", "'…'"),
        ("KeyError", "'Eva Pérez'", "'…'"),
        ("ValueError", "'Eva' is not a valid EventKind", "'…' is not a valid EventKind"),
        ("ValueError", 'could not convert "Eva"', "could not convert '…'"),
        ("TypeError", "__init__() got 'colour'", "__init__() got 'colour'"),
        ("RuntimeError", "called +34 600 000 001 twice", "called … twice"),
        ("RuntimeError", "mail eva@example.com", "mail …"),
        ("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", None),
        ("RuntimeError", "", ""),
    ],
)
def test_an_error_is_told_without_what_it_was_given(
    error: str, message: str, shown: str | None
) -> None:
    assert told(error, message) == (message if shown is None else shown)


def test_an_endless_error_is_cut() -> None:
    assert len(told("RuntimeError", "word " * 100_000)) == LONGEST_TEXT


@pytest.mark.parametrize(
    ("message", "kind", "ids"),
    [
        ({"call_id": CALL_ID, "kind": "ended"}, "ended", {"call_id": CALL_ID}),
        (
            {"workspace_id": "c3p8t6w2e9r4y7h5", "phone": "+34600000001"},
            None,
            {"workspace_id": "c3p8t6w2e9r4y7h5"},
        ),
        ({"call_id": "+34600000001", "kind": "Eva"}, None, {}),
        ({"call_id": 7, "kind": 7}, None, {}),
        (["call_id"], None, {}),
        (None, None, {}),
    ],
)
def test_of_a_message_only_its_kind_and_ids_are_shown(
    message: object, kind: str | None, ids: dict[str, str]
) -> None:
    assert (kind_in(message), ids_in(message)) == (kind, ids)


def test_every_queue_gives_up_after_as_many_receives_as_the_service_thinks() -> None:
    resources = json.loads(RESOURCES.read_text())["Resources"].values()
    policies = [one.get("Properties", {}).get("RedrivePolicy") for one in resources]

    assert [one["maxReceiveCount"] for one in policies if one] == [MOST_RECEIVES] * 5
