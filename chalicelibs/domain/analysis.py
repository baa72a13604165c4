"""What an agent made of a conversation: whatever JSON it reports, so far as it can be kept."""

from collections.abc import Iterable, Mapping

from chalicelibs.domain.weight import weight

#: What is kept of an analysis, as JSON.
MOST_BYTES = 64 * 1024

#: How deep its lists and objects may stand in each other; those that show it bear little more.
MOST_DEPTH = 50

#: Says that there was more.
MARK: Mapping[str, object] = {"truncated": True}


def bounded(analysis: Mapping[str, object], most: int = MOST_BYTES) -> Mapping[str, object]:
    """The analysis, or as much of it as can be kept, with the mark `truncated`.

    Small fields stay, whatever is beside them; of a long text that does not fit, its beginning.
    What stands too deep is null.
    """
    if _is_deep(analysis):
        shallow = {name: _shallow(one, MOST_DEPTH - 1) for name, one in analysis.items()}
        analysis = {**shallow, **MARK}
    if weight(analysis) <= most:
        return analysis
    room = most - weight(MARK)
    kept: dict[str, object] = {}
    for name in sorted(analysis, key=lambda name: weight({name: analysis[name]})):
        value = _fitting(analysis[name], room - weight({name: ""}))
        if value is not None:
            kept[name] = value
            room -= weight({name: value})
    return {**{name: kept[name] for name in analysis if name in kept}, **MARK}


def _is_deep(value: object) -> bool:
    """Whether more stands in each other than may; not by recursion, which could be too deep."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [inner for one in level for inner in _parts(one)]
    return any(isinstance(one, Mapping | list) for one in level)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _shallow(value: object, room: int) -> object:
    """A value with null in the place of what is deeper than there is room for."""
    if isinstance(value, Mapping) and room:
        return {name: _shallow(one, room - 1) for name, one in value.items()}
    if isinstance(value, list) and room:
        return [_shallow(one, room - 1) for one in value]
    return None if isinstance(value, Mapping | list) else value


def _fitting(value: object, room: int) -> object | None:
    """A value that there is room for, or the beginning of a text; else None."""
    if weight(value) <= room:
        return value
    if not isinstance(value, str) or room <= 0:
        return None
    return value[: room // 12] or None  # no letter takes more than 12 bytes
