"""What the sender calls a contact: an id of his own system, kept beside ours."""

from unicodedata import category

from chalicelibs.domain.errors import Invalid

#: In letters.
LONGEST = 200

#: Letters that no id needs: controls, halves of letters, what is no letter, line ends.
UNFIT = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def external_id(text: str) -> str:
    """An id as it is kept.

    Raises:
        Invalid: when it is none.
    """
    if not 1 <= len(text) <= LONGEST or any(category(letter) in UNFIT for letter in text):
        message = f"must have 1 to {LONGEST} letters, and no line ends or control characters"
        raise Invalid(message, "external_id")
    return text
