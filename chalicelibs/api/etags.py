"""Which reading of a thing an edit is meant for: a tag that changes with what can be edited."""

import json
from collections.abc import Mapping
from hashlib import sha256

from chalicelibs.api.errors import EditedMeanwhile

#: Letters of the hash: enough to tell the versions of one thing apart.
LENGTH = 16


def etag_of(editable: Mapping[str, object]) -> str:
    """The tag of a thing, by the fields that can be edited, in plain values."""
    text = json.dumps(editable, sort_keys=True)
    return f'"{sha256(text.encode()).hexdigest()[:LENGTH]}"'


def check_unedited(if_match: str | None, current: str) -> None:
    """Refuse an edit that is meant for another reading than the current one.

    Args:
        if_match: the header as it came: tags, or `*` for any; None where the edit names none.
        current: the tag of the thing as it stands now.

    Raises:
        EditedMeanwhile: when none of the tags fits.
    """
    if if_match is None:
        return
    # Proxies that compress an answer weaken its tag; what was read is the same.
    named = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if not named & {"*", current}:
        raise EditedMeanwhile
