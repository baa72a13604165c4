"""Places in the templates of a carrier's account: `{{ to }}`, `{{context.order id}}`."""

import re
from collections.abc import Mapping

from chalicelibs.domain.template import NAME

#: Whatever name a contact's context may have, or a prompt may use, can stand in one.
PLACE = re.compile(rf"\{{\{{{NAME}\}}\}}")

#: How deep a body may be.
MOST_DEPTH = 20


def places(template: str) -> tuple[str, ...]:
    """What a template names, in order of first use."""
    return tuple(dict.fromkeys(PLACE.findall(template)))


def is_deep(body: object, most: int = MOST_DEPTH) -> bool:
    """Whether more stands in each other in a body than can be filled."""
    if most == 0:
        return True
    if isinstance(body, Mapping):
        body = list(body.values())
    return isinstance(body, list) and any(is_deep(one, most - 1) for one in body)
