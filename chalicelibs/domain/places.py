"""Places in the templates of a carrier's account: `{{ to }}`, `{{context.name}}`."""

import re

PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_.\- ]+?)\s*\}\}")


def places(template: str) -> tuple[str, ...]:
    """What a template names, in order of first use."""
    return tuple(dict.fromkeys(PLACE.findall(template)))
