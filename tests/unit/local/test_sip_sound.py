"""What is said on the phone, and what is kept of what was heard."""

import wave
from pathlib import Path

import pytest

from local.sip import sound


def test_a_text_is_hummed_a_tone_a_word_and_alike_each_time() -> None:
    both, one = sound.hummed("hello world"), sound.hummed("hello")

    assert sound.seconds_of(both) == pytest.approx(2 * sound.seconds_of(one))
    assert both.startswith(one)
    assert any(both)
    assert sound.hummed("") == b""


def test_what_was_recorded_can_be_played(tmp_path: Path) -> None:
    said = sound.hummed("hello")
    with sound.recorder(tmp_path / "new" / "heard.wav") as file:
        file.writeframesraw(said)

    assert sound.read(tmp_path / "new" / "heard.wav") == said


def test_what_a_phone_cannot_play_is_refused_by_name(tmp_path: Path) -> None:
    music, text = tmp_path / "music.wav", tmp_path / "text.wav"
    with wave.open(str(music), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
    text.write_text("hello")

    for path in (music, text, tmp_path / "missing.wav"):
        with pytest.raises(sound.NotPlayable, match=path.name):
            sound.read(path)
