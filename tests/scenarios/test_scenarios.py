"""Small versions of the scenarios, so that they cannot rot; `make scenarios` plays all of it."""

from pathlib import Path

import pytest

from tests.scenarios import absence, closing, counting, crashing, pausing, two_campaigns

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_two_campaigns_share_one_limit(tmp_path: Path) -> None:
    played = two_campaigns.play(tmp_path, contacts=12, seconds=5, per_second=2, least=0.2)

    assert played.wrong == []


def test_nobody_is_dialled_once_a_pause_has_answered(tmp_path: Path) -> None:
    assert pausing.play(tmp_path, contacts=8, talk_s=1, watch_s=3).wrong == []


def test_retries_come_once_although_the_decider_was_away(tmp_path: Path) -> None:
    assert absence.play(tmp_path, contacts=6, away_s=1, only="doubled").wrong == []


def test_progress_is_the_sum_of_the_tasks_at_every_read(tmp_path: Path) -> None:
    _, wrong = counting.count(tmp_path, workers=10, contacts=40)

    assert wrong == []


@pytest.mark.parametrize("window", closing.CLOSINGS, ids=lambda window: window.name)
def test_nobody_is_called_once_the_window_has_closed(window: closing.Closing) -> None:
    assert list(closing.close_at(window)) == []


def test_an_attempt_survives_a_crash_at_any_step() -> None:
    steps, wrong = crashing.die_everywhere()

    assert wrong == []
    assert steps > 40
