"""What the simulated carrier reports, and how it signs."""

import pytest

from local.carrier.events import analysis, cost_of, signature


@pytest.mark.parametrize(
    ("duration_ms", "cost"),
    [(0, "0.0000"), (60_000, "0.0900"), (1_500, "0.0022"), (8_200, "0.0123")],
)
def test_talk_time_is_what_costs(duration_ms: int, cost: str) -> None:
    assert str(cost_of(duration_ms)) == cost


def test_the_signature_matches_one_made_with_openssl() -> None:
    """`printf '1700000000000.{"a":1}' | openssl dgst -sha256 -hmac secret`."""
    expected = "4ef2732b0d632a6897af3a6d02a6de287f60d6c5f15dabdb0ceb045a34e3c5a7"

    assert signature("secret", "1700000000000", b'{"a":1}') == f"sha256={expected}"


@pytest.mark.parametrize(
    ("outcome", "callback_at_ms", "fields"),
    [
        (None, None, {}),
        ("interested", None, {"outcome": "interested"}),
        (
            "busy_callback",
            1_700_000_000_123,
            {"outcome": "busy_callback", "callback_at": "2023-11-14T22:13:20.123Z"},
        ),
    ],
    ids=["summary only", "custom", "callback"],
)
def test_an_analysis_has_only_the_fields_that_apply(
    outcome: str | None, callback_at_ms: int | None, fields: dict[str, str]
) -> None:
    found = analysis(outcome=outcome, callback_at_ms=callback_at_ms)

    assert found.pop("summary")
    assert found == fields
