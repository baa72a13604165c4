"""What an agent made of a conversation: whatever JSON it reports, so far as it can be kept."""

from collections.abc import Mapping

from chalicelibs.domain.weight import weight

#: What is kept of an analysis, as JSON.
MOST_BYTES = 64 * 1024

#: Says that there was more.
MARK: Mapping[str, object] = {"truncated": True}


def bounded(analysis: Mapping[str, object]) -> Mapping[str, object]:
    """The analysis, or as much of it as can be kept, with the mark `truncated`.

    Small fields stay, whatever is beside them; of a long text that does not fit, its beginning.
    """
    if weight(analysis) <= MOST_BYTES:
        return analysis
    room = MOST_BYTES - weight(MARK)
    kept: dict[str, object] = {}
    for name in sorted(analysis, key=lambda name: weight({name: analysis[name]})):
        value = _fitting(analysis[name], room - weight({name: ""}))
        if value is not None:
            kept[name] = value
            room -= weight({name: value})
    return {**{name: kept[name] for name in analysis if name in kept}, **MARK}


def _fitting(value: object, room: int) -> object | None:
    """A value that there is room for, or the beginning of a text; else None."""
    if weight(value) <= room:
        return value
    if not isinstance(value, str) or room <= 0:
        return None
    return value[: room // 12] or None  # no letter takes more than 12 bytes
