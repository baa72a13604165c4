"""What is known of a contact besides the number, for prompts."""

from collections.abc import Mapping

from chalicelibs.domain.errors import Invalid

#: All names and values of one contact, in UTF-8. It travels with every write of the task.
MOST_BYTES = 8 * 1024


class UnusableContext(Invalid):
    """The context cannot be stored as it is."""


def check_context(context: Mapping[str, str]) -> None:
    """Refuse a context that is too large or has a variable without a name.

    Raises:
        UnusableContext: saying which of the two.
    """
    if not all(context):
        raise UnusableContext("every variable needs a name", "context")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in context.items())
    if size > MOST_BYTES:
        message = f"the context has {size} bytes, {MOST_BYTES} are allowed for one contact"
        raise UnusableContext(message, "context")
