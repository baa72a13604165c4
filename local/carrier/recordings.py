"""The recording of a simulated call: a moment of silence."""

import io
import wave
from functools import cache
from typing import Final

_RATE: Final = 8000


@cache
def silence() -> bytes:
    """Make a tenth of a second of silence, a WAV file of 8 kHz mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(bytes(2 * _RATE // 10))
    return file.getvalue()
