"""Sound as the telephone has it: what is said, and files of what is heard."""

import array
import math
import wave
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Final

#: Samples a second, of 16 bits each, one channel.
RATE: Final = 8000
SAMPLE: Final = 2

_WORD_S, _GAP_S, _LOUD = 0.08, 0.04, 6000

#: Pitches that a telephone carries well, none a multiple of another.
_PITCHES: Final = (311, 370, 415, 466, 523, 587, 659, 740)


class NotPlayable(ValueError):
    """The file cannot be played on the phone: the message says what it should be."""


def seconds_of(sound: bytes) -> float:
    """How long a sound lasts."""
    return len(sound) / (RATE * SAMPLE)


def hummed(text: str) -> bytes:
    """Say a text without a voice: a tone for each word, the same for the same word."""
    gap = bytes(int(_GAP_S * RATE) * SAMPLE)
    return b"".join(
        _tone(_PITCHES[zlib.crc32(word.encode()) % len(_PITCHES)]) + gap for word in text.split()
    )


@lru_cache(maxsize=len(_PITCHES))
def _tone(pitch: int) -> bytes:
    count = int(_WORD_S * RATE)
    wave_of = (math.sin(2 * math.pi * pitch * number / RATE) for number in range(count))
    return array.array("h", (int(_LOUD * value) for value in wave_of)).tobytes()


def read(path: Path) -> bytes:
    """Read a recording that is to be played.

    Raises:
        NotPlayable: when it is no WAV of 8 kHz, 16 bits and one channel, or cannot be read.
    """
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            sound = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise NotPlayable(f"{path}: {error}") from error
    if shape != (RATE, SAMPLE, 1):
        raise NotPlayable(f"{path} must be 8 kHz, 16 bits, mono")
    return sound


def recorder(path: Path) -> wave.Wave_write:
    """Open a file for what is going to be heard."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = wave.open(str(path), "wb")  # noqa: SIM115 - it is the caller's to close
    file.setnchannels(1)
    file.setsampwidth(SAMPLE)
    file.setframerate(RATE)
    return file
